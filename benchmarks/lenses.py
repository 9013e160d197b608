"""How fast are lenses drawn, and how near to lenstronomy? The same images by both, with the same supersampling.

An image is the arcs of a core-Sérsic source and the Sérsic light of the lens, blurred by a PSF, plus noise. lenstronomy
draws one at a time on one CPU core; ours draws pairs of one mass in batches, and what is random in them, on --device
with --threads. Agreement is that of the unblurred arcs alone and of the blurred image without noise.

    python benchmarks/lenses.py --device cuda
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._report import Figure, report
from photoz_core.simulate._lens_draw import camera, images_of
from photoz_core.simulate._lens_mass import PARAMETERS
from photoz_core.simulate._lens_population import Scene, draw_scene
from photoz_core.simulate._lens_psf import psfs
from photoz_core.simulate._lens_sources import NO_BANK, PROFILE
from photoz_core.simulate.lenses import Config, draw_parameters

GOALS = {"cpu": 4.0, "cuda": 1000.0}  # times faster than lenstronomy
RMS, BRIGHTEST = 0.01, 0.02  # of the arcs, relative


class Lenstronomy:
    """The peer: one image at a time, as the resolved `config` says."""

    def __init__(self, config: Config):
        from lenstronomy.Data.pixel_grid import PixelGrid
        from lenstronomy.LensModel.lens_model import LensModel
        from lenstronomy.LightModel.light_model import LightModel

        side, scale = config.side, config.pixel_scale
        corner = -(side - 1) / 2 * scale
        self._grid = PixelGrid(side, side, np.eye(2) * scale, corner, corner)
        self._models = {
            "lens_model_class": LensModel(["EPL", "SHEAR"]),
            "source_model_class": LightModel(["CORE_SERSIC"]),
            "lens_light_model_class": LightModel(["SERSIC_ELLIPSE"]),
            "kwargs_numerics": {"supersampling_factor": config.supersampling},
        }
        self._psfs = psfs(config)
        self._rng = np.random.default_rng(0)

    def arcs(self, scene: Scene, row: int) -> np.ndarray:
        """Arcs (side, side) before the PSF."""
        mass, source, light = self._keywords(scene, row)
        return self._model(None).image(mass, source, light, unconvolved=True, lens_light_add=False)

    def clean(self, scene: Scene, row: int) -> np.ndarray:
        """Blurred arcs and light, each with a maximum of 1, as one image (side, side) with a maximum of 1."""
        mass, source, light = self._keywords(scene, row)
        model = self._model(self._psfs[scene.psf[row]])
        arcs = model.image(mass, source, light, lens_light_add=False)
        glow = model.image(mass, source, light, source_add=False)
        total = arcs / arcs.max() + scene.light_ratio[row].item() * glow / glow.max()
        return total / total.max()

    def image(self, scene: Scene, row: int) -> np.ndarray:
        """What a training sees (side, side): the same with noise, a maximum of 1 again."""
        total = self.clean(scene, row)
        total += scene.noise_rms[row].item() * self._rng.standard_normal(total.shape)
        return total / total.max()

    def _model(self, kernel: np.ndarray | None):
        from lenstronomy.Data.psf import PSF
        from lenstronomy.ImSim.image_model import ImageModel

        psf = PSF("NONE") if kernel is None else PSF("PIXEL", kernel_point_source=kernel)
        return ImageModel(self._grid, psf, **self._models)

    @staticmethod
    def _keywords(scene: Scene, row: int) -> tuple[list, list, list]:
        mass = dict(zip(PARAMETERS, scene.lens[row].tolist(), strict=True))
        shear = {name: mass.pop(name) for name in ("gamma1", "gamma2")}
        source = {"amp": 1.0} | {name: scene.sources[name][row, 0].item() for name in PROFILE}
        light = {"amp": 1.0} | {name: value[row].item() for name, value in scene.light.items()}
        return [mass, shear], [source], [light]


def scenes(count: int, config: Config) -> Scene:
    """Scenes of `count` images, the same at every call."""
    generator = torch.Generator().manual_seed(0)
    return draw_scene(draw_parameters(count, generator, config), generator, config, 1, len(psfs(config)))


def agreement(count: int, config: Config) -> dict[str, np.ndarray]:
    """Relative errors (count, 2), rms and brightest pixel, of the arcs and of the image without noise."""
    scene, peer = scenes(count, config), Lenstronomy(config)
    view, errors = camera(config, torch.device("cpu")), {"arcs": [], "image": []}
    for row in range(count):
        part = scene[row : row + 1]
        errors["arcs"].append(difference(view.arcs(part, NO_BANK), peer.arcs(scene, row)))
        errors["image"].append(difference(view.image(part, NO_BANK), peer.clean(scene, row)))
    return {name: np.array(values) for name, values in errors.items()}


def difference(found: torch.Tensor, expected: np.ndarray) -> tuple[float, float]:
    """Errors relative to the rms and to the maximum of `expected` (side, side), both images at the same total."""
    image = found[0].double().numpy()
    image *= expected.sum() / image.sum()
    rms = np.sqrt(((image - expected) ** 2).mean() / (expected**2).mean())
    return rms, abs(image.max() / expected.max() - 1)


def rate(work: Callable[[], int], seconds: float) -> float:
    """Images per second of `work`, which returns how many it drew; repeated for `seconds` after one try."""
    work()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        done += work()
    return done / (time.perf_counter() - start)


def ours(config: Config, device: torch.device, batch: int) -> Callable[[], int]:
    """Draw pairs from scene to noisy images, `batch` images in all."""
    generator = torch.Generator(device).manual_seed(0)

    def work() -> int:
        images_of(draw_parameters(batch // 2, generator, config), generator, config, device, None)
        if device.type == "cuda":
            torch.cuda.synchronize()
        return batch // 2 * 2

    return work


def theirs(config: Config) -> Callable[[], int]:
    """Draw one image."""
    scene, peer = scenes(64, config), Lenstronomy(config)
    rows = iter(range(10**9))

    def work() -> int:
        peer.image(scene, next(rows) % len(scene))
        return 1

    return work


def measure(arguments) -> Iterator[Figure]:
    torch.set_num_threads(arguments.threads)
    count = 10 if arguments.quick else arguments.n
    for instrument, compared in (("hst", count), ("euclid", max(10, count // 4))):
        for supersampling in (1, 2):
            config = Config(instrument=instrument, supersampling=supersampling).resolved()
            analytic = replace(config, image_share=0.0, merger_share=0.0)
            named = f"{instrument}, supersampling {supersampling}"
            yield from speeds(config, analytic, named, arguments)
            yield from errors(compared, analytic, named)


def speeds(config: Config, analytic: Config, named: str, arguments) -> Iterator[Figure]:
    """Images a second of both, on the sources that lenstronomy draws, too; ours on all kinds."""
    device, seconds = torch.device(arguments.device), 1.0 if arguments.quick else 10.0
    batch = arguments.batch or (64 if device.type == "cpu" else 1024)
    goal = GOALS.get(device.type, GOALS["cpu"])
    rates = [rate(theirs(analytic), seconds), rate(ours(analytic, device, batch), seconds)]
    yield Figure(f"lenstronomy, {named}", rates[0], "images/s")
    yield Figure(f"photoz on {device}, {named}", rates[1], "images/s")
    yield Figure(f"ratio, {named}", rates[1] / rates[0], goal=f"≥ {goal:g}", ok=rates[1] >= goal * rates[0])
    full = rate(ours(config, device, batch), seconds)
    yield Figure(f"photoz on {device}, {named}, galaxies and mergers", full, "images/s")


def errors(count: int, config: Config, named: str) -> Iterator[Figure]:
    """The worst disagreement of `count` systems."""
    for name, values in agreement(count, config).items():
        for kind, worst, limit in zip(("rms", "brightest pixel"), values.max(axis=0), (RMS, BRIGHTEST), strict=True):
            text = f"{name}, {named}: {kind}, worst of {count}"
            yield Figure(text, float(worst), goal=f"≤ {limit}", ok=bool(worst <= limit))


def add_arguments(parser) -> None:
    parser.add_argument("--device", default="cpu", help="where ours draws (default cpu)")
    parser.add_argument("--threads", type=int, default=1, help="of ours on a CPU (default 1, as lenstronomy)")
    parser.add_argument("--batch", type=int, default=0, help="images a batch (default 64 on a CPU, else 1024)")
    parser.add_argument("--n", type=int, default=200, help="systems compared; a quarter of them for euclid")


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
