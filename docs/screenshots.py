"""Take the pictures of this folder from the real app, in a real browser.

What they show is trained first, once, into one home (about half an hour on two cores):

    photoz demo --home DIR          # and `demo lenses`, `demo spectra`, `demo classes`; Ctrl-C when the maps are there
    photoz sweep --home DIR --datasets candels-mock --fractions 0.02 0.1 0.5 1 --seeds 0 1 \\
        --methods moco_candels finetune_candels pita_candels supervised_candels photometry_mlp
    python docs/screenshots.py --home DIR

The sweep makes the curves of the Train page; a run keeps its latents while they form by itself (`fit.snapshots`).
A page whose dataset the home lacks is left out, and said.
"""

import argparse
import io
import math
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESK, PHONE = (1366, 768), (390, 844)
SETTLED, PATIENCE = 1500, 90_000  # ms without a change of the picture; until then at most so long
RED = "color_F125W_F160W"


@dataclass(frozen=True)
class Shot:
    """A picture.

    Parameters
    ----------
    name : str
        Of the file.
    dataset, page : str
    recipe : str
        Whose newest run is in front; empty for any.
    view : dict
        Further choices, as a shared link has them (`dashboard.shared_view`).
    dark : bool
    size : tuple
        (width, height) of the window [px].
    press : tuple of str
        Patterns of the names of buttons that are pressed, one after the other, where there are such.
    """

    name: str
    dataset: str
    page: str
    recipe: str = ""
    view: dict[str, Any] = field(default_factory=dict)
    dark: bool = False
    size: tuple[int, int] = DESK
    press: tuple[str, ...] = ()


SHOTS = (
    Shot("explore", "candels-mock", "Explore", "pita_candels"),
    Shot("explore-dark", "candels-mock", "Explore", "pita_candels", dark=True),
    Shot("explore-phone", "candels-mock", "Explore", "pita_candels", size=PHONE),
    Shot("compare", "candels-mock", "Compare", "pita_candels"),
    Shot("similar", "candels-mock", "Similar", "pita_candels"),
    Shot("sky", "candels-mock", "Sky", "pita_candels", {"columns": ["z_spec"]}),
    Shot("photoz", "candels-mock", "Photo-z", "pita_candels"),
    Shot("pdf", "zfourge-hst", "Photo-z", "photovaez"),
    Shot("train", "candels-mock", "Train", "pita_candels", press=("^pita.* · 100 %", "^latents forming$")),
    Shot("review", "candels-mock", "Review", "pita_candels", {"columns": [RED]}),
    Shot("lenses", "lenses-mock", "Lenses"),
    Shot("spectra", "spectra-mock", "Spectra"),
    Shot("classes", "splus-sgq", "Classes", dark=True),
    Shot("help", "candels-mock", "Help"),
)


