"""The five ways to a classifier that the paper of the magnitude pretext compares, and what it found.

Martinazzo, Espadoto & Hirata 2020, *Self-supervised Learning for Astronomical Image Classification*: accuracies on the
validation sets. The sets are star/galaxy (SG) and star/galaxy/quasar (SGQ) of S-PLUS, merging galaxies (MG) and EFIGI's
morphologies in 2, 4 and 15 classes (EF).
"""

import re

from photoz_core.recipe import PRESETS, Recipe

SCHEMES = (
    "scratch", "features, ImageNet", "features, magnitudes", "fine-tune, ImageNet", "fine-tune, magnitudes",
)  # fmt: skip
PRETEXT = "magnitudes"  # in the name of the pretext's recipe, and so of its runs
LOW_DATA = (*range(100, 1001, 100), *range(1500, 3001, 500), *range(10_000, 40_001, 10_000))
"""Numbers of training labels in the paper's low-data regime (section III-D)."""

_TABLE_II = {
    "EF-15": ((0.4227, 0.0256), (0.2642, 0.0212), (0.3271, 0.0141), (0.3683, 0.0222), (0.4048, 0.0245)),
    "EF-2": ((0.9683, 0.0082), (0.9697, 0.0040), (0.9580, 0.0056), (0.9893, 0.0016), (0.9687, 0.0045)),
    "EF-4": ((0.8729, 0.0153), (0.8000, 0.0271), (0.7801, 0.0013), (0.8774, 0.0035), (0.8322, 0.0080)),
    "MG": ((0.6336, 0.0000), (0.7825, 0.0006), (0.8041, 0.0045), (0.9580, 0.0042), (0.9360, 0.0016)),
    "SGQ": ((0.8722, 0.0038), (0.6624, 0.0014), (0.7255, 0.0015), (0.8760, 0.0011), (0.8828, 0.0008)),
    "SG": ((0.9897, 0.0035), (0.9366, 0.0005), (0.9799, 0.0010), (0.9901, 0.0006), (0.9928, 0.0004)),
}
PAPER = {name: dict(zip(SCHEMES, values, strict=True)) for name, values in _TABLE_II.items()}
"""Set → scheme → (mean, standard deviation) of the accuracy over three runs on all labels (table II).

MG from scratch is the share of its larger class with no scatter at all: those runs said one class for everything.
"""
_TABLE_III = {"SG": (0.8702, 0.9727, 0.9326, 0.9713), "SGQ": (0.5529, 0.6051, 0.6485, 0.5138)}
PAPER_LOW = {name: dict(zip(SCHEMES[1:], values, strict=True)) for name, values in _TABLE_III.items()}
"""Set → scheme → accuracy with 0.25 % of the training labels, about 100 (table III); nothing from scratch."""


def scheme_of(recipe: Recipe) -> str:
    """What a labelled training starts from and what of it learns, e.g. ``features, magnitudes``.

    Returns
    -------
    str
        One of `SCHEMES`; ``features, untrained`` for the control whose frozen encoder never learned; for other parents
        ``features, <recipe>`` or ``fine-tune, <recipe>``; empty where the method has no such choice.
    """
    start, frozen = recipe.options.get("start"), recipe.options.get("frozen", False)
    if start is None:
        return ""
    if start == "scratch":
        return "features, untrained" if frozen else "scratch"
    source = "ImageNet" if start == "imagenet" else _source(recipe.parent)
    return f"{'features' if frozen else 'fine-tune'}, {source}"


def _source(parent: str) -> str:
    """In a word what a parent, a recipe's name or a run's id ``<dataset>--<recipe>-<preset>--…``, has learned."""
    of_id = re.search(rf"--(.+)-(?:{'|'.join(PRESETS)})--", parent)
    recipe = of_id[1] if of_id else parent
    return PRETEXT if PRETEXT in recipe else recipe
