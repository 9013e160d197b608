"""The command line: what each command does, prints and returns."""

import json
import socket
import subprocess
import sys
import time

import pytest

from photoz_core import registry
from photoz_core.errors import PhotozError
from photoz_core.pipeline import create_run, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run, list_runs
from train import commands
from train.cli import main
from train.overrides import join_values, parse_value
from train.serving import find_place

# --- the whole ----------------------------------------------------------------------------------------------------


def test_help_is_there_within_a_second():
    command = [sys.executable, "-m", "train.cli", "--help"]
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 1
    assert all(f"\n    {name} " in shown for name in registry.names(commands))


@pytest.mark.parametrize("name", registry.names(commands))
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0 and "--home" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        [],
        ["data"],
        ["data", "list", "--bogus"],
        ["train"],
        ["train", "tiny_mlp", "--bogus", "1"],
        ["train", "tiny_mlp", "--fit.epochs"],
        ["train", "tiny_mlp", "--seed", "two"],
        ["train", "tiny_mlp", "--labels", "0"],
        ["sweep", "--methods", "tiny_mlp", "--labels", "5", "--fractions", "0.5"],
        ["train", "--resume", "some", "--fit.epochs=2"],
    ],
)
def test_a_wrong_call_ends_with_2(photoz, tiny_home, words):
    code, out, err = photoz(tiny_home, *words)
    assert (code, out) == (2, "") and "usage: photoz" in err


def test_ctrl_c_ends_with_130_and_the_run_can_be_resumed(photoz, home, monkeypatch):
    def interrupt(self, row):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append_history", interrupt)
        code, _, err = photoz(home, "train", "tiny_mlp")
    (run,) = list_runs(home)
    assert code == 130 and run.state == "cancelled" and f"photoz train --resume {run.id}" in err
    assert "Traceback" not in err
    code, out, err = photoz(home, "train", "--resume", run.id, "--projections")
    assert code == 0 and run.state == "done" and "σ_NMAD" in out


# --- train --------------------------------------------------------------------------------------------------------


def test_train_makes_a_run_with_the_options_of_the_line(photoz, home):
    words = ("--label-fraction", "0.5", "--seed", "2", "--fit.epochs=3", "--options.hidden", "[8]", "--projections")
    code, out, err = photoz(home, "train", "tiny_mlp", *words, "--json")
    shown = json.loads(out)
    run = Run(home.run(shown["run"]))
    assert code == 0 and run.state == "done" and len(run.history()) == 3
    assert (run.recipe.label_fraction, run.recipe.seed, run.recipe.options["hidden"]) == (0.5, 2, [8])
    assert shown["metrics"]["counts"]["labels"] == run.metrics["counts"]["labels"]
    assert "3.00/3.00 steps" in err  # 21 labelled rows, batches of 32


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tiny_mpl"], "unknown recipe 'tiny_mpl'; known: features_imagenet_classes, "),
        (["tiny_mlp", "--dataset", "huge"], "unknown dataset 'huge'; known: tiny"),
        (["tiny_mlp", "--fit.epochz=3"], "unknown option 'epochz'; known: batch_size, "),
        (["tiny_mlp", "--options.hiden=[3]"], "unknown option 'hiden'; known: delta, hidden"),
        (["tiny_mlp", "--fit.epochs=many"], "option 'epochs' = 'many'"),
        (["tiny_mlp", "--label-fraction", "1.5"], "label fraction 1.5: give a number from 0 to 1"),
        (["tiny_mlp", "--label-fraction", "0"], "label fraction 0: method 'photometry_mlp' learns from labels only"),
        (["tiny_mlp", "--projections", "sammon"], "unknown projection 'sammon'; known: pca, tsne, umap"),
        (["tiny_finetune"], "starts from 'tiny_moco': train that first"),
        (["--resume", "nobody"], "unknown run 'nobody'; known: none yet"),
    ],
)
def test_train_names_what_is_wrong_and_makes_no_folder(photoz, home, words, message):
    code, out, err = photoz(home, "train", *words)
    assert (code, out) == (1, "") and message in err and "Traceback" not in err
    assert home.run_ids() == []


def test_train_resumes_only_what_was_stopped(photoz, other):
    run = list_runs(other)[0]
    code, _, err = photoz(other, "train", "--resume", run.id)
    assert code == 1 and "is done; only a cancelled or failed run can be resumed" in err


def test_overrides_are_toml_or_plain_words():
    assert join_values(["a", "--fit.lr", "-1", "--fit.x=2", "--fit.y", "--z"]) == [
        "a", "--fit.lr=-1", "--fit.x=2", "--fit.y", "--z",
    ]  # fmt: skip
    values = {"1": 1, "-0.5": -0.5, "1e-3": 1e-3, "true": True, "[8, 4]": [8, 4], "'x'": "x", "cosine": "cosine"}
    assert {text: parse_value(text) for text in [*values, ""]} == values | {"": ""}


# --- project, compare ---------------------------------------------------------------------------------------------


