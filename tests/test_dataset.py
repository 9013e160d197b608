"""Dataset: the folder contract, nested labels, and every defect named."""

import itertools
import multiprocessing
import os
import signal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoz_core.columns import Column
from photoz_core.dataset import SPLITS, Dataset, Meta
from photoz_core.dataset_writer import FRACTIONS, new_dataset, random_split, validate
from photoz_core.errors import PhotozError
from photoz_core.home import Home


@pytest.fixture(scope="module")
def tiny_dataset(tiny_home):
    return Dataset(tiny_home.dataset("tiny"))


def write(home, name="d", catalog=None, image=None, split=None, **meta):
    catalog = pd.DataFrame({"object_id": ["a", "b", "c"], "z_spec": [0.1, np.nan, 0.3]}) if catalog is None else catalog
    with new_dataset(home.new_dataset(name), Meta(name, **meta)) as writer:
        if image is not None:
            writer.add_array("image", image, "uJy")
        writer.finish(catalog, split)
    return Dataset(home.dataset(name))


def test_what_is_written_is_read(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    assert (len(dataset), dataset.array("image").shape) == (120, (120, 4, 32, 32))
    assert dataset.meta.arrays["image"]["unit"] == "uJy"
    assert dataset.meta.columns["fwhm"] == Column("FWHM", "arcsec", "measured size", "size")
    assert dataset.meta.columns["fwhm"].title("fwhm") == "FWHM [arcsec]"
    assert dataset.column("z_spec").dtype == np.float64
    assert dataset.column("morphology").dtype.kind == "U"
    assert validate(dataset) == []


def test_arrays_are_mapped_not_loaded(tiny_home):
    assert isinstance(Dataset(tiny_home.dataset("tiny")).array("image"), np.memmap)


def test_split_is_70_15_15_by_object_within_labelled_and_within_unlabelled():
    labelled = np.arange(2000) < 400
    split = random_split(labelled, seed=3)
    for group in (labelled, ~labelled):
        shares = [np.mean(split[group] == name) for name in SPLITS]
        assert shares == pytest.approx(FRACTIONS, abs=0.002)
    assert np.array_equal(split, random_split(labelled, seed=3))
    assert not np.array_equal(split, random_split(labelled, seed=4))


def test_label_subsets_are_nested_and_of_the_stated_size(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    labelled = dataset.is_labelled()
    last = np.zeros(len(dataset), bool)
    for fraction in (0, 0.01, 0.05, 0.1, 0.5, 0.99, 1):
        visible = dataset.visible_labels(fraction, seed=1)
        assert not (last & ~visible).any(), fraction
        for split in ("train", "valid"):
            rows = dataset.split == split
            assert (visible & rows).sum() == np.ceil(fraction * (labelled & rows).sum() - 1e-9)
        assert np.array_equal(visible[dataset.split == "test"], labelled[dataset.split == "test"])
        last = visible
    assert np.array_equal(last, labelled)


def test_another_seed_shows_other_labels(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    assert not np.array_equal(dataset.visible_labels(0.3, 0), dataset.visible_labels(0.3, 1))


@settings(max_examples=60, deadline=None)
@given(amounts=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_training_labels_of_one_seed_are_nested_by_share_and_by_count(tiny_dataset, amounts, seed):
    train = tiny_dataset.split == "train"
    total = int((tiny_dataset.is_labelled() & train).sum())
    shown = []
    for counted, share in amounts:
        count = max(round(share * total), 1) if counted else 0
        visible = tiny_dataset.visible_labels(1.0 if counted else share, seed, count) & train
        assert visible.sum() == (count or np.ceil(share * total - 1e-9))
        shown.append(set(np.flatnonzero(visible)))
    shown.sort(key=len)
    assert all(small <= large for small, large in itertools.pairwise(shown))


def test_a_count_of_labels_leaves_the_validation_and_test_sets_whole(tiny_dataset):
    labelled, train = tiny_dataset.is_labelled(), tiny_dataset.split == "train"
    visible = tiny_dataset.visible_labels(1.0, 3, 7)
    assert (visible & train).sum() == 7
    assert np.array_equal(visible[~train], labelled[~train])


def test_a_count_beyond_the_labels_there_are_names_both_numbers(tiny_dataset):
    total = int((tiny_dataset.is_labelled() & (tiny_dataset.split == "train")).sum())
    assert tiny_dataset.visible_labels(1.0, 0, total).sum() == tiny_dataset.is_labelled().sum()
    with pytest.raises(PhotozError, match=rf"{total + 1} labels wanted, .*'tiny' has {total} with a known z_spec"):
        tiny_dataset.visible_labels(1.0, 0, total + 1)
    with pytest.raises(PhotozError, match="-1 labels: give 1 or more"):
        tiny_dataset.visible_labels(1.0, 0, -1)


@pytest.mark.parametrize("fraction", [1.5, -0.1, float("nan")])
def test_impossible_label_fractions_are_refused(tiny_home, fraction):
    with pytest.raises(PhotozError, match="give a number from 0 to 1"):
        Dataset(tiny_home.dataset("tiny")).visible_labels(fraction)


def test_unknown_names_list_the_known(tiny_home):
    dataset = Dataset(tiny_home.dataset("tiny"))
    for call, message in (
        (lambda: dataset.column("mag_F999W"), r"unknown column 'mag_F999W'; known: .*mag_F160W"),
        (lambda: dataset.array("spectrum"), r"unknown array 'spectrum'; known: image"),
        (lambda: dataset.rows("validation"), r"unknown split 'validation'; known: test, train, valid"),
        (lambda: tiny_home.dataset("tinny"), r"unknown dataset 'tinny'; known: tiny"),
    ):
        with pytest.raises(PhotozError, match=message):
            call()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"catalog": pd.DataFrame({"object_id": ["a", "a", "b"]})}, r"'object_id': 1 duplicates, e.g. a"),
        ({"catalog": pd.DataFrame({"name": ["a"]})}, r"no column 'object_id'"),
        ({"catalog": pd.DataFrame({"object_id": []})}, r"the catalog has no rows"),
        (
            {"catalog": pd.DataFrame({"object_id": ["a"], "z_spec": [-1.0]})},
            r"'z_spec': 1 negative values, first at row 0",
        ),
        ({"image": np.zeros((2, 1, 4, 4), "f4"), "bands": ["r"]}, r"array 'image': 2 rows, the catalog has 3"),
        ({"image": np.zeros((3, 2, 4, 4), "f4"), "bands": ["r"]}, r"shape \(3, 2, 4, 4\), expected \(N, 1 bands"),
        ({"image": np.full((3, 1, 4, 4), np.nan, "f4"), "bands": ["r"]}, r"array 'image': 3 rows hold NaN"),
        ({"split": np.array(["train", "test", "exam"])}, r"unknown split \['exam'\]"),
    ],
)
def test_defects_are_named_and_nothing_is_listed(tmp_path, change, message):
    home = Home(tmp_path)
    with pytest.raises(PhotozError, match=message):
        write(home, **change)
    assert home.dataset_names() == []
    assert list(home.datasets.iterdir()) == []


