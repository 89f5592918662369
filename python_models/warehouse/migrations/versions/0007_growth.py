"""Landing tables of the growth fit."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table growth_brms_meta (
            run_id text primary key references fit_run, fitted_at timestamptz not null, formula text,
            priors jsonb, posterior_summary jsonb, diagnostics jsonb)""")
    op.execute("""
        create table growth_predictions (
            run_id text not null references fit_run, fitted_at timestamptz not null,
            user_id text not null, probability double precision, sigma double precision,
            mean double precision, lower double precision, upper double precision,
            target double precision, goal_date date, slope_mean double precision,
            slope_sd double precision, method text, primary key (run_id, user_id))""")


def downgrade() -> None:
    drop_table("growth_predictions", "growth_brms_meta")
