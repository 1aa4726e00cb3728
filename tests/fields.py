"""Stars on the simulated instrument without noise, to which noise is added as often as wanted.

Rendering and reading a file takes much longer than measuring it: a test that needs thousands of
measurements renders few fields and draws many noises.
"""

from dataclasses import dataclass, replace

import numpy as np

from photometry_core.archive.regions import Box
from photometry_core.cutout import Cutout
from photometry_core.forced import measure_exposures
from photometry_core.measurement import Measurement
from photometry_core.pipeline import half_size_pix
from photometry_core.simulation import exposures, noise, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import MeasureOptions, Target

OPTIONS = MeasureOptions()
POINTING = 20_000
SPACING_PIX = 24
"""The background boxes of neighbours share no pixel."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Stars on one cutout; `slope` is the growth of the variance with brightness, MJy/sr."""

    cutout: Cutout
    targets: list[Target]
    flux_ujy: np.ndarray
    slope: float

    def noisy(self, rng, more_light=0.0) -> Cutout:
        """The cutout with noise, and with more light; its variance follows what is observed."""
        clean = self.cutout.image_mjy_sr + np.asarray(more_light)
        floor = self.cutout.variance_mjy2_sr2 - self.slope * self.cutout.image_mjy_sr
        image = clean + rng.normal(size=clean.shape) * np.sqrt(floor + self.slope * clean)
        variance = np.maximum(floor + self.slope * image, 0.5 * floor)
        return self.with_planes(image, variance)

    def brighter(self, more_light) -> Cutout:
        """The cutout with more light and no noise."""
        image = self.cutout.image_mjy_sr + more_light
        return self.with_planes(image, self.cutout.variance_mjy2_sr2 + self.slope * more_light)

    def with_planes(self, image, variance) -> Cutout:
        return replace(
            self.cutout,
            image_mjy_sr=image.astype(np.float32),
            variance_mjy2_sr2=variance.astype(np.float32),
        )

    def pixels(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the targets on the cutout, (x, y)."""
        ra, dec = np.array([(target.ra_deg, target.dec_deg) for target in self.targets]).T
        x, y = self.cutout.wcs.sky_to_pixel(ra, dec)
        return x - self.cutout.origin_pix[0], y - self.cutout.origin_pix[1]


def make_field(detector, x, y, flux_ujy, *, background_on=True, pointing=POINTING) -> Field:
    """Put stars of given fluxes at detector positions that are near one another."""
    ra, dec = survey.celestial_wcs(pointing, detector).pixel_to_sky(np.array(x), np.array(y))
    targets = [
        Target(name="", ra_deg=float(a), dec_deg=float(d)) for a, d in zip(ra, dec, strict=True)
    ]
    half = half_size_pix(OPTIONS)
    box = Box(
        int(np.min(x)) - half - 1, int(np.min(y)) - half - 1,
        int(np.max(x)) + half + 3, int(np.max(y)) + half + 3,
    ).intersection(Box(0, 0, 2040, 2040))  # fmt: skip
    rendering = render_exposure(
        pointing,
        detector,
        box,
        point_sources(ra, dec, flux_ujy),
        noise_on=False,
        flags_on=False,
        background_on=background_on,
    )
    file = spectral_image(rendering, "field.fits")
    [(cutout, _)] = read_cutouts(file, exposures.exposure(pointing, detector), targets, half)
    return Field(
        cutout=cutout,
        targets=targets,
        flux_ujy=np.broadcast_to(flux_ujy, len(targets)).astype(float),
        slope=noise.photon_slope(detector),
    )


def grid(rng, detector_x, detector_y, *, across=5, spacing_pix=SPACING_PIX):
    """Positions of a square of stars, each at any phase: x and y."""
    nodes = spacing_pix * (np.arange(across) - (across - 1) / 2)
    x, y = (plane.ravel() for plane in np.meshgrid(detector_x + nodes, detector_y + nodes))
    return x + rng.uniform(-0.5, 0.5, x.size), y + rng.uniform(-0.5, 0.5, y.size)


def field_of_snr(rng, detector, detector_x, detector_y, snr) -> Field:
    """A square of stars of given ratios of flux to its error."""
    x, y = grid(rng, detector_x, detector_y)
    empty = make_field(detector, x, y, 0.0)
    [rows] = measure_exposures([(empty.cutout, empty.targets)], OPTIONS)
    return make_field(detector, x, y, snr * column(rows, "flux_err_ujy"))


def column(rows: list[Measurement], name: str) -> np.ndarray:
    return np.array([getattr(row, name) for row in rows])


def measure_noisy(field, rng, count, options=OPTIONS) -> list[list[Measurement]]:
    """Measure a field with noise, so many times."""
    return measure_exposures([(field.noisy(rng), field.targets) for _ in range(count)], options)


def pulls_of(field, exposures) -> np.ndarray:
    """(measured - true) / error of every measurement, shape (exposures, targets)."""
    assert not any(row.reason for rows in exposures for row in rows)
    return np.array(
        [
            (column(rows, "flux_ujy") - field.flux_ujy) / column(rows, "flux_err_ujy")
            for rows in exposures
        ]
    )
