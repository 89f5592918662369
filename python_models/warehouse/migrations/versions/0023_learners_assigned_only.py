"""`segment_assignments` says who was assigned after the segments were found, because a feature is not known (adr/0013).

Runs that landed before keep their segments. The column is filled from what their snapshots and scalers hold.
"""

from alembic import op

from python_models.warehouse.migrations.readers import drop_column

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table segment_assignments add column is_assigned_only boolean")
    op.execute("""
        update segment_assignments as landed set is_assigned_only = exists (
            select from segment_meta as meta cross join jsonb_array_elements(meta.features) as one
            where meta.run_id = landed.run_id and landed.features_snapshot ->> (one ->> 'feature') is null)""")


def downgrade() -> None:
    drop_column("segment_assignments", "is_assigned_only")