def test_project_adds_a_map(photoz, other):
    run = list_runs(other)[0]
    code, out, _ = photoz(other, "project", run.id, "--method", "umap", "--seed", "3", "--json")
    shown = json.loads(out)
    assert code == 0 and shown["seed"] == 3 and 0 < shown["trustworthiness"] <= 1
    assert run.projection("umap").shape == (120, 2)


def test_project_makes_tsne_with_the_other_maps(photoz, other):
    run = list_runs(other)[0]
    code, out, _ = photoz(other, "project", run.id, "--method", "tsne")
    assert code == 0 and ": tsne in " in out
    assert run.projection("tsne").shape == (120, 2) and "tsne" in run.projection_names()


def test_project_lists_known_methods(photoz, other):
    code, _, err = photoz(other, "project", list_runs(other)[0].id, "--method", "sammon")
    assert code == 1 and "unknown projection 'sammon'; known: pca, tsne, umap" in err


def test_compare_shows_every_done_run(photoz, trained_home):
    code, out, _ = photoz(trained_home, "compare")
    header, *rows = out.splitlines()
    assert code == 0 and header.split()[:4] == ["run", "labels", "bias", "σ_NMAD"]
    assert [row.split(" · ")[0] for row in rows] == ["tiny_mlp", "tiny_moco"]
    assert " ± " in rows[0] and "–" in rows[1]  # moco predicts no redshift


def test_compare_as_json_gives_the_runs_own_figures(photoz, trained_home):
    run = list_runs(trained_home)[0]
    code, out, _ = photoz(trained_home, "compare", run.id, "--json")
    (shown,) = json.loads(out)
    assert code == 0 and shown["run"] == run.id
    assert shown["scatter"] == run.metrics["point"]["scatter"]
    assert shown["r2_color"] == run.metrics["knn_r2"]["color_F125W_F160W"]


def test_compare_over_seeds(photoz, home):
    for seed in (0, 1, 2):
        train(home, create_run(home, load_recipe("tiny_mlp", home, seed=seed)))
    _, out, _ = photoz(home, "compare", "--json")
    single = [row["scatter"] for row in json.loads(out)]
    _, out, _ = photoz(home, "compare", "--mean", "--json")
    (mean,) = json.loads(out)
    centre = sum(single) / 3
    spread = (sum((value - centre) ** 2 for value in single) / 2) ** 0.5
    assert mean["scatter"] == pytest.approx(centre) and mean["scatter_error"] == pytest.approx(spread)
    _, out, _ = photoz(home, "compare", "--mean", "--markdown")
    head, rule, row = out.splitlines()
    assert head.count("|") == rule.count("|") == row.count("|") == 9 and "(3 seeds)" in row


def test_compare_refuses_unfinished_runs(photoz, home):
    run = create_run(home, load_recipe("tiny_mlp", home))
    code, _, err = photoz(home, "compare", run.id)
    assert code == 1 and f"{run.id} is queued" in err
    code, out, _ = photoz(home, "compare")
    assert code == 0 and "no finished run yet" in out


# --- sweep, serve, demo -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_sweep_trains_what_is_missing_and_compares(photoz, home):
    words = ("sweep", "--methods", "tiny_mlp", "--seeds", "0", "1", "--fractions", "0.5", "--json")
    code, out, err = photoz(home, *words, "--mean")
    (row,) = json.loads(out)
    assert code == 0 and row["seeds"] == [0, 1] and "100%" in err
    runs = list_runs(home)
    assert [run.state for run in runs] == ["done"] * 2
    assert all("umap" in run.projection_names() for run in runs)
    code, out, _ = photoz(home, *words)
    assert code == 0 and [row["run"] for row in json.loads(out)] == [run.id for run in runs] == home.run_ids()


def test_sweep_checks_every_recipe_before_it_starts(photoz, home):
    code, _, err = photoz(home, "sweep", "--methods", "tiny_mlp", "nobody")
    assert code == 1 and "unknown recipe 'nobody'" in err and home.run_ids() == []


@pytest.fixture
def taken():
    """A port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_an_error(photoz, home, taken, command):
    code, _, err = photoz(home, command, "--port", str(taken), "--no-browser")
    assert code == 1 and f"port {taken} is in use; choose another with --port" in err
    assert home.dataset_names() == ["tiny"]


def test_a_port_nobody_asked_for_gives_way_to_the_next(monkeypatch, taken):
    monkeypatch.setattr("train.serving.PORT", taken)
    said = []
    place = find_place(say=said.append)
    assert place.port > taken and said == [f"port {taken} is in use; taking {place.port}"]
    assert place.origins == [f"localhost:{place.port}", f"127.0.0.1:{place.port}"]


def test_an_address_that_others_reach_must_be_allowed(photoz, home):
    code, _, err = photoz(home, "serve", "--address", "0.0.0.0")
    assert code == 1 and "--allow-remote" in err
    place = find_place(address="0.0.0.0", allow_remote=True, origins=["lab.example:80"])
    assert place.origins == ["lab.example:80"] and place.url == "http://lab.example:80"


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_cannot_be(port):
    with pytest.raises(PhotozError, match="from 1 to 65535"):
        find_place(port)
