"""The planner learns how few days of arrival `attempt_log` has."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every build hashes the log by day of arrival (int_source_state). Told that the days are few, all processes hash
    # their share; else one of them groups what the others only read.
    op.execute("create statistics attempt_log_days on (cast(loaded_at at time zone 'UTC' as date)) from attempt_log")


def downgrade() -> None:
    op.execute("drop statistics attempt_log_days")
