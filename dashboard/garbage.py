"""When a server looks for garbage: seldom, and never in what it holds for good."""

import gc

from dashboard.pages import find_pages

SELDOM = (50_000, 5, 2)  # net new objects, and rounds, until a generation is looked through; a session makes some 10⁵


def collect_seldom() -> None:
    """Leave out of every search for garbage what is imported by now, and search less often.

    To be called by what only serves, before its first session, which would else stay for good (`panel serve` has no
    such moment): a page is some hundred thousand objects that stay, and
    Python looked for garbage 600 times while it made them, a third of the time that this takes.
    """
    find_pages()  # imports them
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
