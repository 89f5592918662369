"""attempt_log: bulk answers from files."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every column that a file may lack is nullable: dbt, not the loader, decides what counts as an attempt.
    op.execute("""
        create table attempt_log (
            source_id text primary key, user_id text, item_id text, topic_id text, correct boolean,
            completed_at timestamptz, response_time_ms int, hints int, session_id text,
            loaded_at timestamptz not null default now())""")
    # Later builds read what arrived since the last one: loaded_at is that watermark, and rows arrive in its order.
    op.execute("create index attempt_log_loaded_at on attempt_log using brin (loaded_at)")


def downgrade() -> None:
    drop_table("attempt_log")
