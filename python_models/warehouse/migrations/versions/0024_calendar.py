"""The school's calendar, empty where the application has none, and the risk without the calendar's part."""

from alembic import op
from sqlalchemy import text

from python_models.warehouse.migrations.readers import drop_column, drop_table

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OURS = "made by dreamseed init"


def upgrade() -> None:
    bind = op.get_bind()
    if bind.execute(text("select to_regclass('calendar')")).scalar() is None:
        op.execute("""
            create table calendar (
                from_day date not null, to_day date not null, kind text not null, name text,
                created_at timestamptz not null default now(), primary key (from_day, kind),
                check (from_day <= to_day))""")
        op.execute(f"comment on table calendar is '{OURS}'")
    # Of an application's own table only its owner can grant that.
    if bind.execute(text("select has_table_privilege('calendar', 'select with grant option')")).scalar():
        op.execute("grant select on calendar to dreamseed_reader, dreamseed_writer")
    # Runs from before have no such value: their risk has no part of a calendar in it.
    op.execute("alter table survival_risk add column open_day_risk double precision")


def downgrade() -> None:
    drop_column("survival_risk", "open_day_risk")
    bind = op.get_bind()
    comment = bind.execute(text("select obj_description(to_regclass('calendar'))")).scalar()
    if comment == OURS and not bind.execute(text("select exists (select from calendar)")).scalar():
        drop_table("calendar")
