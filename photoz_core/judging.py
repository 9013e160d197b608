"""What a run keeps of its inference: the prediction table and the metrics."""

from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.dataset import Dataset
from photoz_core.files import replace, write_json
from photoz_core.metrics.classification import classification_metrics, knn_accuracy
from photoz_core.metrics.latent import knn_r2, linear_r2
from photoz_core.metrics.pdf import pdf_metrics
from photoz_core.metrics.point import point_metrics
from photoz_core.metrics.regression import regression_metrics
from photoz_core.pdfs import Pdfs, summary
from photoz_core.run import Run

BRIGHT = 24.0  # our choice of PITA's unpublished "bright" cut, in the reddest band [AB mag]


def prediction_table(dataset: Dataset, spec, found) -> pd.DataFrame:
    """Predictions by object_id.

    `z_phot` for z_spec, `<label>_pred` for other labels, `class_pred` and `p_<class>`; of PDFs what
    `photoz_core.pdfs.summary` says and `pit` where z_spec is known; the method's scores.
    """
    table = pd.DataFrame({"object_id": dataset.object_id, **found.scores})
    if found.pdfs is not None:
        table = table.assign(**summary(found.pdfs), pit=found.pdfs.cdf(dataset.column(spec.labels[0])))
    predictions = found.predictions
    if predictions is None:
        return table
    if spec.classes:
        table["class_pred"] = np.array(spec.classes)[predictions.argmax(1)]
        return table.assign(**{f"p_{name}": predictions[:, i] for i, name in enumerate(spec.classes)})
    names = ["z_phot" if label == "z_spec" else f"{label}_pred" for label in spec.labels]
    return table.assign(**{name: predictions[:, i] for i, name in enumerate(names)})


def judge(
    dataset: Dataset, latents: np.ndarray, table: pd.DataFrame, visible: np.ndarray, pdfs: Pdfs | None = None, spec=None
) -> dict:
    """Metrics on the test split: photo-z of the whole and of the bright, PDFs, other labels, R² of each property.

    A classification, which only the method's `spec` tells of, is judged on the validation split as well: that is where
    the paper of the magnitude pretext has its accuracies. R² and accuracy by kNN and R² by a linear probe are diagnoses
    of the latents: neighbours and probe may carry labels that the training did not see.
    """
    test, train = dataset.split == "test", dataset.split == "train"
    result: dict = {
        "counts": {"test": int(test.sum()), "train": int(train.sum()), "labels": int((visible & train).sum())}
    }
    if "z_phot" in table and (dataset.is_labelled("z_spec") & test).any():
        z_spec, z_phot = dataset.column("z_spec")[test], table["z_phot"].to_numpy(float)[test]
        result["point"] = point_metrics(z_spec, z_phot)
        if dataset.bands and f"mag_{dataset.bands[-1]}" in dataset.catalog:
            bright = dataset.column(f"mag_{dataset.bands[-1]}")[test] < BRIGHT
            result["point_bright"] = point_metrics(z_spec[bright], z_phot[bright])
        if pdfs is not None:
            result["pdf"] = pdf_metrics(pdfs.take(test), z_spec)
    if estimated := [name.removesuffix("_pred") for name in table if name.endswith("_pred") and name != "class_pred"]:
        result["regression"] = {
            name: regression_metrics(dataset.column(name)[test], table[f"{name}_pred"].to_numpy(float)[test])
            for name in estimated
        }
    if spec is not None and spec.classes:
        result["classification"] = _classification(dataset, table, spec)
    columns = dataset.columns_of("magnitude", "color", "size", "redshift", "quantity")
    result["knn_r2"] = {name: knn_r2(latents, dataset.column(name), train, test) for name in columns}
    values = np.array([dataset.column(name) for name in columns]).reshape(len(columns), len(dataset)).T
    result["linear_r2"] = dict(zip(columns, linear_r2(latents, values, train, test).tolist(), strict=True))
    found = {name: knn_accuracy(latents, dataset.column(name), train, test) for name in dataset.columns_of("category")}
    result["knn_accuracy"] = {name: judged for name, judged in found.items() if judged}
    return result


def keep(run: Run, dataset: Dataset, spec, found, visible: np.ndarray) -> None:
    """Write what an `Inference` says beside its latents: PDFs, predictions, metrics."""
    if found.pdfs is not None:
        found.pdfs.save(run.folder / "pdf.hdf5", dataset.object_id)
    table = prediction_table(dataset, spec, found)
    _save_parquet(run.folder / "predictions.parquet", table)
    run.progress(stage="judging")
    write_json(run.folder / "metrics.json", judge(dataset, found.latents[""], table, visible, found.pdfs, spec))


def _classification(dataset: Dataset, table: pd.DataFrame, spec) -> dict:
    """Classes, and how well they are told apart in the validation and the test split."""
    true, predicted = dataset.column(spec.labels[0]), table["class_pred"].to_numpy(str)
    rows = {split: dataset.rows(split) for split in ("valid", "test")}
    judged = {split: classification_metrics(true[of], predicted[of], spec.classes) for split, of in rows.items()}
    return {"classes": list(spec.classes), **judged}


def _save_parquet(path: Path, table: pd.DataFrame) -> None:
    import io

    data = io.BytesIO()
    table.to_parquet(data, index=False)
    replace(path, data.getvalue())
