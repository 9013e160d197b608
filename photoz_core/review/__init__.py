"""Reviews: what people say about objects and selections, in one database that several may write to at once.

    store = ReviewStore.open(None, Home.default())
    store.write("candels-mock", "score", "10432", {"score": 4}, author="Ada")
    store.review("candels-mock").scores  # {"10432": {"Ada": 4}}

SQLAlchemy loads with `ReviewStore` and `restore` only, so that help and an app without reviews start fast.
"""

import importlib

from photoz_core.review.entries import Comment, Entry, Link, Selection
from photoz_core.review.fold import Review, fold

__all__ = ["DATABASE", "Comment", "Entry", "Link", "Review", "ReviewStore", "Selection", "fold", "restore"]
DATABASE = "PHOTOZ_REVIEW_DATABASE"  # its URL may hold a password, which a command line shows to everybody
SLOW = {"ReviewStore": "photoz_core.review.store", "restore": "photoz_core.review.backup"}


def __getattr__(name: str):
    if name not in SLOW:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(SLOW[name]), name)
