"""Loss curves: what is drawn, what is streamed, and on which axis."""

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.document.events import ColumnsStreamedEvent

from dashboard import train_figures as figures


def history(epochs: int, **terms) -> pd.DataFrame:
    rows = {"epoch": np.arange(epochs), "lr": 0.1, "seconds": 1.0}
    return pd.DataFrame(rows | {name: np.array(values, float)[:epochs] for name, values in terms.items()})


FALLING = {"train_color": [4, 2, 1], "valid_color": [5, 3, 2], "train_redshift": [9, 8, 7], "valid_redshift": [9, 9, 8]}


def test_terms_are_drawn_in_the_order_of_the_history():
    charts = figures.loss_charts()
    figures.show_losses(charts, history(2, **FALLING), 10, fresh=True)
    data = charts["log"].sources["curves"].data
    assert figures.loss_terms(history(2, **FALLING)) == ["color", "redshift"]
    assert list(data["epoch"]) == [1, 2]
    assert (list(data["train0"]), list(data["valid1"])) == ([4, 2], [9, 9])
    assert np.isnan(data["train2"]).all()
    for chart in charts.values():
        assert sum(renderer.visible for renderer in chart.figure.renderers) == 2 * figures.MARKS
        assert chart.figure.x_range.end == 10.5


def test_new_epochs_are_streamed_and_a_shorter_history_replaces():
    charts = figures.loss_charts()
    source = charts["linear"].sources["curves"]
    assert source is charts["log"].sources["curves"]
    sent, document = [], Document()
    document.add_root(charts["linear"].figure)
    document.on_change(lambda event: sent.append(event.data) if isinstance(event, ColumnsStreamedEvent) else None)
    figures.show_losses(charts, history(1, **FALLING), 3, fresh=True)
    figures.show_losses(charts, history(1, **FALLING), 3, fresh=False)
    assert sent == []
    figures.show_losses(charts, history(3, **FALLING), 3, fresh=False)
    assert [list(rows["epoch"]) for rows in sent] == [[2, 3]]
    assert list(source.data["valid0"]) == [5, 3, 2]
    figures.show_losses(charts, history(2, **FALLING), 3, fresh=False)
    assert list(source.data["epoch"]) == [1, 2]
    figures.show_losses(charts, history(2, train_class=[1, 2]), 3, fresh=True)
    assert list(source.data["train0"]) == [1, 2] and np.isnan(source.data["valid0"]).all()


def test_no_epoch_yet():
    charts = figures.loss_charts()
    figures.show_losses(charts, pd.DataFrame({"epoch": []}), 5, fresh=True)
    assert not any(renderer.visible for renderer in charts["linear"].figure.renderers)
    assert not figures.log_is_useful(pd.DataFrame({"epoch": []}))
    figures.show_losses(charts, history(1, **FALLING), 5, fresh=False)
    assert list(charts["linear"].sources["curves"].data["epoch"]) == [1]


def test_a_log_axis_where_the_validation_loss_falls_far_and_stays_positive():
    far = {"train_z": [100, 10, 1], "valid_z": [100, 10, 1]}
    assert figures.log_is_useful(history(3, **far))
    assert not figures.log_is_useful(history(3, **FALLING))
    assert not figures.log_is_useful(history(3, **far | {"valid_z": [100, 0, -1]}))
    assert not figures.log_is_useful(history(3, train_z=[100, 1, 1e-9], valid_z=[3, 2, 2]))


@pytest.mark.parametrize("values", [[], [np.nan], [0.0], [3.0], [-1.0, 2.0], [1e-9, 1e3]])
@pytest.mark.parametrize("log", [False, True])
def test_limits_hold_what_can_be_drawn(values, log):
    low, high = figures.padded(np.array(values), log)
    assert low < high and (low > 0 or not log)
    assert all(low < value < high for value in values if np.isfinite(value) and (value > 0 or not log))


def test_more_terms_than_slots_are_cut():
    many = {f"train_t{i}": [1.0] for i in range(figures.SLOTS + 2)}
    charts = figures.loss_charts()
    figures.show_losses(charts, history(1, **many), 1, fresh=True)
    assert len(figures.loss_terms(history(1, **many))) == figures.SLOTS


def test_legend_escapes_names():
    assert "&lt;b&gt;" in figures.legend({"<b>": "#123456"})
