"""What each incremental model has read: marks, the changes since, and the sources as they were last read."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table build_mark (
            model text primary key, change_no bigint, rebuilt_no bigint not null, as_of date not null,
            runs jsonb not null, code text not null, loaded_until timestamptz,
            built_at timestamptz not null)""")
    op.execute("""
        create table learner_change (
            change_no bigint not null, user_id text not null, student_id uuid not null, changed_from date not null,
            primary key (change_no, user_id))""")
    op.execute("""
        create table source_seen (
            source text not null, key text not null, user_id text, changed_from date, fingerprint bigint not null,
            primary key (source, key))""")
    # The time of the row, not of its transaction: a load that waited for another one must not look older than it.
    op.execute("alter table attempt_log alter column loaded_at set default clock_timestamp()")


def downgrade() -> None:
    op.execute("alter table attempt_log alter column loaded_at set default now()")
    drop_table("source_seen", "learner_change", "build_mark")
