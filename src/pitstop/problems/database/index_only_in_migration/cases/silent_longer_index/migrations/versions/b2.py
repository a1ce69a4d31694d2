import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    op.create_index("by_page_and_time", "visits", ["page", "seen_at"])


def downgrade() -> None: ...
