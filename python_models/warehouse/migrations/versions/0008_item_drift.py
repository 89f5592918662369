"""Landing table of the irt fit for items that drift; the two largest landing tables lose their foreign key.

A run lands a million abilities under one run id, in the transaction that holds the run's row. Checking that id for
every row took longer than writing the rows (4 seconds a million).
"""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LARGE = ("ability_weekly", "student_topic_theta")


def upgrade() -> None:
    op.execute("""
        create table item_drift (
            run_id text not null references fit_run, fitted_at timestamptz not null, item_id text not null,
            a_bank double precision, b_bank double precision, c_bank double precision,
            a_recent double precision, b_recent double precision, c_recent double precision,
            area_signed double precision, area_unsigned double precision, rmsd double precision,
            effect_size double precision, p_value double precision, p_adjusted double precision,
            n int, is_flagged boolean, is_persistent boolean, is_anchor boolean, primary key (run_id, item_id))""")
    for table in LARGE:
        op.execute(f"alter table {table} drop constraint {table}_run_id_fkey")


def downgrade() -> None:
    for table in LARGE:
        op.execute(f"alter table {table} add foreign key (run_id) references fit_run")
    drop_table("item_drift")
