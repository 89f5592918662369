"""A dbt that `dreamseed` did not start locks its target schema by a lease (docs/adr/0008, "One build at a time")."""

from alembic import op

from python_models.warehouse.migrations.readers import drop_table

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table build_lease (
            schema_name text primary key, invocation_id text not null, command text not null, started_by text not null,
            started_at timestamptz not null, expires_at timestamptz not null)""")


def downgrade() -> None:
    drop_table("build_lease")
