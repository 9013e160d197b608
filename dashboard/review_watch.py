"""The reviews as all sessions of one process see them: one thread asks the database for all of them. Knows no Panel."""

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

from photoz_core.errors import PhotozError

PERIOD = 0.5  # s between two looks for what other processes wrote


class Board:
    """What stands in the review of one dataset.

    Parameters
    ----------
    store : ReviewStore
    dataset : str

    Attributes
    ----------
    review : Review or None
        None until the database answered for the first time.
    problem : str
        Why the database does not answer; empty while it does.
    """

    def __init__(self, store, dataset: str):
        self.store, self.dataset = store, dataset
        self.review, self.problem = None, ""
        self._asking, self._turn = threading.Lock(), threading.Lock()  # the first is held as long as a database takes
        self._readers: weakref.WeakSet = weakref.WeakSet()

    def join(self, reader) -> None:
        """Let ``reader.tell()`` be called, in whatever thread, when something changed; until it leaves or is gone."""
        with self._turn:
            self._readers.add(reader)

    def leave(self, reader) -> None:
        """Tell this one nothing any more."""
        with self._turn:
            self._readers.discard(reader)

    @property
    def is_read(self) -> bool:
        return len(self._readers) > 0

    def look(self) -> None:
        """Ask for what is new, and tell everybody if there is something."""
        with self._asking:
            before = (self.review, self.problem)
            try:
                if self.review is None or self.problem or self.store.last(self.dataset) != self.review.last:
                    self.review = self.store.review(self.dataset)
                self.problem = ""
            except Exception as error:  # the thread that asks for everybody must not end with one answer
                self.problem = str(error) if isinstance(error, PhotozError) else f"{type(error).__name__}: {error}"
            changed = self.review is not before[0] or self.problem != before[1]
        with self._turn:
            readers = list(self._readers) if changed else []
        for reader in readers:
            reader.tell()


class Watch:
    """The boards of one store, and the threads that all sessions share: one reads, one writes, one asks for links.

    Parameters
    ----------
    store : ReviewStore
    """

    def __init__(self, store):
        self.store = store
        self.writer = ThreadPoolExecutor(1, "review-write")
        self.asker = ThreadPoolExecutor(1, "review-links")  # waits for a silent database, so that no session does
        self._boards: dict[str, Board] = {}
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()

    def board(self, dataset: str) -> Board:
        """The board of a dataset."""
        with self._turn:
            return self._boards.setdefault(dataset, Board(self.store, dataset))

    def follow(self) -> None:
        """Look at the boards that somebody reads, in a thread, now and again, until nobody reads any."""
        self._wake.set()
        with self._turn:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="review-read", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while True:
            self._wake.clear()
            with self._turn:
                self._boards = {name: board for name, board in self._boards.items() if board.is_read}
                if not self._boards:
                    self._thread = None
                    return
                boards = list(self._boards.values())
            for board in boards:
                board.look()
            self._wake.wait(PERIOD)


_watches: "weakref.WeakKeyDictionary[object, Watch]" = weakref.WeakKeyDictionary()
_turn = threading.Lock()


def watch_of(store) -> Watch:
    """The one `Watch` of a store in this process."""
    with _turn:
        if store not in _watches:
            _watches[store] = Watch(store)
        return _watches[store]
