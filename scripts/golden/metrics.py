"""scikit-learn's figures of made-up predictions, and a check of an evaluation's files.

    python -m pip install "scikit-learn==1.9.*" "pandas==3.1.*" "pyarrow==26.*"
    python scripts/golden/metrics.py
    python scripts/golden/metrics.py --check FOLDER

The first writes tests/golden/metrics: logits and labels of three cases, and what scikit-learn makes of
them. The second reads what `vitrine evaluate --out FOLDER` wrote with pyarrow, pandas and numpy, and
fails where files disagree with each other or with scikit-learn.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

BINS = 15


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def calibration(confidence: np.ndarray, correct: np.ndarray) -> dict:
    """Bins by scikit-learn; the errors by their definition (Guo et al. 2017, equations 3 and 5)."""
    accuracies, confidences = calibration_curve(correct, confidence, n_bins=BINS, strategy="uniform")
    counts = np.histogram(confidence, np.linspace(0, 1, BINS + 1))[0]
    filled = counts[counts > 0]
    gaps = np.abs(accuracies - confidences)
    return {
        "counts": counts.tolist(),
        "accuracies": accuracies.tolist(),
        "confidences": confidences.tolist(),
        "expectedError": float((gaps * filled).sum() / filled.sum()),
        "largestError": float(gaps.max()),
    }


def figures(probabilities: np.ndarray, labels: np.ndarray) -> dict:
    classes = np.arange(probabilities.shape[1])
    predictions = probabilities.argmax(-1)
    each = metrics.precision_recall_fscore_support(labels, predictions, labels=classes, zero_division=0)
    averages = {
        name: metrics.precision_recall_fscore_support(labels, predictions, average=name, zero_division=0)[:3]
        for name in ("macro", "weighted")
    }
    # scikit-learn refuses two columns, of which the label is always among the first five.
    binary = len(classes) == 2
    top5 = 1.0 if binary else metrics.top_k_accuracy_score(labels, probabilities, k=5, labels=classes)
    return {
        "loss": float(metrics.log_loss(labels, probabilities, labels=classes)),
        "accuracy": float(metrics.accuracy_score(labels, predictions)),
        "top5": float(top5),
        "balancedAccuracy": float(metrics.balanced_accuracy_score(labels, predictions)),
        **{name: [float(value) for value in values] for name, values in averages.items()},
        "perClass": [values.tolist() for values in each],
        "confusion": metrics.confusion_matrix(labels, predictions, labels=classes).tolist(),
        "calibration": calibration(probabilities.max(-1), predictions == labels),
    }


def write_cases(folder: Path) -> None:
    """Twelve classes: one that is never a label, one that is never predicted, one that is neither."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    images, classes = 400, 12
    labels = random.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 10], images, p=[0.3, 0.2, *[0.5 / 8] * 8]).astype(np.int32)
    views = []
    for _ in range(2):
        logits = random.normal(0, 2, (images, classes))
        logits[np.arange(images), labels] += 2.5
        logits[:, 10] -= 30
        logits[:, 11] -= 30
        views.append(logits.astype(np.float32))
    np.save(folder / "labels.npy", labels)
    np.save(folder / "logits.npy", views[0])
    np.save(folder / "mirrored.npy", views[1])
    single, second = softmax(views[0]), softmax(views[1])
    cases = {
        "one view": figures(single, labels),
        "mean of two views": figures((single + second) / 2, labels),
        "two classes": figures(softmax(views[0][:, :2]), labels % 2),
    }
    (folder / "expected.json").write_text(json.dumps(cases) + "\n")


def check(folder: Path) -> None:
    import pandas as pd
    import pyarrow.parquet as pq

    record = json.loads((folder / "evaluation.json").read_text())
    classes, found = record["classes"], record["figures"]
    for name in ("per-image", "per-class"):
        table = pq.read_table(folder / f"{name}.parquet").to_pandas()
        pd.testing.assert_frame_equal(table, pd.read_parquet(folder / f"{name}.parquet"))
        text = pd.read_csv(folder / f"{name}.csv", keep_default_na=False, dtype={key: str for key in ("file", "label", "prediction", "class") if key in table})
        pd.testing.assert_frame_equal(table, text, check_dtype=False, rtol=0, atol=0)
        print(f"{name}: {len(table)} rows, {dict(table.dtypes.astype(str))}")
    images = pd.read_parquet(folder / "per-image.parquet")
    labels, predictions = images["label_index"].to_numpy(), images["prediction_index"].to_numpy()
    assert len(images) == found["images"]
    assert (images["correct"] == (labels == predictions)).all()
    assert (images["label"] == [classes[index] for index in labels]).all()
    np.testing.assert_allclose(found["loss"], images["loss"].mean(), rtol=1e-12)
    np.testing.assert_allclose(np.exp(-images["loss"]), images["label_probability"], rtol=1e-9)
    np.testing.assert_allclose(found["accuracy"], metrics.accuracy_score(labels, predictions), rtol=1e-12)
    macro = metrics.f1_score(labels, predictions, average="macro", zero_division=0)
    np.testing.assert_allclose(found["macro"]["f1"], macro, rtol=1e-12)
    confusion = np.load(folder / "confusion.npy")
    expected = metrics.confusion_matrix(labels, predictions, labels=np.arange(len(classes)))
    np.testing.assert_array_equal(confusion, expected)
    table = pd.read_csv(folder / "confusion.csv", index_col=0, keep_default_na=False)
    np.testing.assert_array_equal(table.to_numpy(), expected)
    if (folder / "history.npy").exists():
        history = np.load(folder / "history.npy")
        text = pd.read_csv(folder / "history.csv")
        for name in history.dtype.names:
            np.testing.assert_array_equal(history[name], text[name].to_numpy(np.float64))
        print(f"history: {len(history)} epochs of {history.dtype.names}")
    print("all files agree")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=Path, metavar="FOLDER")
    folder = parser.parse_args().check
    if folder is None:
        write_cases(Path(__file__).resolve().parents[2] / "tests" / "golden" / "metrics")
    else:
        check(folder)
