"""The store of reviews: write an entry, read what is new, share a link."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from photoz_core.home import Home
from photoz_core.review import links, rows
from photoz_core.review.backup import backup
from photoz_core.review.database import connect, parse, reading, writing
from photoz_core.review.entries import Entry, Link
from photoz_core.review.fold import Review, fold
from photoz_core.review.schema import ENTRIES
from photoz_core.review.upgrade import migrate


class ReviewStore:
    """Entries and links of all datasets, in SQLite or PostgreSQL; threads may share it.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a database that has the newest schema; `ReviewStore.open` sees to that.
    """

    def __init__(self, engine):
        self.engine = engine
        self._lately = links.Lately(partial(links.find, engine))
        self._reviews: dict[str, tuple[Review, str]] = {}  # and the uid of its last entry

    @classmethod
    def open(cls, url: str | None, home: Home) -> "ReviewStore":
        """Open the database at `url`, the home's own SQLite file without one, and bring its schema up to date.

        Raises
        ------
        PhotozError
            If the URL is of no supported kind, the driver is missing, the database cannot be reached, or is newer.
        """
        engine = connect(parse(url, home))
        migrate(engine)
        return cls(engine)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    # --- entries ----------------------------------------------------------------------------------------------------

    def write(
        self,
        dataset: str,
        kind: str,
        target: str,
        body: dict,
        author: str,
        follows: int | None = None,
        uid: str | None = None,
    ) -> Entry:
        """Add an entry; it is on disk when this returns.

        Parameters
        ----------
        uid : str, optional
            Made by the caller: writing it again, as after a lost connection, gives the entry that is there.

        Raises
        ------
        PhotozError
            If something of it is wrong, or the database cannot be reached.
        """
        wish = {"dataset": dataset, "kind": kind, "target": target, "body": body, "follows": follows, "uid": uid}
        return self.write_all([wish], author)[0]

    def write_all(self, wishes: Sequence[dict], author: str) -> list[Entry]:
        """Add several entries in one transaction, all or none: a tag on 500 objects waits for the disk once.

        Parameters
        ----------
        wishes : sequence of dict
            The arguments of `write`, without the author.

        Raises
        ------
        PhotozError
            As `write` does.
        """
        new = [rows.row_of(author=author, at=time.time(), **wish) for wish in wishes]
        with writing(self.engine) as connection:
            for dataset in sorted({row["dataset"] for row in new}):  # in one order, so that no two wait for each other
                rows.take_turn(connection, dataset)
            return [rows.put(connection, row) for row in new]

    def last(self, dataset: str) -> int:
        """Id of the newest entry of a dataset; 0 for none."""
        query = select(func.max(ENTRIES.c.id)).where(ENTRIES.c.dataset == dataset)
        with reading(self.engine) as connection:
            return connection.execute(query).scalar() or 0

    def since(self, dataset: str, after: int) -> list[Entry]:
        """Entries of a dataset with an id above `after`, in the order of their ids; none of lower id comes later."""
        query = select(ENTRIES).where(ENTRIES.c.dataset == dataset, ENTRIES.c.id > after).order_by(ENTRIES.c.id)
        with reading(self.engine) as connection:
            return [rows.entry(*row) for row in connection.execute(query)]

    def datasets(self) -> list[str]:
        """Names of the datasets that somebody wrote about, sorted."""
        with reading(self.engine) as connection:
            return sorted(connection.execute(select(ENTRIES.c.dataset).distinct()).scalars())

    def review(self, dataset: str) -> Review:
        """What the entries of a dataset come to; only those that are new since the last call are read."""
        known, uid = self._reviews.get(dataset, (Review(), ""))
        entries = self.since(dataset, max(known.last - 1, 0))
        if known.last and (not entries or entries[0].uid != uid):  # an older state was put in the database's place
            known, entries = Review(), self.since(dataset, 0)
        review = fold(entries, known)
        self._reviews[dataset] = review, entries[-1].uid if entries else ""
        return review

    # --- links ------------------------------------------------------------------------------------------------------

    def share(self, dataset: str, view: dict, by: str, may: str, hours: float) -> str:
        """Make a link to a view; the token that opens it is returned once and stored nowhere.

        Parameters
        ----------
        view : dict
            What the link opens, as JSON has it; at most a megabyte when packed.
        may : str
            look or comment.
        hours : float
            How long it lives [h].

        Raises
        ------
        PhotozError
            If something of it is wrong or too large, or the database cannot be reached.
        """
        return links.share(self.engine, dataset, view, by, may, hours)

    def link(self, token: str, age: float = 0.0) -> Link:
        """The link that a token opens.

        Parameters
        ----------
        age : float
            How old the answer may be [s]; what this process revoked opens nothing at once.

        Raises
        ------
        OutOfReach
            If the database does not answer.
        PhotozError
            If there is no such link, it has expired, or was revoked.
        """
        return self._lately.find(token, age)

    def links(self, dataset: str | None = None) -> list[Link]:
        """Links that open something now, newest first; of all datasets without one."""
        return links.living(self.engine, dataset)

    def revoke(self, id: int, by: str) -> None:
        """Make a link open nothing from now on.

        Raises
        ------
        PhotozError
            If there is no such link.
        """
        try:
            links.revoke(self.engine, id, by)
        finally:
            self._lately.forget()

    # --- backup -----------------------------------------------------------------------------------------------------

    def backup(self, path: Path) -> int:
        """Write everything to one SQLite file, whichever the database is; `restore` takes it back.

        Returns
        -------
        int
            How many entries there are.

        Raises
        ------
        PhotozError
            If the file exists or cannot be written, or the database cannot be reached.
        """
        return backup(self.engine, path)
