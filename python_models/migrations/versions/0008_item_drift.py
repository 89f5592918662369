"""Landing table of the irt fit for items that drift."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table item_drift (
            run_id text not null references fit_run, fitted_at timestamptz not null, item_id text not null,
            a_bank double precision, b_bank double precision, c_bank double precision,
            a_recent double precision, b_recent double precision, c_recent double precision,
            area_signed double precision, area_unsigned double precision, rmsd double precision,
            effect_size double precision, p_value double precision, p_adjusted double precision,
            n int, is_flagged boolean, is_persistent boolean, is_anchor boolean, primary key (run_id, item_id))""")


def downgrade() -> None:
    op.execute("drop table item_drift")
