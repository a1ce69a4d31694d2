import sqlalchemy as sa
import sqlalchemy_utils
from alembic import op

revision = "a1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String()),
        sa.Column("words", sqlalchemy_utils.TSVectorType()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("visits_words_idx", "visits", ["words"], postgresql_using="gin")
