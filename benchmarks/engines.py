"""Time of the native fit and, where it is installed, of The Tractor on the same exposures.

Run it from the checkout on one idle processor: ``taskset -c 1 .venv/bin/python
benchmarks/engines.py``. Both engines are timed in turns in this process, and the least time of
all turns counts, so that their ratio can be compared between machines; the times can't.

Both are given pixel positions and a PSF that was prepared before, as it is for all exposures of
a detector. The native kernel takes all exposures of a kind in one call; it finds the
backgrounds, renders the sources (galaxies before the call, within its time), and fits, with
covariance, flags, quality and stamps. "whole" is `measure_exposure`, one exposure at a time,
with all that a row of a spectrum needs. The Tractor is given the pixels of the scene with the
background subtracted, and weights; its objects are built and the fluxes and their inverse
variances found within its time. It is used in its ordinary way, which is the fastest, not in
the way of `photometry_core.tractor_engine`, which samples the PSF more finely. The last column, its
fluxes over the native ones, says that both measure the same; galaxies differ by where their
profiles end, and by The Tractor's sampling of them once per pixel.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from photometry_core import (  # noqa: E402
    Cutout,
    Measurement,
    MeasureOptions,
    SersicProfile,
    Target,
    __version__,
    measure_exposure,
)
from photometry_core.archive.regions import Box  # noqa: E402
from photometry_core.effective_psf import sample_effective_psf  # noqa: E402
from photometry_core.errors import EngineError  # noqa: E402
from photometry_core.extent import background_half_size_pix, half_size_pix  # noqa: E402
from photometry_core.flags import IGNORED_BY_FIT  # noqa: E402
from photometry_core.kernel.batch import measure_batch  # noqa: E402
from photometry_core.kernel.pixels import UJY_PER_MJY_SR_ARCSEC2  # noqa: E402
from photometry_core.kernel.problem import empty_results  # noqa: E402
from photometry_core.psf import plane_bank  # noqa: E402
from photometry_core.sersic import render_sersic  # noqa: E402
from photometry_core.simulation import exposures, survey  # noqa: E402
from photometry_core.simulation.files import spectral_image  # noqa: E402
from photometry_core.simulation.instrument import render_exposure  # noqa: E402
from photometry_core.simulation.sources import make_sources  # noqa: E402
from photometry_core.simulation.spectra import number_of  # noqa: E402
from photometry_core.sources import Located, locate, make_batch, make_recipe, touching  # noqa: E402
from photometry_core.spectral_image import read_cutouts  # noqa: E402
from photometry_core.tractor_engine import LocalWcs, require_tractor  # noqa: E402

OPTIONS = MeasureOptions()
POINTING, DETECTOR = 20_000, 2
STAR_UJY, GALAXY_UJY = 4000.0, 20_000.0
GALAXY = SersicProfile(
    sersic_index=4.0, effective_radius_arcsec=4.0, axis_ratio=0.6, position_angle_deg=35.0
)
POINT_SAMPLES_PER_PIX, GALAXY_SAMPLES_PER_PIX = 10, 3
"""How finely The Tractor's PSF is sampled. Galaxies it convolves at one sample per pixel
anyway; more than these only make its transforms larger, and the fluxes no better."""

CROWD, CROWD_SPACING_PIX = 20, 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One exposure, ready for either engine.

    The Tractor is given `size_pix` square pixels, `data_ujy` and `inverse_error`, with sources
    at `positions_pix` of them; `stamp` is the effective PSF at their middle, with
    `samples_per_pix`.
    """

    cutout: Cutout
    targets: list[Target]
    data_ujy: np.ndarray
    inverse_error: np.ndarray
    positions_pix: np.ndarray
    cd_deg: np.ndarray
    stamp: np.ndarray
    samples_per_pix: int


def make_scene(
    rng: np.random.Generator, offsets_pix: np.ndarray, size_pix: int, shape: SersicProfile | None
) -> Scene:
    """Simulate sources at offsets from a random place, without defects but with noise."""
    middle = rng.uniform(200, 1840, 2)
    x, y = (middle + offsets_pix).T
    wcs = survey.celestial_wcs(POINTING, DETECTOR)
    ra, dec = wcs.pixel_to_sky(x, y)
    targets = [
        Target(name=f"source {n}", ra_deg=float(a), dec_deg=float(d), profile=shape)
        for n, (a, d) in enumerate(zip(ra, dec, strict=True))
    ]
    half = half_size_pix(OPTIONS, targets) + int(np.ceil(np.abs(offsets_pix).max()))
    column, row = (int(at) for at in np.floor(middle + 0.5))
    box = Box(column - half - 4, row - half - 4, column + half + 5, row + half + 5)
    rendering = render_exposure(POINTING, DETECTOR, box, _sources(ra, dec, shape), flags_on=False)
    file = spectral_image(rendering, "benchmark")
    exposure = exposures.exposure(POINTING, DETECTOR)
    [(cutout, _)] = read_cutouts(file, exposure, targets, half_size_pix(OPTIONS, targets))
    return _for_both(cutout, targets, np.column_stack([x, y]), (column, row), size_pix)


