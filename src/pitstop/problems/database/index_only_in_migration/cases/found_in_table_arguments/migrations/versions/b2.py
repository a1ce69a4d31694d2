import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    with op.batch_alter_table("visits") as batch:
        batch.create_index("ix_visits_seen", ["seen_at"])


def downgrade() -> None: ...
