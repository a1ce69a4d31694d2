from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    op.create_index("ix_visits_page", "visits", ["page"])


def downgrade() -> None: ...
