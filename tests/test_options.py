"""Options: what a form shows beside each field."""

import pytest

from photoz_core.errors import PhotozError
from photoz_core.options import NonNegative, Positive, build, defects, notes, options


@options
class Inner:
    width: Positive = 8


@options
class Outer:
    """Options of a test.

    Parameters
    ----------
    first, second : float
        Two of a kind,
        in two lines.
    third : int
    inner : Inner
        The `inner`.

    Notes
    -----
    other : no option
        Not a note.
    """

    first: NonNegative = 0.0
    second: NonNegative = 0.0
    third: int = 0
    inner: Inner = Inner()


def test_a_note_is_the_paragraph_under_the_name():
    both = "Two of a kind, in two lines."
    assert notes(Outer) == {"first": both, "second": both, "inner": "The `inner`."}
    assert notes(Inner) == {}


def test_each_defect_stands_under_the_dotted_name_of_its_option():
    found = defects(Outer, {"first": -1, "third": "x", "inner": {"width": 0, "with": 3}})
    assert set(found) == {"first", "third", "inner.width", "inner.with"}
    assert found["first"] == "option 'first' = -1: Input should be greater than or equal to 0"
    assert found["inner.with"] == "unknown option 'inner.with'; known: width"
    assert defects(Outer, {"first": 1}) == {}


def test_build_complains_of_all_of_them_at_once():
    with pytest.raises(PhotozError) as error:
        build(Outer, {"first": -1, "inner": {"width": 0}}, "recipe 'r', [options]")
    assert str(error.value) == (
        "recipe 'r', [options]: option 'first' = -1: Input should be greater than or equal to 0; "
        "recipe 'r', [options]: option 'inner.width' = 0: Input should be greater than 0"
    )
