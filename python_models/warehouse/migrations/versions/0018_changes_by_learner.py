"""Changes are noted by learner and day, whatever changed; builds write down what they compute (docs/adr/0008)."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Answers without a usable day or learner have a place of their own: they are rejected, and that can change too. The day
# is after all others, so that such an answer does not make a build compute the learner's whole history.
CHANGED = """
    select coalesce(user_id, ''), min(case when isfinite(completed_at)
        then cast(completed_at at time zone 'UTC' as date) else 'infinity' end)
    from changed group by 1"""
TRIGGERS = {"insert": ("new",), "delete": ("old",), "update": ("old", "new")}


def upgrade() -> None:
    _drop_notes()
    op.execute("create table attempt_log_change (user_id text, from_day date not null)")
    op.execute("""
        create table learner_change (
            change_no bigint not null, user_id text, student_id uuid, from_day date not null,
            unique (change_no, user_id))""")
    op.execute("""
        create table source_seen (
            source text not null, key text not null, user_id text, day date, fingerprint bigint not null,
            primary key (source, key))""")
    op.execute("""
        create table build_mark (
            schema_name text not null, model text not null, change_no bigint, as_of date not null,
            runs jsonb not null, code text not null, built_at timestamptz not null,
            primary key (schema_name, model))""")
    op.execute("""
        create table build_scope (
            schema_name text not null, model text not null, invocation_id text not null, is_whole boolean not null,
            after_change bigint, upto_change bigint, everyone_from date not null, as_of date not null,
            newest_day date not null, runs jsonb not null, code text not null, marking text not null,
            primary key (schema_name, model))""")
    _note_changes()
    # A build reads the answers of the learners that changed, from the day on from which they did. A hash and a day take
    # a quarter of the space of a name and a time; answers without a usable time lie after all days.
    op.execute(r"create index attempt_log_learner on attempt_log "
               r"(hashtextextended(lower(btrim(coalesce(user_id, ''), E' \t\n\r')), 0), "
               r"(case when isfinite(completed_at) then cast(completed_at at time zone 'UTC' as date) "
               r"else cast('infinity' as date) end))")
    op.execute("create index attempt_log_session on attempt_log (session_id) where session_id is not null")


def downgrade() -> None:
    op.execute("drop index attempt_log_learner, attempt_log_session")
    _drop_notes()
    drop_table("build_scope")
    op.execute("""
        create table build_mark (
            model text primary key, change_no bigint, rebuilt_no bigint not null, as_of date not null,
            runs jsonb not null, code text not null, loaded_until timestamptz, built_at timestamptz not null)""")
    op.execute("""
        create table learner_change (
            change_no bigint not null, user_id text not null, student_id uuid not null, changed_from date not null,
            is_addition boolean not null default false, primary key (change_no, user_id))""")
    op.execute("""
        create table source_seen (
            source text not null, key text not null, user_id text, changed_from date, fingerprint bigint not null,
            primary key (source, key))""")
    _note_days()


def _note_changes() -> None:
    # Whose answers a truncated log held is not known any more: the change is everyone's.
    _create_triggers(CHANGED, "insert into attempt_log_change values (null, '-infinity')")


def _note_days() -> None:
    """Create the notes of the revisions before: a hash of the keys that arrived on a day."""
    summary = """
        select cast(loaded_at at time zone 'UTC' as date), min(loaded_at), max(loaded_at),
            bit_xor(hashtextextended(source_id, 0))
        from {rows} group by 1"""
    op.execute("""
        create table attempt_log_change (
            day date not null, first_loaded_at timestamptz not null, last_loaded_at timestamptz not null,
            fingerprint bigint not null)""")
    op.execute(f"insert into attempt_log_change {summary.format(rows='attempt_log')}")
    _create_triggers(summary.format(rows="changed"), "delete from attempt_log_change")


def _create_triggers(noted: str, on_truncate: str) -> None:
    """Note what the query `noted` makes of a statement's rows `changed`; run `on_truncate` after a truncation."""
    for function, statement in (("note_attempt_log_change", f"insert into attempt_log_change {noted}"),
                                ("note_attempt_log_truncated", on_truncate)):
        op.execute(f"""
            create function {function}() returns trigger language plpgsql set search_path from current as $$
            begin
                {statement};
                return null;
            end $$""")
    for event, sides in TRIGGERS.items():
        for side in sides:
            op.execute(f"""
                create trigger note_{event}_{side} after {event} on attempt_log
                referencing {side} table as changed
                for each statement execute function note_attempt_log_change()""")
    op.execute("""
        create trigger note_truncate after truncate on attempt_log
        for each statement execute function note_attempt_log_truncated()""")


def _drop_notes() -> None:
    for event, sides in TRIGGERS.items():
        for side in sides:
            op.execute(f"drop trigger note_{event}_{side} on attempt_log")
    op.execute("drop trigger note_truncate on attempt_log")
    op.execute("drop function note_attempt_log_change, note_attempt_log_truncated")
    drop_table("attempt_log_change", "source_seen", "learner_change", "build_mark")
