"""Releases: the log, and the schemas of what they show (docs/adr/0020-releases.md)."""

from alembic import op
from sqlalchemy import text

from python_models.warehouse.migrations.readers import drop_table

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

READER, WRITER = "dreamseed_reader", "dreamseed_writer"


def upgrade() -> None:
    op.execute("""
        create table release (
            release_id bigint primary key, as_of date not null, runs jsonb not null, built_at timestamptz not null,
            job text not null,
            state text not null check (state in ('shown', 'previous', 'withdrawn', 'removed')))""")
    op.execute("create unique index release_shown on release (state) where state in ('shown', 'previous')")
    released, versions = _schemas()
    for schema in (released, versions):
        op.execute(f"do $$ begin if to_regnamespace('{schema}') is null then create schema {schema}; end if; end $$")
        op.execute(f"grant usage, create on schema {schema} to {WRITER}")
        op.execute(f"alter default privileges in schema {schema} "
                   f"grant select, insert, update, delete on tables to {WRITER}")
    op.execute(f"grant usage on schema {released} to {READER}")
    for owner in ("", f"for role {WRITER}"):
        op.execute(f"alter default privileges {owner} in schema {released} grant select on tables to {READER}")


def downgrade() -> None:
    """Drop what was released; the marts stay, without the triggers that noted their versions."""
    drop_table("release")  # and the views that show a release
    released, versions = _schemas()
    found = op.get_bind().execute(text(f"""
        select format('%I.%I', relnamespace::regnamespace, relname) from pg_class
        where relnamespace in ('{released}'::regnamespace, '{versions}'::regnamespace) and relkind = 'v'"""))
    if views := ", ".join(str(name) for name, in found):
        op.execute(f"drop view {views}")
    op.execute(f"drop schema {released}")
    op.execute(f"drop schema {versions} cascade")


def _schemas() -> list[str]:
    """Return the quoted names of the schema that readers look into, and of the one with the versions of rows."""
    target = op.get_bind().execute(text("select current_schema()")).scalar()
    quote = op.get_bind().dialect.identifier_preparer.quote
    return [quote(f"{target}{suffix}") for suffix in ("_released", "_versions")]
