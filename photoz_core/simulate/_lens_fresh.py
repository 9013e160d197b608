"""Pairs of lens images drawn while a training runs: no two batches show the same lens."""

from collections.abc import Iterator

import torch
from torch import Tensor

from photoz_core.errors import PhotozError
from photoz_core.simulate._lens_draw import camera, images_of
from photoz_core.simulate._lens_sources import Bank
from photoz_core.simulate.lenses import Config, draw_parameters

KEYS = ("image", "pair")


class FreshPairs:
    """New lenses at every batch, for `photoz_core.training.fit` in the place of `photoz_core.rows.Rows`.

    What is drawn follows from torch's default generator on the CPU alone: one seed a batch is taken from it, so that
    ``torch.manual_seed`` repeats a training and a resumed one goes on where it stopped. Positions given to `batch`
    count only by their number. The same seed draws other lenses on another kind of device.

    Parameters
    ----------
    config : lenses.Config
    bank : Bank or None
        Source images; None for drawn ones.
    count : int
        Lenses an epoch.
    needs : tuple of str
        Keys of the batch, of ``image`` and ``pair``; with one key a lens has one image.
    device : torch.device

    Raises
    ------
    PhotozError
        If `needs` names anything else, or the PSFs of the user cannot be used.
    """

    def __init__(self, config: Config, bank: Bank | None, count: int, needs: tuple[str, ...], device):
        if others := [name for name in needs if name not in KEYS]:
            raise PhotozError(
                f"lenses drawn on the fly have no {', '.join(others)}, only {' and '.join(KEYS)}; "
                "train this method on a dataset"
            )
        self.config, self.count, self.device = config.resolved(), count, torch.device(device)
        self.keys = tuple(name for name in KEYS if name in needs)
        self.bank = bank.to(self.device) if bank else None
        camera(self.config, self.device)  # an error now, not in the first step

    def __len__(self) -> int:
        return self.count

    @property
    def labelled(self) -> Tensor:
        """Mask (count,) of the rows with a label: none."""
        return torch.zeros(self.count, dtype=torch.bool, device=self.device)

    @torch.no_grad()
    def batch(self, index: Tensor | slice) -> dict[str, Tensor]:
        """As many new lenses as `index` has positions: (B, 1, side, side) float32 for each key."""
        size = len(range(*index.indices(self.count))) if isinstance(index, slice) else len(index)
        generator = torch.Generator(self.device).manual_seed(int(torch.randint(2**63 - 1, ())))
        lens = draw_parameters(size, generator, self.config)
        with torch.autocast(self.device.type, enabled=False):  # a training calls this within its own
            images = images_of(lens, generator, self.config, self.device, self.bank, len(self.keys))[0]
        return {name: images[:, number] for number, name in enumerate(self.keys)}

    def batches(self, size: int) -> Iterator[dict[str, Tensor]]:
        """`count` new lenses, `size` at a time."""
        for start in range(0, self.count, size):
            yield self.batch(slice(start, start + size))
