"""Where each delivered report is stored."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FILE = "week_start date not null, format text not null, url text not null, generated_at timestamptz not null"


def upgrade() -> None:
    op.execute(f"""
        create table report_artifacts (
            id bigint generated always as identity primary key, user_id text not null, {FILE},
            unique (user_id, week_start, format))""")
    # A class report names its learners, so the erasure of a learner has to find it.
    op.execute(f"""
        create table class_report_artifacts (
            id bigint generated always as identity primary key, classroom_id text not null, {FILE},
            unique (classroom_id, week_start, format))""")


def downgrade() -> None:
    drop_table("class_report_artifacts", "report_artifacts")
