import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade() -> None:
    op.add_column("visits", sa.Column("note", sa.String()))


def downgrade() -> None: ...
