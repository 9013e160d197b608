"""What a long task tells whoever started it."""

from collections.abc import Callable


class Progress:
    """Silent, and agrees to everything; the command line and the dashboard override what they show.

    Parameters
    ----------
    step : callable, optional
        Called as ``step(done, total)`` after each part of the work.
    """

    def __init__(self, step: Callable[[int, int], None] | None = None):
        self._step = step

    def __call__(self, done: int, total: int) -> None:
        """Report `done` of `total` units of work."""
        if self._step:
            self._step(done, total)

    def say(self, text: str) -> None:
        """Show `text` (some lines) to the user."""

    def ask(self, question: str) -> bool:
        """Whether to go on; a task stops with a `PhotozError` on False."""
        return True

    @classmethod
    def of(cls, progress) -> "Progress":
        """`progress` itself, or one made of None or of a plain ``step(done, total)``."""
        return progress if isinstance(progress, Progress) else cls(progress)
