"""Empty application tables where the application has none.

The learning application owns these tables. A warehouse without an application (the demo, or one that is
loaded from files) gets them empty, marked by a comment, so that every job finds them.
"""

from alembic import op
from sqlalchemy import text

from python_models.warehouse.migrations.readers import drop_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OURS = "made by dreamseed init"

TABLES = {
    "exam_results": """
        id uuid primary key, session_id text unique, user_id text, org_id int, exam_id int,
        status text check (status in ('ready', 'failed')), result_json jsonb, score_raw numeric,
        score_scaled numeric, standard_error numeric, percentile numeric,
        created_at timestamptz not null default now(), updated_at timestamptz not null default now()""",
    "session": """
        id text primary key, user_id text, org_id int, classroom_id text, exam_id text,
        started_at timestamptz, ended_at timestamptz, status text,
        created_at timestamptz not null default now()""",
    "interest_goal": """
        user_id text, topic_id text, target_level numeric(6,3), target_date date, priority smallint,
        created_at timestamptz not null default now(), primary key (user_id, topic_id)""",
    "question": """
        id bigint primary key, content text, difficulty numeric, topic_id text, meta jsonb,
        created_at timestamptz not null default now(), updated_at timestamptz not null default now()""",
    "classroom": """
        id text primary key, org_id text, name text, grade smallint,
        created_at timestamptz not null default now()""",
}


def upgrade() -> None:
    bind = op.get_bind()
    for table, columns in TABLES.items():
        if bind.execute(text("select to_regclass(:t)"), {"t": table}).scalar() is None:
            op.execute(f"create table {table} ({columns})")
            op.execute(f"comment on table {table} is '{OURS}'")


def downgrade() -> None:
    """Drop the tables that we created and that are still empty; rows of an application are never deleted."""
    bind = op.get_bind()
    for table in TABLES:
        comment = bind.execute(text("select obj_description(to_regclass(:t))"), {"t": table}).scalar()
        if comment == OURS and not bind.execute(text(f"select exists (select from {table})")).scalar():
            drop_table(table)
