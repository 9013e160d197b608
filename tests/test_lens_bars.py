"""Bars of R²: where they end, what is printed beside them."""

from dashboard.lens_bars import FLOOR, RUN_COLORS, bars_chart, show_bars

NAN = float("nan")


def drawn(labels, values):
    chart = bars_chart("knn_r2")
    show_bars(chart, labels, values)
    return chart, chart.sources["bars"].data, chart.sources["numbers"].data


def test_every_bar_has_its_run_its_place_and_its_number():
    chart, bars, numbers = drawn(["θ_E", "e₁"], [[0.91, 0.5], [0.25, -0.1]])
    assert bars["value"] == [0.91, 0.5, 0.25, -0.1]
    assert bars["color"] == [RUN_COLORS[0]] * 2 + [RUN_COLORS[1]] * 2
    assert numbers["text"] == ["0.91", "0.50", "0.25", "−0.10"]
    overrides = chart.figure.yaxis[0].major_label_overrides
    for y, label in zip(bars["y"], ["θ_E", "e₁"] * 2, strict=True):
        assert overrides[round(y)] == label
    assert bars["y"][0] > bars["y"][2] > bars["y"][1] > bars["y"][3]  # parameters from the top, upper run first


def test_a_bad_r2_is_cut_off_and_said_and_an_unknown_one_is_a_dash():
    _, bars, numbers = drawn(["γ", "γ₁"], [[-3.25, NAN]])
    assert bars["value"] == [FLOOR, 0.0] and numbers["text"] == ["−3.25", "–"]
    assert numbers["x"] == [0.0, 0.0]


def test_no_run_and_no_parameter_draw_nothing():
    assert drawn([], [])[1]["y"] == [] and drawn(["θ_E"], [])[1]["y"] == []
