"""The queue's own ends: its server, its scheduler, what it refuses."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from photoz_core.errors import PhotozError
from photoz_core.files import locked, read_json, write_json
from photoz_core.jobs import JobQueue
from photoz_core.parents import find_parent
from photoz_core.pipeline import create_run, train
from photoz_core.recipe import load_recipe
from photoz_core.run import Run

SERVER = """
import sys
from pathlib import Path
from photoz_core.home import Home
from photoz_core.jobs import JobQueue
from photoz_core.recipe import load_recipe

if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    queue = JobQueue(home)
    for seed in (0, 1):
        queue.submit(load_recipe("tiny_mlp", home, fit={"epochs": 5000}, seed=seed))
        print(seed, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_survives_the_server(home, tmp_path, number, wait_until):
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    with subprocess.Popen([sys.executable, script, home.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.read(4) == b"0\n1\n"
        first, second = (Run(home.run(run_id)) for run_id in home.run_ids())
        wait_until(lambda: first.status.get("epoch"))
        children = psutil.Process(server.pid).children(recursive=True)
        assert first.status["pid"] in [child.pid for child in children]
        server.send_signal(number)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert first.state == ("failed" if number == signal.SIGKILL else "cancelled")
    assert second.state == "cancelled"
    mine = JobQueue(home)
    with pytest.raises(PhotozError, match="unknown run"):
        mine.resume("nobody")
    assert {job.id for job in mine.jobs()} == {first.id, second.id}


def test_only_one_process_trains_a_run(home):
    run = create_run(home, load_recipe("tiny_mlp", home))
    with locked(run.folder / "claim", "taken"), pytest.raises(PhotozError, match="another process"):
        train(home, run)
    assert run.state == "queued"
    train(home, run)
    assert run.state == "done"


def test_a_full_disk_fails_a_training_by_name_and_a_resume_goes_on(home, monkeypatch):
    run = create_run(home, load_recipe("tiny_mlp", home, fit={"checkpoint_seconds": 0, "epochs": 4}))
    write = Path.write_bytes

    def full(path, data):
        if "checkpoint.pt" in path.name and len(run.history()) == 3:
            write(path, data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    with monkeypatch.context() as patch, pytest.raises(PhotozError):
        patch.setattr(Path, "write_bytes", full)
        train(home, run)
    assert run.state == "failed" and "checkpoint.pt: No space left on device" in run.status["error"]
    assert list(run.folder.glob(".partial*")) == []
    train(home, run)
    assert run.state == "done" and list(run.history()["epoch"]) == [0, 1, 2, 3]


def test_a_run_on_another_machine_lives_by_its_words_and_its_heartbeat(home):
    run = create_run(home, load_recipe("tiny_mlp", home))
    run.progress(stage="embedding")
    status = read_json(run.folder / "progress.json")

    def state(said, beat):
        write_json(run.folder / "progress.json", status | {"host": "elsewhere", "time": time.time() - said})
        (run.folder / "claim").touch()
        os.utime(run.folder / "claim", (time.time() - beat,) * 2)
        return run.state

    assert [state(1, 1e4), state(1e4, 1), state(1e4, 1e4)] == ["running", "running", "failed"]


def test_an_unknown_projection_or_parent_stops_before_any_folder(home):
    queue = JobQueue(home)
    with pytest.raises(PhotozError, match="unknown projection 'sammon'; known: pca, tsne, umap"):
        queue.submit(load_recipe("tiny_mlp", home), ("sammon",))
    with pytest.raises(PhotozError, match="unknown recipe 'nobody'"):
        queue.submit(load_recipe("tiny_finetune", home, parent="nobody"))
    assert home.run_ids() == []


def test_a_parent_that_saw_more_labels_is_no_parent(home):
    (home.recipes / "tiny_after.toml").write_text(
        (home.recipes / "tiny_finetune.toml").read_text().replace("tiny_moco", "tiny_pita")
    )
    for name, child, fraction in (("tiny_moco", "tiny_finetune", 0.2), ("tiny_pita", "tiny_after", 0.5)):
        parent = create_run(home, load_recipe(name, home, label_fraction=0.5))
        found = [find_parent(home, load_recipe(child, home, label_fraction=f)) for f in (fraction, 0.1)]
        assert found[0].id == parent.id
        assert (found[1] is None) == (name == "tiny_pita")


def test_a_scheduler_that_does_not_answer_fails_the_run_with_its_address(home, wait_until):
    queue = JobQueue(home, "tcp://127.0.0.1:9")
    run = queue.submit(load_recipe("tiny_mlp", home))
    wait_until(lambda: run.state != "queued", 30)
    assert run.state == "failed" and "tcp://127.0.0.1:9" in run.status["error"]
