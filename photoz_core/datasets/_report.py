"""What an import replaced, dropped and noticed; it goes to the screen and into the dataset's provenance."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """Counts by column and reason, and sentences.

    Parameters
    ----------
    replaced : dict
        Column → {reason: number of values set to NaN}.
    notes : list of str
    """

    replaced: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def count(self, column: str, reason: str, number: int) -> None:
        """Add `number` values of `column` replaced for `reason`; nothing if there are none."""
        if number:
            reasons = self.replaced.setdefault(column, {})
            reasons[reason] = reasons.get(reason, 0) + int(number)

    def text(self) -> str:
        """All of it, a line each."""
        lines = [
            f"{column}: " + ", ".join(f"{number} {reason}" for reason, number in reasons.items()) + " → NaN"
            for column, reasons in self.replaced.items()
        ]
        return "\n".join([*lines, *self.notes])

    def provenance(self) -> dict:
        """The same as plain values for `dataset.toml`."""
        return {"replaced_by_nan": self.replaced, "notes": self.notes}
