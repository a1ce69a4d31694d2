import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("by_page", "visits", ["page"])


def downgrade() -> None: ...
