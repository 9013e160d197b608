"""The Train page in a real browser: a training started, watched, cancelled, resumed and opened."""

import re

import pytest
from made_runs import made_run
from playwright.sync_api import expect

from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.jobs import JobQueue
from photoz_core.recipe import Recipe
from photoz_core.run import Run, list_runs

pytestmark = pytest.mark.browser
SLOW = """
title = "slow MLP"
method = "photometry_mlp"
dataset = "tiny"
[demo.options]
hidden = [16, 8]
[demo.fit]
epochs = 20
batch_size = 32
checkpoint_seconds = 0.2
"""
EPOCHS = 1500  # some five seconds
POINT = """run => {
  const model = [...Bokeh.documents[0].all_models].find(m => m.type === "ColumnDataSource" && "joined" in m.data)
  const plot = [...Bokeh.documents[0].all_models].find(m => m.type === "Figure" &&
    m.renderers.some(r => r.data_source === model))
  const view = Bokeh.index.find_one(plot), box = view.el.getBoundingClientRect(), row = [...model.data.run].indexOf(run)
  const x = view.frame.x_scale.compute(model.data.x[row]), y = view.frame.y_scale.compute(model.data.y[row])
  return [box.x + x, box.y + y]
}"""


class Queue(JobQueue):
    """Makes no UMAP, whose preparation would take longer than these tests."""

    def submit(self, recipe: Recipe, projections: tuple[str, ...] = ()) -> Run:
        return super().submit(recipe, projections)


@pytest.fixture
def slow_home(home) -> Home:
    (home.recipes / "slow.toml").write_text(SLOW)
    return home


@pytest.fixture
def queue(slow_home):
    queue = Queue(slow_home)
    yield queue
    queue.close()


def open_train(page, served) -> None:
    page.goto(served.url)
    page.get_by_role("button", name="Train", exact=True).click()
    choose(page, "Method", "slow MLP")
    expect(page.get_by_label("epochs")).to_have_value("20")


