"""Latents as they form, in a real browser: frames arrive while a run trains, and are scrubbed, played and kept."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from photoz_core.jobs import JobQueue
from photoz_core.pipeline import create_run
from photoz_core.recipe import load_recipe
from photoz_core.run import Run

pytestmark = pytest.mark.browser
READ = """() => {
  const [map, frames, slider] = ["forming", "snapshots", "epoch-slider"].map((name) => {
    return Bokeh.documents[0].get_model_by_name(name)
  })
  const {x} = map.data, n = x.length, at = slider.shown * n
  return {
    epochs: Array.from(frames.data.epoch), value: slider.value, still: slider.shown === slider.value, points: n,
    apart: Math.max(...Array.from(x, (value, i) => Math.abs(value - frames.data.x[at + i]))),
  }
}"""


def form(run: Run, epochs: int) -> None:
    """A snapshot of a training that is that far: the first one's latents, and noise that grows."""
    rng = np.random.default_rng(0)
    first, drift = rng.normal(size=(2, 60, 5))
    run.save_array(f"snapshots/{epochs}", (first + epochs * drift / 3).astype("f2"))
    run.progress(epoch=epochs, epochs=4, done=epochs, total=4)


def test_latents_are_watched_while_they_form(page, serve, home, wait_until):
    """A training played by hand: its frames come when the test says so."""
    run = create_run(home, load_recipe("tiny_mlp", home, fit={"epochs": 4}))
    run.save_array("snapshots/sample", np.arange(0, 120, 2))
    form(run, 0)
    queue = JobQueue(home)
    served = serve(home, queue)
    page.goto(served.url)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="latents forming").click()
    said = page.get_by_text(re.compile("^(untrained|epoch [0-9]+): kNN"))
    expect(said).to_have_text(re.compile(r"^untrained: kNN R² \S+ of z_spec$"))
    for epochs in (1, 2):
        form(run, epochs)
        expect(said).to_contain_text(f"epoch {epochs}:")
    wait_until(lambda: page.evaluate(READ)["still"])
    seen = page.evaluate(READ)
    assert (seen["epochs"], seen["value"], seen["points"]) == ([0, 1, 2], 2, 60)
    assert seen["apart"] < 1e-6  # the browser moved the points to where the newest frame has them

    handle = page.locator(".bk-Slider .noUi-handle")
    handle.press("Home")
    expect(said).to_contain_text("untrained:")
    form(run, 3)
    wait_until(lambda: page.evaluate(READ)["epochs"] == [0, 1, 2, 3])
    assert page.evaluate(READ)["value"] == 0  # whoever has gone back stays there
    handle.press("ArrowRight")
    expect(said).to_contain_text("epoch 1:")
    wait_until(lambda: page.evaluate(READ)["still"])
    assert page.evaluate(READ)["apart"] < 1e-6
    page.get_by_role("button", name="▶ Play").click()
    expect(said).to_contain_text("epoch 3:")
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible()  # it stops at the newest

    run.set_state("cancelled")
    page.get_by_role("button", name="losses").click()
    expect(said).to_be_hidden()
    page.get_by_role("button", name="latents forming").click()
    expect(said).to_contain_text("epoch 3:")
    queue.close()
