"""Landing table of the irt fit for the newest two weeks of learners and their change (docs/adr/0026).

Runs that landed before have no rows in it: the weeks that read them have no theta until their day is fitted again.
"""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table ability_change (
            run_id text not null, fitted_at timestamptz not null, user_id text not null, week_start date not null,
            n int not null, n_before int not null, theta double precision, se double precision,
            change double precision, change_se double precision, primary key (run_id, user_id))""")


def downgrade() -> None:
    drop_table("ability_change")