def choose(page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("listbox").get_by_text(option, exact=True).click()


def test_a_training_is_started_watched_cancelled_resumed_and_opened(page, serve, slow_home, queue, wait_until):
    served = serve(slow_home, queue)
    open_train(page, served)
    slider = page.get_by_role("slider")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(page.get_by_text("of 42 training labels")).to_have_text(re.compile(r"^3 of 42"))
    page.get_by_label("epochs").fill(str(EPOCHS))
    page.get_by_label("epochs").press("Enter")
    page.get_by_role("button", name="Start training").click()

    row = page.get_by_role("listitem").filter(has_text="slow MLP · tiny · 5 % · seed 0")
    state, bar, text = row.locator(".state"), row.get_by_role("progressbar"), row.locator(".text")
    expect(state).to_have_text("running", timeout=60_000)
    expect(text).to_have_text(re.compile(rf"^epoch [1-9]\d*/{EPOCHS} · .* left$"))
    expect(row.locator(".loss")).to_contain_text("redshift")
    expect(bar).to_have_attribute("aria-valuenow", re.compile("^[1-9]"))
    expect(page.get_by_text("thin: training")).to_be_visible()

    row.get_by_role("button", name="cancel").click()
    expect(state).to_have_text("cancelled", timeout=5_000)
    (run,) = list_runs(slow_home)
    reached = len(run.history())
    assert (run.state, run.recipe.label_fraction) == ("cancelled", 0.05) and 0 < reached < EPOCHS

    row.get_by_role("button", name="resume").click()
    expect(state).to_have_text("running", timeout=60_000)
    wait_until(lambda: run.status.get("epoch", 0) > reached or run.state == "done")
    expect(state).to_have_text("done", timeout=60_000)
    assert list(run.history()["epoch"]) == list(range(EPOCHS))

    page.get_by_role("combobox").nth(1).click()
    expect(page.get_by_role("listbox").get_by_text("slow MLP · 5 % · seed 0")).to_be_visible()
    page.keyboard.press("Escape")
    row.get_by_role("button", name="open").click()
    maps = page.locator(".pz-scale p").filter(has_text=re.compile(r"^n 120( |$)"))
    expect(maps).to_have_count(6)
    assert (served.state.run, served.state.page) == (run.id, "Explore")


def test_a_wrong_option_is_named_at_its_field(page, serve, slow_home, queue):
    served = serve(slow_home, queue)
    open_train(page, served)
    start = page.get_by_role("button", name="Start training")
    rate = page.get_by_role("textbox", name="learning rate")
    rate.fill("fast")
    rate.press("Enter")
    expect(page.get_by_text("Input should be a valid number")).to_be_visible()
    expect(start).to_be_disabled()
    rate.fill("1e-2")
    rate.press("Enter")
    expect(start).to_be_enabled()
    page.get_by_role("button", name="All options").click()
    expect(page.get_by_label("batch_size")).to_have_value("32")
    assert list_runs(slow_home) == []


def test_a_sweep_is_started_followed_and_its_points_lead_to_their_maps(page, serve, slow_home, queue):
    z = Dataset(slow_home.dataset("tiny")).column("z_spec")
    for fraction in (0.5, 1.0):
        made_run(slow_home, "tiny_mlp", z + 0.1, label_fraction=fraction)
    served = serve(slow_home, queue)
    page.goto(served.url)
    page.get_by_role("button", name="Train", exact=True).click()
    ask_for_a_sweep(page)
    line = page.get_by_role("listitem").filter(has_text="sweep of 2 trainings")
    expect(line.locator(".text")).to_have_text("2 done", timeout=300_000)
    expect(line.locator(".state")).to_have_text("done")
    expect(page.get_by_text("4 runs: 4 are there")).to_be_visible()
    runs = list_runs(slow_home)
    assert {(run.recipe.name, run.recipe.label_fraction, run.state) for run in runs} == {
        (name, fraction, "done") for name in ("slow", "tiny_mlp") for fraction in (0.5, 1.0)
    }
    wanted = next(run for run in runs if run.recipe.name == "slow" and run.recipe.label_fraction == 0.5)
    place = page.evaluate(POINT, wanted.id)
    page.mouse.move(*place)
    expect(page.get_by_text(wanted.name, exact=True).last).to_be_visible()
    expect(page.locator(".bk-Tooltip").last).to_contain_text(re.compile(r"slow MLP.*21 labels: σ_NMAD [\d.]+ ± [\d.]+"))
    page.mouse.click(*place)
    expect(page.locator(".pz-scale p").filter(has_text=re.compile(r"^n 120( |$)"))).to_have_count(6)
    expect(page.get_by_role("button", name="Explore", exact=True)).to_have_attribute("aria-pressed", "true")
    assert (served.state.run, served.state.page) == (wanted.id, "Explore")

    delete(page, wanted.name)
    assert wanted.id not in slow_home.run_ids() and served.state.run != wanted.id


def ask_for_a_sweep(page) -> None:
    """Two methods with half and all of the labels, of which the runs of one are there."""
    page.get_by_role("button", name="sweep", exact=True).click()
    page.get_by_role("combobox", name="Methods").click()
    for method in ("slow MLP", "tiny_mlp"):
        page.get_by_role("listbox").get_by_text(method, exact=True).click()
    page.keyboard.press("Escape")
    labels = page.get_by_role("textbox", name="Labels")
    labels.fill("50, 100")
    labels.press("Enter")
    expect(page.get_by_text("50 % = 21 · 100 % = 42 training labels")).to_be_visible()
    expect(page.get_by_text("4 runs: 2 are there, 2 to train; 2 of unknown time")).to_be_visible()
    page.get_by_role("button", name="Start 2 trainings").click()


def delete(page, name: str) -> None:
    """Take a run away on the Train page, as its dialog asks."""
    page.get_by_role("button", name="Train", exact=True).click()
    row = page.get_by_role("listitem").filter(has_text=name)
    row.get_by_role("button", name="delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(name)
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    expect(page.get_by_text(f"{name} was deleted")).to_be_visible()
