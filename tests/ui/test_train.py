"""The Train page in a real browser: a training started, watched, cancelled, resumed and opened."""

import re

import pytest
from playwright.sync_api import expect

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
    rate = page.get_by_label("learning rate")
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
