from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.create_table("orders")