def test_a_name_is_a_plain_file_name_and_free(tmp_path):
    home = Home(tmp_path)
    write(home)
    with pytest.raises(PhotozError, match="exists already"):
        write(home)
    for name in ("../up", "a/b", "", "..", "a b"):
        with pytest.raises(PhotozError):
            home.new_dataset(name)


def test_rows_announced_and_written_must_agree(tmp_path):
    home = Home(tmp_path)
    with (
        pytest.raises(PhotozError, match="1 rows written, 2 announced"),
        new_dataset(home.new_dataset("d"), Meta("d")) as writer,
        writer.array("image", (2, 1, 4, 4), "f4") as append,
    ):
        append(np.zeros((1, 1, 4, 4)))
    assert home.dataset_names() == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    home = Home(tmp_path)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(PhotozError, match="No space left on device; free space"):
        write(home)
    assert list(home.datasets.iterdir()) == []


def _start_and_hang(path, started):
    with new_dataset(Home(path).new_dataset("killed"), Meta("killed")) as writer:
        writer.add_array("image", np.zeros((3, 1, 4, 4), "f4"))
        started.set()
        signal.pause()


def test_a_killed_import_lists_nothing_and_is_swept_by_the_next(tmp_path):
    home = Home(tmp_path)
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_start_and_hang, args=(tmp_path, started))
    process.start()
    assert started.wait(60)
    assert home.dataset_names() == []
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    assert any(home.datasets.iterdir())
    write(home, "next")
    assert [path.name for path in home.datasets.iterdir()] == ["next"]


def test_a_running_import_is_not_swept(tmp_path):
    home = Home(tmp_path)
    with new_dataset(home.new_dataset("slow"), Meta("slow")) as writer:
        write(home, "quick")
        writer.finish(pd.DataFrame({"object_id": ["a"]}))
    assert home.dataset_names() == ["quick", "slow"]


def test_a_truncated_catalog_is_named(tmp_path):
    dataset = write(Home(tmp_path))
    path = dataset.folder / "catalog.parquet"
    path.write_bytes(path.read_bytes()[:50])
    assert "catalog.parquet" in validate(Dataset(dataset.folder))[0]


def test_arrays_are_never_unpickled(tmp_path):
    dataset = write(Home(tmp_path), image=np.zeros((3, 1, 2, 2), "f4"), bands=["r"])
    np.save(dataset.folder / "image.npy", np.array([{"a": 1}] * 3, dtype=object), allow_pickle=True)
    assert "cannot read" in validate(Dataset(dataset.folder))[0]
