"""The growth fit stores its posterior, so that a prediction needs no new fit."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_column

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table growth_brms_meta add column posterior jsonb")


def downgrade() -> None:
    drop_column("growth_brms_meta", "posterior")
