import sqlalchemy as sa
from alembic import op

revision = "c3"
down_revision = "b2"


def upgrade() -> None:
    op.drop_index("by_page", table_name="visits")


def downgrade() -> None: ...
