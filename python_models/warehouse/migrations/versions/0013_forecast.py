"""Landing tables of the forecast fit."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table prophet_fit_meta (
            run_id text not null references fit_run, fitted_at timestamptz not null, metric text not null,
            scope text not null, changepoints jsonb, forecast jsonb, fit_meta jsonb, status text, method text,
            mase double precision, primary key (run_id, metric, scope))""")
    op.execute("""
        create table prophet_anomalies (
            run_id text not null references fit_run, fitted_at timestamptz not null, week_start date not null,
            metric text not null, scope text not null, value double precision, expected double precision,
            anomaly_score double precision, detected_at timestamptz, expected_lower double precision,
            expected_upper double precision, method text, judgement text,
            primary key (run_id, metric, scope, week_start))""")
    op.execute("""
        create table forecast_points (
            run_id text not null references fit_run, fitted_at timestamptz not null, metric text not null,
            scope text not null, week_start date not null, kind text not null, yhat double precision,
            yhat_lower double precision, yhat_upper double precision, method text, value double precision,
            anomaly_score double precision, judgement text,
            primary key (run_id, metric, scope, kind, week_start))""")


def downgrade() -> None:
    drop_table("forecast_points", "prophet_anomalies", "prophet_fit_meta")
