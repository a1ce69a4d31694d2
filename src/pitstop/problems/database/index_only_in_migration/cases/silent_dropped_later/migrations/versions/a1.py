import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = "b2"


def upgrade() -> None:
    op.drop_index("ix_visits_page", table_name="visits")


def downgrade() -> None: ...
