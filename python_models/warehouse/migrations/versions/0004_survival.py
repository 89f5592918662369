"""Landing tables of the survival fit."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table survival_fit_meta (
            run_id text primary key references fit_run, fitted_at timestamptz not null, formula text,
            family text, event_threshold_days int, coefficients jsonb, hazard_ratios jsonb,
            concordance double precision, n int, n_events int, survival_curve jsonb, diagnostics jsonb)""")
    op.execute("""
        create table survival_risk (
            run_id text not null references fit_run, fitted_at timestamptz not null,
            user_id text not null, risk_score double precision, idle_days int, status text,
            hazard_ratio double precision, rank_percentile double precision, contributions jsonb,
            horizon_days int, primary key (run_id, user_id))""")


def downgrade() -> None:
    drop_table("survival_risk", "survival_fit_meta")
