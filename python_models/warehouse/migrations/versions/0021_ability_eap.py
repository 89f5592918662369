"""`theta` and `se` of a learner and of a topic are the EAP; Warm's WLE stands beside them (docs/adr/0022).

Runs that landed before have no EAP. Their WLE moves to its own columns, and theta is null: no column holds two kinds of
estimate. A refit of the same day heals them.
"""

from alembic import op

from python_models.warehouse.migrations.readers import drop_column

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WLE = ("theta_wle", "se_wle")
DEVIATION = ("deviation", "deviation_se", "theta_joint", "se_joint")
ADDED = {"mirt_ability": WLE, "student_topic_theta": (*WLE, *DEVIATION)}


def upgrade() -> None:
    for table, columns in ADDED.items():
        op.execute(f"alter table {table} " + ", ".join(f"add column {name} double precision" for name in columns))
        op.execute(f"update {table} set theta_wle = theta, se_wle = se, theta = null, se = null")


def downgrade() -> None:
    for table, columns in ADDED.items():
        op.execute(f"update {table} set theta = coalesce(theta_wle, theta), se = coalesce(se_wle, se)")
        for name in columns:
            drop_column(table, name)
