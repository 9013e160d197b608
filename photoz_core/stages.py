"""The parts of a training, and when it ends early."""

from dataclasses import dataclass, replace

from photoz_core.optimisation import FitConfig


@dataclass(frozen=True)
class Stage:
    """Epochs that share an optimiser.

    Parameters
    ----------
    first, last : int
        Epochs of the training: `first` to `last` − 1.
    config : FitConfig
        With the stage's own optimiser, rate and schedule.
    head_only : bool
        Whether the encoder stands still.
    """

    first: int
    last: int
    config: FitConfig
    head_only: bool = False


def stages(config: FitConfig) -> list[Stage]:
    """The head alone for `config.head_epochs`, where there are any, then everything."""
    everything = Stage(config.head_epochs, config.epochs, config)
    if not config.head_epochs:
        return [everything]
    head = replace(config, optimizer="adam", lr=config.head_lr, schedule="constant", warmup_epochs=0.0)
    return [Stage(0, config.head_epochs, head, head_only=True), everything]


class Divergence:
    """Whether the validation loss moves away from the training loss (Martinazzo et al. 2020, section III-C).

    The paper stops when it does so for more than 10 epochs: read as a gap, validation minus training, that grows from
    epoch to epoch. This is not a patience on the validation loss.

    Parameters
    ----------
    patience : int
        Epochs in a row that the gap may grow; 0 never stops.
    """

    def __init__(self, patience: int, state: tuple[float, int] = (float("inf"), 0)):
        self.patience, self.state = patience, state

    def look(self, row: dict[str, float]) -> bool:
        """Take note of an epoch's ``train_`` and ``valid_`` terms; whether the training should end."""
        terms = [name.removeprefix("valid_") for name in row if name.startswith("valid_")]
        if not self.patience or not terms:
            return False
        gap = sum(row[f"valid_{name}"] - row[f"train_{name}"] for name in terms)
        last, grown = self.state
        self.state = gap, grown + 1 if gap > last else 0
        return self.state[1] > self.patience
