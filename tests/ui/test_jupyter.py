"""The dashboard in a real JupyterLab, driven by a browser."""

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import pytest
from made_homes import add_run, made_home
from playwright.sync_api import expect

from dashboard import raster
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.run import Run

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
CELLS = (
    "from dashboard import explore\napp = explore('made', height=700)\napp",
    "len(app.ids), ' '.join(app.ids)",
    "app.select(['m0003', 'm0004'])\n(len(app.selection), str(app.selection_table['mag_F160W'].unit))",
    "import panel as pn\npn.Row(explore.map(session=app, color='z_spec'), explore.map(session=app, color='kind'))",
    "len(app.ids), ' '.join(app.ids)",
    "import numpy as np, pandas as pd\nlatents = np.random.default_rng(0).normal(size=(40, 3))\n"
    "explore(pd.DataFrame({'g': latents[:, 0] + 22, 'r': 21.5}), latents, projection=latents[:, :2])",
)
FLAGS = (
    "--no-browser", "--allow-root", "--ServerApp.port_retries=0", "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)  # fmt: skip
PATIENCE = 180_000  # ms for a kernel that starts, and the dashboard in it, while others work
BOX = (0.15, 0.2, 0.8, 0.7)  # of a map: left, top, right, bottom


@pytest.fixture
def lab(tmp_path, wait_until):
    """The address of a notebook with `CELLS` in a JupyterLab that knows nothing of its user's settings."""
    add_run(made_home(tmp_path / "home", count=300))
    environment = prepared(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", *FLAGS, f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    address, token = f"http://127.0.0.1:{port}", environment["JUPYTER_TOKEN"]
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, cwd=tmp_path / "work", stdout=log, stderr=log)
        try:
            wait_until(lambda: server.poll() is not None or answers(f"{address}/api?token={token}"), 180)
            assert server.poll() is None, (tmp_path / "lab.log").read_text()
            yield f"{address}/lab/tree/story.ipynb?token={token}"
        finally:
            server.terminate()  # and with it, its kernels
            server.wait(60)


def prepared(folder: Path) -> dict[str, str]:
    """Folders of a JupyterLab in `folder` with the notebook and a kernel of this interpreter; its environment."""
    work, settings = folder / "work", folder / "settings" / "@jupyterlab" / "apputils-extension"
    kernel = folder / "data" / "kernels" / "python3"
    for made in (work, kernel, settings):
        made.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "photoz", "language": "python"}))
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')  # it asks over the figures
    (work / "story.ipynb").write_text(json.dumps(notebook(CELLS)))
    places = {"JUPYTER_DATA_DIR": "data", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime"}
    places |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "spaces", "IPYTHONDIR": "ipython"}
    places |= {"HOME": "user", "PHOTOZ_HOME": "home"}
    environment = os.environ | {name: str(folder / place) for name, place in places.items()}
    return environment | {"PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": secrets.token_hex(16)}


def notebook(cells) -> dict:
    """A notebook of these code cells, as its file has it."""
    empty = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    made = [{**empty, "id": f"cell{number}", "source": source} for number, source in enumerate(cells)]
    spec = {"kernelspec": {"display_name": "photoz", "language": "python", "name": "python3"}}
    return {"cells": made, "metadata": spec, "nbformat": 4, "nbformat_minor": 5}


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def run_cell(page, number: int) -> None:
    """Run a cell, and wait until it is done; a notebook that is not yet ready takes no keys, so press until it does."""
    cell = page.locator(".jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt").first
    for patience in (20_000, 40_000, PATIENCE):
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        with contextlib.suppress(AssertionError):
            expect(prompt).not_to_have_text("[ ]:", timeout=patience)
            break
    expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)


