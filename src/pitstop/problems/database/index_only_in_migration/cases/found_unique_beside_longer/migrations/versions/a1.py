import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), nullable=False, primary_key=True),
        sa.Column("shop", sa.String(), nullable=False, index=True, unique=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.UniqueConstraint("shop", "key", name="one_of_a_kind"),
    )


def downgrade() -> None: ...
