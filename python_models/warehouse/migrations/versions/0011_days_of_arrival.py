"""Statistics for the planner: the number of days of arrival in `attempt_log`."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every build hashes the log by day of arrival (int_source_state). If the planner knows that the days are few, every
    # process hashes its share; otherwise one process groups what the others only read.
    op.execute("create statistics attempt_log_days on (cast(loaded_at at time zone 'UTC' as date)) from attempt_log")


def downgrade() -> None:
    op.execute("drop statistics attempt_log_days")