def test_maps_in_a_cell_and_the_selection_back_in_the_next(lab, page, tmp_path, wait_until, shots):
    asked, sent = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(as_bytes(frame))))
    page.goto(lab)
    expect(page.locator(".jp-CodeCell")).to_have_count(len(CELLS))
    expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=PATIENCE)
    run_cell(page, 0)
    notes = page.locator(".pz-scale p")
    expect(notes.filter(has_text=re.compile("^n 300( |$)"))).to_have_count(6)
    figures = page.locator(".bk-Figure")
    wait_until(lambda: fit(page.locator(".jp-Cell-outputArea").first, figures))

    drawn = figures.nth(1).bounding_box()
    drag(page, box := corners(drawn))
    title = page.locator(".pz-title")
    expect(title).to_contain_text("Selection")
    run_cell(page, 1)
    expect(said(page, 1)).to_contain_text("m0")
    count, *selected = re.findall(r"\d+", said(page, 1).inner_text())
    selected = [f"m{number}" for number in selected]
    assert int(count) == len(selected)
    expect(title.locator("b")).to_have_text(str(len(selected)))
    sure, possible = inside(tmp_path, drawn, box)
    assert len(sure) > 20 and sure <= set(selected) <= possible

    run_cell(page, 2)
    expect(said(page, 2)).to_have_text("(2, 'mag')")
    expect(title.locator("b")).to_have_text("2")
    assert any(b"SelectionGeometry" in frame or b"selectiongeometry" in frame for frame in sent)
    assert not any(b"drag on a map to select" in frame or b"Selection &lt;b" in frame for frame in sent)  # no echo
    outside = {urlparse(url).hostname for url in asked if urlparse(url).scheme.startswith("http")} - {"127.0.0.1"}
    assert not outside
    turn_dark(page)
    expect(page.locator(".mui-dark").first).to_be_visible()
    expect(page.locator(".mui-light")).to_have_count(0)
    composed_maps_and_own_arrays(page, tmp_path)
    if shots:
        figures.nth(1).scroll_into_view_if_needed()
        page.screenshot(path=shots / "jupyter-dark.png")


def composed_maps_and_own_arrays(page, tmp_path) -> None:
    """Two maps in a row, whose selection is the app's; then a catalog and latents that the kernel holds."""
    run_cell(page, 3)
    row = page.locator(".jp-CodeCell").nth(3)
    expect(row.locator(".pz-scale p")).to_have_count(2)
    drawn = row.locator(".bk-Figure").first
    drawn.scroll_into_view_if_needed()
    drag(page, box := corners(frame := drawn.bounding_box()))
    run_cell(page, 4)
    expect(said(page, 4)).to_contain_text("m0")
    selected = {f"m{number}" for number in re.findall(r"\d+", said(page, 4).inner_text())[1:]}
    sure, possible = inside(tmp_path, frame, box)
    assert len(sure) > 20 and sure <= selected <= possible
    run_cell(page, 5)
    notes = page.locator(".jp-CodeCell").nth(5).locator(".pz-scale p")
    expect(notes.filter(has_text=re.compile("^n 40( |$)"))).to_have_count(6)


def as_bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def drag(page, box: tuple[float, float, float, float]) -> None:
    """Drag over a box [px] of the page."""
    page.mouse.move(*box[:2])
    page.mouse.down()
    page.mouse.move(*box[2:], steps=5)
    page.mouse.up()


def fit(cell, figures) -> bool:
    """Whether all seven figures are laid out within the cell."""
    if figures.count() < 7:
        return False
    frame, boxes = cell.bounding_box(), [figures.nth(number).bounding_box() for number in range(7)]
    ends = [box["x"] + box["width"] - frame["x"] - frame["width"] for box in boxes]
    return max(ends) <= 1 and min(box["width"] for box in boxes) > 100


def corners(drawn: dict) -> tuple[float, float, float, float]:
    """`BOX` in pixels of the page."""
    x, y = (lambda share: drawn["x"] + share * drawn["width"]), (lambda share: drawn["y"] + share * drawn["height"])
    return x(BOX[0]), y(BOX[1]), x(BOX[2]), y(BOX[3])


def turn_dark(page) -> None:
    page.get_by_role("menuitem", name="Settings").click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Theme", exact=True).hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()


def said(page, number: int):
    """What a cell gave."""
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output").last


def inside(folder: Path, drawn: dict, box: tuple[float, ...]) -> tuple[set[str], set[str]]:
    """Ids that lie in a box [px] of a map drawn at `drawn`, and those that may: a pixel is the browser's to round."""
    home = Home(folder / "home")
    ids = Dataset(home.dataset("made")).object_id
    points = Run(home.run(home.run_ids()[0])).projection("pca")
    x0, x1, y0, y1 = raster.whole(points)
    side = drawn["width"] - 2  # a border of one pixel
    x = drawn["x"] + 1 + (points[:, 0] - x0) / (x1 - x0) * side
    y = drawn["y"] + 1 + (y1 - points[:, 1]) / (y1 - y0) * side
    within = lambda by: (x > box[0] + by) & (x < box[2] - by) & (y > box[1] + by) & (y < box[3] - by)  # noqa: E731
    return set(ids[within(2)]), set(ids[within(-2)])
