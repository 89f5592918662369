"""What was added to `attempt_log` and deleted from it, recorded by triggers."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# xor is its own inverse: deleting a row removes from the fingerprint what inserting it had added.
SUMMARY = """
    select cast(loaded_at at time zone 'UTC' as date), min(loaded_at), max(loaded_at),
        bit_xor(hashtextextended(source_id, 0))
    from {rows} group by 1"""

TRIGGERS = {"insert": ("new",), "delete": ("old",), "update": ("old", "new")}


def upgrade() -> None:
    # To compare the log with what it had read, a build would have to hash every row. The statements that change the log
    # record the same hash, in their own transaction, so a build reads one row for each statement.
    op.execute("""
        create table attempt_log_change (
            day date not null, first_loaded_at timestamptz not null, last_loaded_at timestamptz not null,
            fingerprint bigint not null)""")
    op.execute(f"insert into attempt_log_change {SUMMARY.format(rows='attempt_log')}")
    op.execute(f"""
        create function note_attempt_log_change() returns trigger language plpgsql set search_path from current as $$
        begin
            insert into attempt_log_change {SUMMARY.format(rows='changed')};
            return null;
        end $$""")
    for event, sides in TRIGGERS.items():
        for side in sides:
            op.execute(f"""
                create trigger note_{event}_{side} after {event} on attempt_log
                referencing {side} table as changed
                for each statement execute function note_attempt_log_change()""")
    op.execute("""
        create function note_attempt_log_truncated() returns trigger language plpgsql set search_path from current as $$
        begin
            delete from attempt_log_change;
            return null;
        end $$""")
    op.execute("""
        create trigger note_truncate after truncate on attempt_log
        for each statement execute function note_attempt_log_truncated()""")
    op.execute("drop statistics attempt_log_days")


def downgrade() -> None:
    op.execute("create statistics attempt_log_days on (cast(loaded_at at time zone 'UTC' as date)) from attempt_log")
    for event, sides in TRIGGERS.items():
        for side in sides:
            op.execute(f"drop trigger note_{event}_{side} on attempt_log")
    op.execute("drop trigger note_truncate on attempt_log")
    op.execute("drop function note_attempt_log_change, note_attempt_log_truncated")
    drop_table("attempt_log_change")
