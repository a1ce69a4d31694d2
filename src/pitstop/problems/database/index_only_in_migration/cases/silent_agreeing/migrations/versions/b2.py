import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade() -> None:
    op.create_index(op.f("ix_visits_page"), "visits", ["page"], unique=False)
    op.execute(sa.text("CREATE INDEX visits_by_time ON visits USING btree (seen_at)"))


def downgrade() -> None: ...
