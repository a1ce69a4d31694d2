import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    for column in ("page",):
        op.create_index(f"ix_visits_{column}", "visits", [column])


def downgrade() -> None: ...
