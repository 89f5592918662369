"""Drop a table or a column together with the warehouse's own views that read it; the next build creates them again."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy import text

from python_models.errors import DreamseedError
from python_models.warehouse import schemas

# Views that read one table, or one column of it (a view of the whole row reads every column), and views of those views.
_READERS = text("""
    with recursive reader as (
        select rule.ev_class as oid
        from pg_depend as edge join pg_rewrite as rule on rule.oid = edge.objid
        where edge.classid = 'pg_rewrite'::regclass and edge.refclassid = 'pg_class'::regclass
            and edge.refobjid = to_regclass(:table) and rule.ev_class <> edge.refobjid
            and (cast(:column as text) is null or edge.refobjsubid = 0 or edge.refobjsubid = (
                select attnum from pg_attribute where attrelid = to_regclass(:table) and attname = :column))
        union
        select rule.ev_class
        from reader
        join pg_depend as edge on edge.refobjid = reader.oid and edge.refclassid = 'pg_class'::regclass
        join pg_rewrite as rule on rule.oid = edge.objid and edge.classid = 'pg_rewrite'::regclass
    )
    select format('%I.%I', space.nspname, class.relname),
        class.relkind = 'v' and space.nspname = any(:schemas)
    from reader join pg_class as class on class.oid = reader.oid
    join pg_namespace as space on space.oid = class.relnamespace
    order by 1""")


def drop_table(*tables: str) -> None:
    """Drop `tables`, and before each the views of dbt that read it. Raises DreamseedError if others read it too."""
    for table in tables:
        _drop_readers(table, None)
        op.drop_table(table)


def drop_column(table: str, column: str) -> None:
    """Drop one column, and before it the views of dbt that read it. Raises DreamseedError if others read it too."""
    _drop_readers(table, column)
    op.drop_column(table, column)


def _drop_readers(table: str, column: str | None) -> None:
    bind = op.get_bind()
    target = str(bind.execute(text("select current_schema()")).scalar())
    found = bind.execute(_READERS, {"table": table, "column": column, "schemas": list(schemas.owned(target))}).all()
    strangers = [str(name) for name, is_ours in found if not is_ours]
    if strangers:
        raise DreamseedError(f"{', '.join(strangers)} (not built by dbt) reads {table}, so {table} was not changed.",
                             "drop these relations, then run this again.")
    views = [str(name) for name, _ in found]
    if views:  # all at once: they may read each other
        op.execute(f"drop view {', '.join(views)}")
        context.config.print_stdout(f"dropped {', '.join(views)}; the next `dreamseed build` creates them again")
