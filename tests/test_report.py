"""Reports of runs: one file with all in it, which asks for nothing from outside."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from made_homes import add_run, made_home
from PIL import Image

from dashboard import discs, journal, report
from dashboard.compare_numbers import agreement
from photoz_core.alignment import align
from photoz_core.files import write_json
from photoz_core.home import Home
from photoz_core.run import Run

HOSTILE = '<script src="https://evil.example/x.js">&\'"</script>'
ASKING = ("src", "href", "action", "data", "poster", "srcset", "background", "formaction", "ping")


class Page(HTMLParser):
    """Tags, what their attributes ask for, and the words."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.asked, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.asked += [value for name, value in attrs if name in ASKING]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Maps that are drawn in no time."""
    monkeypatch.setattr(report, "PIXELS", 60)
    monkeypatch.setattr(report, "DPI", 40)


@pytest.fixture
def made(tmp_path):
    """A home with two runs, whose dataset's and metrics' names are hostile."""
    home = made_home(tmp_path / "home")
    path = home.dataset("made") / "dataset.toml"
    path.write_text(path.read_text().replace('title = ""', f"title = {json.dumps(HOSTILE)}"))
    for seed in (0, 1):
        run = add_run(home, seed)
        write_json(run.folder / "projections" / "pca.json", {"trustworthiness": 0.9})
        known = {"counts": {"test": 1, "train": 2, "labels": 1}, "knn_r2": {HOSTILE: 0.5, "gone": None}}
        judged = {"size": {"r2": 0.25, "n": 7}, "kind": {"r2": None}}
        point = {"bias": -0.001, "bias_error": 0.0005, "scatter": 0.02, "scatter_error": 0.001, "outliers": 0.1}
        write_json(run.folder / "metrics.json", known | {"point": point, "regression": judged})
    return home


def test_all_is_in_the_file_and_nothing_is_asked_for(photoz, made, tmp_path):
    out = tmp_path / "report.html"
    ids = made.run_ids()
    code, said, err = photoz(made, "report", *ids, "--out", str(out))
    assert (code, err) == (0, "") and said.startswith(f"{out}: 2 runs")
    text = out.read_text()
    page = Page(text)
    assert page.asked and all(value.startswith("data:image/png;base64,") for value in page.asked)
    assert not {"script", "link", "iframe", "object", "base"} & set(page.tags)
    assert not re.search(r"url\(|@import", text) and "default-src 'none'" in text
    words = " ".join(page.words)
    for wanted in (
        *ids,
        "seed = 1",
        "−0.0010",
        "0.0200",
        "regression",
        "0.25",
        "fingerprint",
        "photometry_mlp",
    ):
        assert wanted in words
    maps = [Image.open(io.BytesIO(base64.b64decode(value.partition(",")[2]))) for value in page.asked]
    assert len(maps) == 2 * 6 and min(picture.width for picture in maps) > 100


def test_runs_of_one_dataset_are_laid_over_each_other_under_one_scale(made, monkeypatch):
    first, second = (Run(made.run(run)) for run in made.run_ids())
    wide = second.predictions.assign(z_phot=3 * second.predictions["z_phot"])
    wide.to_parquet(second.folder / "predictions.parquet")
    drawn = []
    plate = journal.plate

    def recorded(state, name, pixels):
        drawn.append((state, name, plate(state, name, pixels)))
        return drawn[-1][2]

    monkeypatch.setattr(journal, "plate", recorded)
    text = report.report(made, [first.id, second.id])
    limits = {name: {found.about["limits"] for _, of, found in drawn if of == name and found.shade.colormap}
              for _, name, _ in drawn}  # fmt: skip
    assert len(drawn) == 12 and all(len(found) <= 1 for found in limits.values())
    assert float(next(iter(limits["z_phot"])).split()[2]) > 4
    assert len({found.view for _, _, found in drawn}) == 1
    maps = [run.projection("pca") for run in (first, second)]
    placed = {state.run_id: state.positions for state, _, _ in drawn}
    np.testing.assert_array_equal(placed[first.id], maps[0])
    np.testing.assert_allclose(placed[second.id], align(maps[1], maps[0])(maps[1]), rtol=1e-4, atol=1e-4)
    for state, _, found in drawn:
        image, (x0, x1, y0, y1) = found.shade.picture.image, found.view
        cells = ((state.positions - [x0, y0]) / [x1 - x0, y1 - y0] * image.shape[0]).astype(int)
        apart = np.abs(np.argwhere(image)[:, None, ::-1] - cells).max(2)  # of each colored pixel from each object
        assert apart.min(1).max() <= discs.LARGEST and apart.min(0).max() <= 1
    found = agreement(first, second, tuple(maps))
    words = Page(text).words
    assert f"{np.nanmean(found.overlap):.3f}" in words and f"{np.nanmean(found.displacement):.2f}" in words
    assert text.count("<h2>") == 3 and f"B: {second.name}" in words


def test_more_runs_than_a_page_compares_and_runs_of_another_dataset(made):
    ids = [*made.run_ids(), *(add_run(made, seed).id for seed in range(2, 7))]
    other = add_run(made_home(made.path, name="other"), name="other")
    text = report.report(made, [*ids, other.id])
    assert text.count("<h2>") == 1 + 7 + 1 + 1  # A to F, and the last by itself
    assert len(Page(text).asked) == 8 * 6 and text.count("Agreement of each pair") == 1


def test_names_are_words(photoz, made, tmp_path):
    out = tmp_path / "report.html"
    assert photoz(made, "report", made.run_ids()[0], "--out", str(out))[0] == 0
    text = out.read_text()
    assert "<script" not in text and "&lt;script src=&quot;https://evil.example" in text


def test_the_same_run_twice_is_one_section(photoz, made, tmp_path):
    run, out = made.run_ids()[0], tmp_path / "report.html"
    photoz(made, "report", run, run, "--out", str(out))
    assert out.read_text().count("<h2>") == 1


def test_what_cannot_be_reported_says_why_and_leaves_nothing(photoz, made, tmp_path):
    run, out = made.run_ids()[0], tmp_path / "report.html"
    for words, message in [
        (["nobody", "--out", str(out)], "unknown run 'nobody'; known: "),
        ([run, "--out", str(tmp_path / "no" / "report.html")], "cannot write"),
    ]:
        code, said, err = photoz(made, "report", *words)
        assert (code, said) == (1, "") and message in err
    (made.run(run) / "done.json").unlink()
    code, _, err = photoz(made, "report", run, "--out", str(out))
    assert code == 1 and "only finished runs can be compared" in err
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert photoz(Home(tmp_path), "report")[0] == 2


def test_a_run_without_a_map_is_reported_with_its_numbers(photoz, made, tmp_path):
    run, out = add_run(made, 5, maps=()), tmp_path / "report.html"
    write_json(run.folder / "metrics.json", {"counts": {"test": 1, "train": 2, "labels": 1}, "knn_r2": {}})
    (run.folder / "projections").mkdir()
    write_json(run.folder / "projections" / "pca.json", {"error": "too few"})
    assert photoz(made, "report", run.id, "--out", str(out))[0] == 0
    assert "has no map" in out.read_text()
