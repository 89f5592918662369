"""`int_churn_crossings` holds every crossing, not only an absence's first: its key is another one (docs/adr/0011)."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# dbt creates the indexes of an incremental model once. In every schema: developers have schemas of their own.
OLD_KEY = """
    do $$ declare old_key regclass; begin
        for old_key in
            select i.indexrelid::regclass from pg_index i join pg_class c on c.oid = i.indrelid
            where c.relname = 'int_churn_crossings' and i.indisunique
                and pg_get_indexdef(i.indexrelid) like '%(user_id, last_seen_on)'
        loop
            execute format('drop index %s', old_key);
        end loop;
    end $$"""


def upgrade() -> None:
    op.execute(OLD_KEY)


def downgrade() -> None:
    """Nothing: the older model replaces the rows by the first of each absence; its key holds without an index too."""
