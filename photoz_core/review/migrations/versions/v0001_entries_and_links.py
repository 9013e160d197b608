"""The book of entries, and shared links."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None
branch_labels = depends_on = None


def upgrade() -> None:
    """Make both tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "entries",
        sa.Column("id", number, primary_key=True),
        sa.Column("uid", sa.Text, nullable=False, unique=True),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("ids", sa.LargeBinary),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("follows", number),
        sqlite_autoincrement=True,
    )
    op.create_index("entries_of_dataset", "entries", ["dataset", "id"])
    op.create_table(
        "links",
        sa.Column("id", number, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("view", sa.LargeBinary, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("may", sa.Text, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("expires", sa.Float(53), nullable=False),
        sa.Column("revoked", sa.Float(53)),
        sa.Column("revoked_by", sa.Text),
        sqlite_autoincrement=True,
    )
