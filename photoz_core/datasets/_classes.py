"""Classes of objects from a table: one column of names or codes, or several columns of votes."""

import argparse

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError, unknown

PUBLISHED = ("SG", "SGQ", "MG", "EF-2", "EF-4", "EF-15")
CLASS = Column("class", "", "what the object is; empty where unknown", "category")


def add_class_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the surveys whose label is a class."""
    add = parser.add_argument_group("classes").add_argument
    add("--class", dest="classes", nargs="+", metavar="COLUMN", help="with the class; or several columns of votes")
    add(
        "--class-names",
        nargs="+",
        action="extend",
        metavar="VALUE=NAME",
        help="e.g. 0='no ring' 1=ring, or with a comma; --class-names=-1=a,1=b where a value begins with a minus; "
        "VALUE= leaves it unlabelled",
    )
    add("--min-vote", type=float, default=0.0, metavar="VOTE", help="objects whose largest vote is lower: unlabelled")
    add("--published", choices=PUBLISHED, help="say that this is one of the sets of Martinazzo et al., to compare with")


def parse_class_names(pairs: list[str] | None) -> dict[str, str]:
    """Read ``VALUE=NAME`` pairs, also with commas between; 1 and 1.0 are the same value.

    Raises
    ------
    PhotozError
        If a pair has no ``=`` or no value, or a value comes twice.
    """
    names: dict[str, str] = {}
    for pair in (part for item in pairs or [] for part in item.split(",")):
        value, equals, name = pair.partition("=")
        value = str(_texts(pd.Series([value.strip()]))[0])
        if not equals or not value:
            raise PhotozError(f"--class-names {pair!r}: write VALUE=NAME, e.g. 0=star 1=galaxy")
        if value in names:
            raise PhotozError(f"--class-names gives {value!r} twice: {names[value]!r} and {name.strip()!r}")
        names[value] = name.strip()
    return names


def classes_of(frame: pd.DataFrame, arguments: argparse.Namespace, where: object, report: Report) -> np.ndarray:
    """Class (N,) of str of each row by the options of `add_class_arguments`, "" where unknown.

    Of several columns of votes the one with most wins, and gives its name; equal votes leave an object unlabelled.

    Parameters
    ----------
    where : object
        The table, for messages.

    Raises
    ------
    PhotozError
        For a column that does not exist (all are listed), votes that are no numbers, or a table without a class.
    """
    columns, names = arguments.classes or [], parse_class_names(arguments.class_names)
    if not columns:
        return np.full(len(frame), "", dtype=object).astype(str)
    for column in columns:
        if column not in frame:
            raise PhotozError(f"{where}: {unknown('column', column, frame.columns)} (--class)")
    values = _texts(frame[columns[0]]) if len(columns) == 1 else _winners(frame[columns], arguments.min_vote, where)
    if names and (unused := sorted(set(names) - set(values))):
        found = ", ".join(sorted(set(values) - {""})[:8])
        report.notes.append(f"no object has the value {', '.join(unused)} of --class-names; there are {found}")
    classes = pd.Series(values).map(lambda value: names.get(value, value)).to_numpy(str)
    if not (classes != "").any():
        raise PhotozError(f"{where}: no object has a class in {', '.join(columns)} (--class)")
    return classes


def note_classes(classes: np.ndarray, report: Report) -> None:
    """Note how many objects of each class (N,) there are, how many have none, and which class has a single one."""
    counts = pd.Series(classes[classes != ""]).value_counts().sort_index()
    if len(counts):
        report.notes.append("classes: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    if len(counts) and (unlabelled := int((classes == "").sum())):
        report.notes.append(f"{unlabelled} objects are kept without a class")
    if alone := counts.index[counts == 1].tolist():
        report.notes.append(f"a single object of class {', '.join(alone)}: it is in one split only")


def _winners(votes: pd.DataFrame, least: float, where: object) -> np.ndarray:
    """The column (N,) with most votes, "" where there is none above 0, two are equal, or it is below `least`."""
    try:
        counts = np.nan_to_num(votes.to_numpy(float), nan=0.0)
    except ValueError:
        text = [name for name in votes if votes[name].dtype.kind not in "iufb"]
        raise PhotozError(f"{where}: votes are numbers; column {text[0]!r} holds text") from None
    most = counts.max(axis=1)
    clear = (most > 0) & (most >= least) & ((counts == most[:, None]).sum(axis=1) == 1)
    return np.where(clear, np.array(list(votes), str)[counts.argmax(axis=1)], "")


def _texts(values: pd.Series) -> np.ndarray:
    """Values (N,) as texts without blanks around, whole numbers without a point, "" for what is missing."""
    texts = values.astype("string").fillna("").str.strip()
    return texts.str.replace(r"^(-?\d+)\.0*$", r"\1", regex=True).replace("-0", "0").to_numpy(str)
