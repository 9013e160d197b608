"""Run by Alembic: migrates over the connection, and in the transaction, that `database.migrate` holds."""

from alembic import context

from photoz_core.review.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
context.run_migrations()
