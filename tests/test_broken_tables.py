"""Parquet files of a dataset or a run that are gone or cut off anywhere."""

import shutil

import pytest

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import read_parquet
from photoz_core.home import Home
from photoz_core.run import list_runs


@pytest.mark.parametrize("kept", [0, 0.01, 0.5, 0.99])
def test_a_cut_off_table_is_named_with_its_remedy(trained_home, tmp_path, kept):
    whole = (trained_home.dataset("tiny") / "catalog.parquet").read_bytes()
    path = tmp_path / "predictions.parquet"
    path.write_bytes(whole)
    assert len(read_parquet(path, "train again")) == 120
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(PhotozError, match=r"predictions\.parquet: .*; train again"):
        read_parquet(path, "train again")


def test_runs_and_datasets_say_what_to_do(tmp_path, trained_home):
    own = Home(shutil.copytree(trained_home.path, tmp_path / "own"))
    run = list_runs(own)[0]
    (run.folder / "predictions.parquet").unlink()
    with pytest.raises(PhotozError, match=r"cannot read .*predictions\.parquet: .*; train the run again"):
        _ = run.predictions
    (own.dataset("tiny") / "catalog.parquet").write_bytes(b"PAR1")
    with pytest.raises(PhotozError, match=r"catalog\.parquet: .*; import the dataset again"):
        _ = Dataset(own.dataset("tiny")).catalog
