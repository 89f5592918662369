"""Whether a change of `attempt` only added answers: then no row of its readers goes, and none need be looked for."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_column

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of a change that is on its way while the warehouse is upgraded, nobody knows.
    op.execute("alter table learner_change add column is_addition boolean not null default false")


def downgrade() -> None:
    drop_column("learner_change", "is_addition")