def main() -> None:
    """All pictures, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="where the demos' datasets and runs are")
    parser.add_argument("--only", nargs="+", choices=[shot.name for shot in SHOTS], help="pictures to take")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of the pictures")
    arguments = parser.parse_args()
    from photoz_core.home import Home
    from photoz_core.review import ReviewStore

    home = Home(arguments.home)
    with tempfile.TemporaryDirectory() as folder:
        reviews = ReviewStore.open(f"sqlite:///{folder}/reviews.sqlite", home)
        with serve(home, reviews) as url, browser() as chromium:
            for shot in SHOTS:
                if arguments.only and shot.name not in arguments.only:
                    continue
                if shot.dataset not in home.dataset_names():
                    print(f"{shot.name}: no dataset {shot.dataset!r} in {home.path}, left out")
                    continue
                theme = "&theme=dark" if shot.dark else ""
                picture = take(chromium, f"{url}?share={link(home, reviews, shot)}{theme}", shot)
                (arguments.out / f"{shot.name}.png").write_bytes(small(picture))
                print(shot.name, flush=True)


def link(home, reviews, shot: Shot) -> str:
    """The token of a link that opens the view; the objects that a review is about are named on the way."""
    from photoz_core.run import list_runs

    runs = [run for run in list_runs(home, shot.dataset, "done") if shot.recipe in ("", run.recipe.name)]
    view = {"dataset": shot.dataset, "page": shot.page, **shot.view}
    if runs:
        view["run"] = runs[-1].id
    if shot.page == "Review" and runs:
        view |= discuss(home, reviews, runs[-1])
    return reviews.share(shot.dataset, view, "docs", "comment", 1)


def discuss(home, reviews, run) -> dict[str, Any]:
    """What two reviewers might say of the reddest galaxies; the view has them selected."""
    from photoz_core.dataset import Dataset

    data = Dataset(home.dataset(run.recipe.dataset))
    reddest = data.catalog.nlargest(60, RED)["object_id"].astype(str).tolist()
    bright = data.catalog.nsmallest(25, "mag_F160W")["object_id"].astype(str).tolist()
    name, first, second = data.name, reddest[0], reddest[1]
    for text, ids, author in (("reddest 60", reddest, "Ines"), ("brightest 25", bright, "Tomás")):
        reviews.write(name, "selection", text.replace(" ", "-"), {"name": text, "ids": ids}, author)
    for target, author, score in (
        (first, "Ines", 4),
        (first, "Tomás", 3),
        (second, "Ines", 1),
        (bright[0], "Tomás", 5),
    ):
        reviews.write(name, "score", target, {"score": score}, author)
    reviews.write(name, "tag", first, {"tag": "dusty?", "on": True}, "Ines")
    reviews.write(name, "comment", f"object:{first}", {"text": "Red in every band: dust, or z > 3?"}, "Ines")
    reviews.write(name, "comment", f"object:{first}", {"text": "z_phot says 2.9, and the PDF is narrow."}, "Tomás")
    reviews.write(
        name, "comment", "selection:reddest-60", {"text": "One island on PITA's map, none on MoCo's."}, "Ines"
    )
    return {"selection": reddest, "focus": first}


@contextmanager
def serve(home, reviews) -> Iterator[str]:
    """The dashboard on a free port."""
    import panel as pn

    from dashboard.access import User
    from dashboard.app import create_app
    from photoz_core.jobs import JobQueue

    class StandingQueue(JobQueue):
        """Lists all runs of the home, whenever they were made, and starts nothing."""

        def jobs(self, *arguments):
            return super().jobs(math.inf)

        def _send(self, *arguments):
            pass

    me, queue = User("Ines", signed_in=True), StandingQueue(home)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    app = lambda: create_app(home, queue, user=me, reviews=reviews)  # noqa: E731
    server = pn.serve({"/": app}, port=port, show=False, threaded=True)
    try:
        yield f"http://localhost:{port}/"
    finally:
        server.stop()
        queue.close()


@contextmanager
def browser() -> Iterator:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit(f"no browser found (looked for {', '.join(BROWSERS)}); install Chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


def take(chromium, url: str, shot: Shot) -> bytes:
    """The page as PNG, once it has stopped changing."""
    page = chromium.new_page(viewport=dict(zip(("width", "height"), shot.size, strict=True)))
    try:
        page.goto(url)
        page.locator(".header").wait_for(timeout=PATIENCE)
        page.get_by_text("Loading…").wait_for(state="hidden", timeout=PATIENCE)
        for pattern in shot.press:
            page.wait_for_timeout(SETTLED)
            if (button := page.get_by_role("button", name=re.compile(pattern)).first).count():
                button.click()
        picture, waited = page.screenshot(), 0
        while waited < PATIENCE:
            page.wait_for_timeout(SETTLED)
            waited += SETTLED
            before, picture = picture, page.screenshot()
            if picture == before:
                break
        return picture
    finally:
        page.close()


def small(picture: bytes) -> bytes:
    """The same PNG with 256 colors: a third of the bytes."""
    from PIL import Image

    kept = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


if __name__ == "__main__":
    main()
