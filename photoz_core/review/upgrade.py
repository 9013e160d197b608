"""Bring a database to the schema of this program."""

import contextlib
import threading
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from photoz_core.errors import PhotozError
from photoz_core.review.database import alone, place, writing
from photoz_core.review.schema import HEAD, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x70686F746F7A  # "photoz": PostgreSQL's advisory lock of those who migrate
ONE = threading.Lock()  # Alembic's context is one per process


def migrate(engine: Engine) -> None:
    """Run the steps that are missing, one process at a time.

    Raises
    ------
    PhotozError
        If the database is newer than this program, or cannot be reached.
    """
    file = Path(engine.url.database) if engine.dialect.name == "sqlite" else None
    with alone(file) if file else contextlib.nullcontext(), writing(engine) as connection:
        if not file:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        bring_up(connection)


def revision(connection: Connection) -> str | None:
    """Name of the schema that the database has; None where there is none of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()


def bring_up(connection: Connection) -> None:
    """Run the steps that are missing in the transaction of `connection`; Alembic loads only if there are some.

    Raises
    ------
    PhotozError
        If the database is newer than this program.
    """
    found = revision(connection)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        where = place(connection.engine.url)
        raise PhotozError(f"the review database ({where}) was made by a newer photoz (schema {found}); update photoz")
    with ONE:
        command.upgrade(config, "head")
