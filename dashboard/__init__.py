"""The dashboard: a Panel app over photoz_core; in a notebook, ``from dashboard import explore``."""


def __getattr__(name: str):
    """`explore`, once it is asked for: importing the package loads no Panel."""
    if name == "explore":
        from dashboard.notebook import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
