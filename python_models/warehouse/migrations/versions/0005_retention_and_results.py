"""When a run's rows were pruned, and the last result of each data test."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_column, drop_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The log keeps every run; what was pruned is its rows. Nothing reads a pruned run.
    op.execute("alter table fit_run add column pruned_at timestamptz")
    op.execute("""
        create table test_result (
            unique_id text primary key, name text not null, status text not null, failures bigint,
            message text, as_of date not null, tested_at timestamptz not null)""")


def downgrade() -> None:
    drop_table("test_result")
    drop_column("fit_run", "pruned_at")
