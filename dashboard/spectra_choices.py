"""What a person asks of one spectrum: which values are taken away, and how they are looked for. Knows no Panel."""

from dataclasses import dataclass

import param

WINDOW, POINTS, BINS, NOISE = "window", "points", "bins", "noise"
KINDS = {"inpainting": WINDOW, "random pixels": POINTS, "resampling": BINS, "denoising": NOISE}
HOW = ["projection", "regularisation"]
LAMBDAS = {"10⁻⁴": 1e-4, "10⁻³": 1e-3, "10⁻²": 1e-2}
FACTORS = {f"× {factor}": factor for factor in (2, 5, 10, 20)}
RESTARTS, DRAWS = "restarts", "noise draws"
MEAN, INTERPOLATION, PCA, LINES = "mean", "interpolation", "PCA-50", "lines"
MEASURED, TRUTH = "measured", "truth"


@dataclass(frozen=True)
class Problem:
    """What is taken away from a spectrum.

    Parameters
    ----------
    kind : str
        `WINDOW`, `POINTS`, `BINS` or `NOISE`; of the other fields only its own counts.
    window : (float, float)
        First and last wavelength without values [Å].
    share : float
        Of all pixels, missing at random; 0 to 0.9.
    factor : int
        Pixels that are averaged into one.
    noise : float
        L2 norm of the noise that is added, over all pixels.
    seed : int
        Of random pixels and noise.
    """

    kind: str = WINDOW
    window: tuple[float, float] = (5700.0, 7100.0)
    share: float = 0.4
    factor: int = 5
    noise: float = 5.0
    seed: int = 0


@dataclass(frozen=True)
class Way:
    """How the generator's answer is looked for.

    Parameters
    ----------
    how : str
        Of `HOW`.
    lam : float
        λ of the regularisation.
    band : str
        What the answer's band is of: `RESTARTS` or `DRAWS`.
    """

    how: str = HOW[0]
    lam: float = 1e-3
    band: str = RESTARTS


class Choices(param.Parameterized):
    """What is asked on the Spectra page of one session."""

    kind = param.Selector(default=WINDOW, objects=KINDS, doc="What is taken away.")
    low = param.Number(default=Problem.window[0], doc="Where the missing window begins [Å].")
    high = param.Number(default=Problem.window[1], doc="Where it ends [Å].")
    share = param.Integer(default=40, bounds=(0, 90), doc="Pixels missing at random [%].")
    factor = param.Selector(default=5, objects=FACTORS, doc="Pixels averaged into one.")
    noise = param.Number(default=5.0, bounds=(0, 30), doc="L2 norm of the added noise; a spectrum's own is √L.")
    seed = param.Integer(default=0, bounds=(0, None), doc="Of random pixels and noise.")
    how = param.Selector(default=HOW[0], objects=HOW, doc="What keeps a code near those of the training spectra.")
    lam = param.Selector(default=1e-3, objects=LAMBDAS, doc="λ of the regularisation.")
    band = param.Selector(default=RESTARTS, objects=[RESTARTS, DRAWS], doc="What the band is the 1σ scatter of.")
    against = param.Selector(default=MEASURED, objects=[MEASURED, TRUTH], doc="What errors are taken against.")
    shown = param.List(default=[PCA, LINES], item_type=str, doc="Baselines and marks in the figure.")

    @property
    def problem(self) -> Problem:
        """What is taken away; the ends of the window in order."""
        window = (min(self.low, self.high), max(self.low, self.high))
        return Problem(self.kind, window, self.share / 100, self.factor, self.noise, self.seed)

    @property
    def way(self) -> Way:
        return Way(self.how, self.lam, self.band)

    def draw_again(self, *events) -> None:
        """Other random pixels, other noise."""
        self.seed += 1
