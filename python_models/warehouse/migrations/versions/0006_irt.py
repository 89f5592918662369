"""Landing tables of the irt fit."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RUN = "run_id text not null references fit_run, fitted_at timestamptz not null"


def upgrade() -> None:
    op.execute(f"""
        create table mirt_item_params (
            {RUN}, item_id text not null, model text, params jsonb, se jsonb, n_responses int, fit jsonb,
            status text, version text, primary key (run_id, item_id))""")
    op.execute(f"""
        create table mirt_ability (
            {RUN}, user_id text not null, theta double precision, se double precision, model text,
            version text, primary key (run_id, user_id))""")
    # The week comes before the learner in the key: a KPI week reads a few weeks of one run, for all learners.
    op.execute(f"""
        create table ability_weekly (
            {RUN}, user_id text not null, week_start date not null, theta_wle double precision,
            se_wle double precision, theta_eap double precision, se_eap double precision, n int,
            primary key (run_id, week_start, user_id))""")
    op.execute(f"""
        create table student_topic_theta (
            {RUN}, user_id text not null, topic_id text not null, theta double precision,
            se double precision, model text, version text, n int,
            primary key (run_id, user_id, topic_id))""")
    op.execute(f"""
        create table mirt_fit_meta (
            {RUN}, model_spec jsonb, metrics jsonb, linking_constants jsonb, primary key (run_id))""")


def downgrade() -> None:
    drop_table("mirt_fit_meta", "student_topic_theta", "ability_weekly", "mirt_ability", "mirt_item_params")
