"""Landing tables of the segments fit."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table segment_meta (
            run_id text primary key references fit_run, fitted_at timestamptz not null, method text, n_clusters int,
            features jsonb, centers jsonb, metrics jsonb)""")
    op.execute("""
        create table segment_assignments (
            run_id text not null references fit_run, fitted_at timestamptz not null, user_id text not null,
            segment_id int, segment_label text, strength double precision, distance double precision,
            features_snapshot jsonb, primary key (run_id, user_id))""")


def downgrade() -> None:
    drop_table("segment_assignments", "segment_meta")
