"""The one exception a user is meant to read."""


class PhotozError(Exception):
    """What is wrong, where (file, row, column, option) and what to do about it.

    The command line prints it without a traceback; the dashboard shows it as a notice.
    """


class OutOfReach(PhotozError):
    """A database does not answer now; what it would have said, nobody knows."""


class Cancelled(Exception):
    """Somebody asked a running task to stop."""


def unknown(kind: str, name: object, known) -> PhotozError:
    """Error for a name that does not exist, listing those that do."""
    listed = ", ".join(sorted(map(str, known))) or "none yet"
    return PhotozError(f"unknown {kind} {str(name)!r}; known: {listed}")
