"""Figures and the small texts beside them."""

import numpy as np
import pytest
from bokeh.models import ColumnDataSource, Range1d

from dashboard import figures
from dashboard.pictures import Picture
from photoz_core.columns import Column

NONE = np.zeros((2, 2), np.uint8)


@pytest.mark.parametrize(
    ("picture", "column", "text"),
    [
        (Picture(NONE, 4000, 4000, 48), Column(), "n 4,000 · 1.2 % clipped"),
        (Picture(NONE, 4000, 3788, 0), Column(), "n 4,000 · 212 NaN"),
        (Picture(NONE, 100, 18, 9), Column(kind="redshift"), "n 100 · 18 % labelled · 50 % clipped"),
        (Picture(NONE, 10, 0), Column(kind="redshift"), "n 10 · 0.0 % labelled"),
        (Picture(NONE, 0, 0), Column(), "n 0"),
    ],
)
def test_note_states_count_unknown_and_clipped(picture, column, text):
    assert figures.note(picture, column) == text


@pytest.mark.parametrize(
    ("limits", "low", "high"),
    [((19.5249, 26.0), "19.52", "26.00"), ((-11.2, -7.9), "−11.20", "−7.90"), ((1, 1200), "1", "1,200"),
     ((0.0, 0.0123), "0.0000", "0.0123"), ((3.0, 3.0), "3.00", "3.00"), ((np.nan, np.nan), "–", "–")],
)  # fmt: skip
def test_color_bar_states_its_limits(limits, low, high):
    bar = figures.color_bar(Picture(NONE, 1, 1, 0, limits), "viridis")
    assert bar.startswith(f"<b>{low}</b>") and bar.endswith(f"<b>{high}</b>") and "#440154" in bar


def test_legend_escapes_names_and_drops_them_when_many():
    assert "&lt;b&gt;" in figures.legend(("<b>",)) and "<b>" not in figures.legend(("<b>",))
    many = figures.legend(tuple(f"class {i}" for i in range(30)))
    assert many.count("<span") == 30 and many.count("class 7") == 1  # in the title only
    assert figures.legend(("a", "b"), named=1).count("b</button>") == 0


def test_legend_marks_the_class_that_is_alone():
    text = figures.legend(("a", "b"), alone=1)
    assert 'data-press="1" aria-pressed="true"' in text and 'data-press="0" aria-pressed="false"' in text
    assert text.index("#0072b2") < text.index(">a<") < text.index("#e69f00") < text.index(">b<")


def test_a_note_says_unknown_of_classes():
    assert figures.note(Picture(NONE, 5, 3), Column(kind="category")) == "n 5 · 2 unknown"


def test_image_lies_in_its_view():
    data = figures.image_data(Picture(NONE, 0, 0), (1.0, 3.0, -2.0, 2.0))
    assert (data["x"], data["y"], data["dw"], data["dh"]) == ([1.0], [-2.0], [2.0], [4.0])
    assert figures.image_data(None, None)["image"] == [] and figures.sheet_data("", None)["url"] == []


def test_frame_figure_is_all_frame():
    plot = figures.frame_figure(Range1d(0, 1), Range1d(0, 1), "10px")
    assert not any(axis.visible for axis in plot.axis) and plot.toolbar_location is None
    figures.add_image(plot)
    figures.add_rings(plot, ColumnDataSource({"x": [], "y": [], "size": []}))
    figures.set_drag(plot, "lasso")
    assert plot.toolbar.name == "lasso" and len(plot.renderers) == 3
