import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sensor_id", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.Integer, nullable=False),
    )
    op.create_unique_constraint("reading_sensor_taken", "reading", ["sensor_id", "taken_at"])


def downgrade():
    op.drop_table("reading")
