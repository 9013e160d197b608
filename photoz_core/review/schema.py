"""The tables of the newest schema; an older database is brought here by `migrations/`."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text

VERSION_TABLE = "review_version"  # not Alembic's usual name: a team's database may hold other programs' tables
HEAD = "0001"
METADATA = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER only

ENTRIES = Table(
    "entries",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("dataset", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON, without ids
    Column("ids", LargeBinary),  # of a selection, packed
    Column("author", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("follows", NUMBER),
    Index("entries_of_dataset", "dataset", "id"),
    sqlite_autoincrement=True,
)

LINKS = Table(
    "links",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the token
    Column("dataset", Text, nullable=False),
    Column("view", LargeBinary, nullable=False),  # packed
    Column("by", Text, nullable=False),
    Column("may", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("expires", Float(53), nullable=False),
    Column("revoked", Float(53)),
    Column("revoked_by", Text),
    sqlite_autoincrement=True,
)
