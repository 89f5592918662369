"""Whether a change of `attempt` only added answers: then downstream models need not look for rows to delete."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_column

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # For a change that is recorded while the warehouse is upgraded, it is not known: false is the safe value.
    op.execute("alter table learner_change add column is_addition boolean not null default false")


def downgrade() -> None:
    drop_column("learner_change", "is_addition")
