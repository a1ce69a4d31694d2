import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    op.alter_column("visits", "path", new_column_name="page")


def downgrade() -> None: ...