def _sources(ra: np.ndarray, dec: np.ndarray, shape: SersicProfile | None) -> Any:
    every = np.ones(ra.size)
    of_galaxies: dict[str, np.ndarray] = {}
    if shape is not None:
        of_galaxies = {
            "sersic_index": every * shape.sersic_index,
            "effective_radius_arcsec": every * shape.effective_radius_arcsec,
            "axis_ratio": every * shape.axis_ratio,
            "position_angle_deg": every * shape.position_angle_deg,
        }
    return make_sources(
        source_id=np.arange(ra.size),
        ra_deg=ra,
        dec_deg=dec,
        template=np.full(ra.size, number_of("flat")),
        scale_ujy=every * (STAR_UJY if shape is None else GALAXY_UJY),
        **of_galaxies,
    )


def _for_both(
    cutout: Cutout,
    targets: list[Target],
    positions_pix: np.ndarray,
    middle: tuple[int, int],
    size_pix: int,
) -> Scene:
    """Cut what The Tractor is given out of a cutout."""
    good = (cutout.flags & IGNORED_BY_FIT) == 0
    variance_plane = cutout.variance_mjy2_sr2.astype(float)
    left, bottom = (at - size_pix // 2 for at in middle)
    x0, y0 = cutout.origin_pix
    window = np.s_[bottom - y0 : bottom - y0 + size_pix, left - x0 : left - x0 + size_pix]
    level = float(np.median([row.background_mjy_sr for row in native_rows(cutout, targets)]))
    ujy = UJY_PER_MJY_SR_ARCSEC2 * cutout.solid_angle_arcsec2[window]
    assert ujy.shape == (size_pix, size_pix)
    # The weights are those of a sky without sources: its variance does not follow the noise.
    variance = float(np.median(variance_plane[good])) * ujy**2
    points = targets[0].profile is None
    samples = POINT_SAMPLES_PER_PIX if points else GALAXY_SAMPLES_PER_PIX
    reach = (13 * samples - 1) // 2
    offsets = np.arange(-reach, reach + 1) / samples
    x, y = positions_pix.mean(axis=0)
    dx, dy = cutout.psf.core_offset_pix
    return Scene(
        cutout=cutout,
        targets=targets,
        data_ujy=np.where(good[window], (cutout.image_mjy_sr[window] - level) * ujy, 0.0),
        inverse_error=np.where(good[window], variance**-0.5, 0.0),
        positions_pix=positions_pix - (left, bottom),
        cd_deg=cutout.wcs.local_cd_deg(x, y),
        stamp=sample_effective_psf(cutout.psf, (x, y), offsets + dx, offsets + dy),
        samples_per_pix=samples,
    )


def native_rows(cutout: Cutout, targets: Sequence[Target]) -> list[Measurement]:
    """Measure one exposure with the native engine."""
    return measure_exposure(cutout, targets, OPTIONS)


def kernel_seconds(scenes: Sequence[Scene], repetitions: int) -> float:
    """Return the seconds that the native kernel takes for all scenes, so many times over."""
    groups = [
        group
        for number, scene in enumerate(scenes)
        for group in touching(list(locate(scene.cutout, scene.targets, number)))
    ]
    bank = plane_bank(scenes[0].cutout.psf)
    batch = make_batch(groups, bank, OPTIONS)
    recipe = make_recipe(bank, OPTIONS)
    results = empty_results(len(batch.members))
    galaxies = [one for one in batch.members if one.target.resolved_profile]
    start = time.perf_counter()
    for _ in range(repetitions):
        for one in galaxies:
            render_galaxy(one)
        measure_batch(bank.coefficients, batch.exposures, batch.sources, recipe, results)
    return (time.perf_counter() - start) / repetitions


def render_galaxy(one: Located) -> None:
    """Render a galaxy as its measurement does."""
    shape = one.target.resolved_profile
    assert shape is not None
    half = max(one.half_size_pix, background_half_size_pix(OPTIONS))
    render_sersic(one.cutout.psf, shape, one.cd_deg, one.x_pix, one.y_pix, half)


def whole_seconds(scenes: Sequence[Scene]) -> tuple[float, np.ndarray]:
    """Return the seconds of `measure_exposure` for all scenes, and all fluxes."""
    start = time.perf_counter()
    rows = [native_rows(scene.cutout, scene.targets) for scene in scenes]
    seconds = time.perf_counter() - start
    return seconds, np.array([[row.flux_ujy for row in of_scene] for of_scene in rows])


def tractor_seconds(scenes: Sequence[Scene]) -> tuple[float, np.ndarray]:
    """Return the seconds The Tractor takes for all scenes, and all fluxes."""
    tractor = require_tractor()
    start = time.perf_counter()
    fluxes = [tractor_fluxes(tractor, scene) for scene in scenes]
    return time.perf_counter() - start, np.array(fluxes)


def tractor_fluxes(tractor: Any, scene: Scene) -> list[float]:
    """Build The Tractor's objects for a scene, and fit."""
    image = tractor.Image(
        data=scene.data_ujy,
        inverr=scene.inverse_error,
        psf=tractor.PixelizedPSF(scene.stamp, sampling=1 / scene.samples_per_pix),
        wcs=LocalWcs(cd_deg=scene.cd_deg),
        photocal=tractor.LinearPhotoCal(1.0),
        sky=tractor.ConstantSky(0.0),
    )
    sources = []
    for target, (x, y) in zip(scene.targets, scene.positions_pix.tolist(), strict=True):
        shape, position, flux = target.profile, tractor.PixPos(x, y), tractor.Flux(0.0)
        if shape is None:
            source = tractor.PointSource(position, flux)
        else:
            ellipse = tractor.GalaxyShape(
                shape.effective_radius_arcsec, shape.axis_ratio, -shape.position_angle_deg
            )
            index = tractor.sersic.SersicIndex(shape.sersic_index)
            source = tractor.sersic.SersicGalaxy(position, flux, ellipse, index)
        source.freezeAllBut("brightness")
        sources.append(source)
    engine = tractor.Tractor([image], sources)
    engine.freezeParam("images")
    engine.optimize_forced_photometry(variance=True, shared_params=False)
    return [source.getBrightness().getValue() for source in sources]


def crowded(rng: np.random.Generator) -> np.ndarray:
    """Return offsets of many sources, so far apart that their fluxes can be told apart."""
    offsets: list[np.ndarray] = []
    while len(offsets) < CROWD:
        one = rng.uniform(-23, 23, 2)
        if all(np.hypot(*(one - other)) > CROWD_SPACING_PIX for other in offsets):
            offsets.append(one)
    return np.array(offsets)


def scenes_of(count: int) -> dict[str, list[Scene]]:
    """Return simulated exposures of every kind of scene."""
    rng = np.random.default_rng(1)
    alone = np.zeros((1, 2))
    blended = np.array([[-0.7, 0.2], [0.7, -0.3]])
    kinds: dict[str, tuple[Callable[[], np.ndarray], int, SersicProfile | None]] = {
        "point source, 15x15": (lambda: alone, 15, None),
        "blend of 2, 15x15": (lambda: blended, 15, None),
        "Sersic, 31x31": (lambda: alone, 31, GALAXY),
        "20 sources, 60x60": (lambda: crowded(rng), 60, None),
    }
    return {
        name: [make_scene(rng, offsets(), size, shape) for _ in range(count)]
        for name, (offsets, size, shape) in kinds.items()
    }


def main() -> None:
    """Print microseconds per exposure and their ratio for every kind of scene."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=20, help="different ones per scene")
    parser.add_argument("--turns", type=int, default=15, help="of which the fastest counts")
    given = parser.parse_args()
    try:
        version = getattr(require_tractor(), "__version__", "") or "of unknown version"
        rival = f"The Tractor {version}"
    except EngineError as error:
        rival = f"without The Tractor: {error}"
    with_tractor = rival.startswith("The")
    print(f"SPHEREx Explorer {__version__}, Python {platform.python_version()}, {rival}")
    print(
        f"{'scene':22} {'kernel us':>10} {'whole us':>9}"
        + f" {'Tractor us':>11} {'/ kernel':>9} {'/ whole':>8}  flux ratio" * with_tractor
    )
    for name, scenes in scenes_of(given.exposures).items():
        kernel, whole, rivals = [], [], []
        for _ in range(given.turns):
            kernel.append(kernel_seconds(scenes, 5))
            seconds, fluxes = whole_seconds(scenes)
            whole.append(seconds)
            if with_tractor:
                seconds, other = tractor_seconds(scenes)
                rivals.append(seconds)
        ours, all_of_it = (1e6 * min(times) / len(scenes) for times in (kernel, whole))
        line = f"{name:22} {ours:10.1f} {all_of_it:9.0f}"
        if with_tractor:
            theirs = 1e6 * min(rivals) / len(scenes)
            line += f" {theirs:11.0f} {theirs / ours:9.1f} {theirs / all_of_it:8.1f}"
            line += f" {np.median(other / fluxes):11.4f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
