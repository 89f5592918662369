"""fit_run: the log of every run; downstream models select runs by its status."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table fit_run (
            run_id text primary key, fit text not null, as_of date not null,
            status text not null
                check (status in ('running', 'published', 'rejected', 'failed', 'withdrawn')),
            params jsonb not null, gates jsonb, notices jsonb, rows_in bigint, rows_out bigint,
            input_hash text, service_version text,
            started_at timestamptz not null, finished_at timestamptz, error text)""")
    op.execute("create index fit_run_newest on fit_run (fit, status, as_of desc, started_at desc)")


def downgrade() -> None:
    drop_table("fit_run")
