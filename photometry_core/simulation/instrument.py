"""One exposure of the simulated sky: the image, its variance and its flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.flags import IGNORED_BY_FIT, mask_of
from photometry_core.simulation import noise, survey
from photometry_core.simulation.diffuse import OBSERVED_OVER_MODEL, airglow, zodiacal_light
from photometry_core.simulation.focal_plane import detector_geometry
from photometry_core.simulation.psf import psf_mixture
from photometry_core.simulation.scene import (
    UJY_PER_MJY_SR_ARCSEC2,
    PlacedSources,
    draw_sources,
    place_sources,
)
from photometry_core.simulation.sources import Sources
from photometry_core.types import Float32Array, FloatArray

_POINT_MJY_SR, _GALAXY_MJY_SR = 2e-6, 2e-3
"""Pixels with more light of point sources, or of galaxies, are flagged SOURCE."""

_OUTLIER_MJY_SR = 4.0
_OVERFLOW_MJY_SR = 60.0
"""Brightness at which ramps saturate: a star of about 0.15 Jy on the middle of a pixel."""

_SOURCE, _OUTLIER = mask_of(["SOURCE"]), mask_of(["OUTLIER"])
_OVERFLOW = mask_of(["OVERFLOW", "SUR_ERROR"])
_NONFUNC, _HOT, _COLD = mask_of(["NONFUNC"]), mask_of(["HOT"]), mask_of(["COLD"])
_SUR_ERROR, _PERSIST = mask_of(["SUR_ERROR"]), mask_of(["PERSIST"])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rendering:
    """A box of pixels of one exposure; all planes have shape (ny, nx).

    Parameters
    ----------
    pointing, detector, box
        Which pixels.
    noiseless_mjy_sr
        The brightness before noise and defects.
    image_mjy_sr, variance_mjy2_sr2, flags, zodi_mjy_sr
        The planes of a file. ZODI is the model, fainter than the light in the image.
    placed
        Truth: the sources that may shine into the box.
    """

    pointing: int
    detector: int
    box: Box
    noiseless_mjy_sr: FloatArray
    image_mjy_sr: Float32Array
    variance_mjy2_sr2: Float32Array
    flags: npt.NDArray[np.int32]
    zodi_mjy_sr: Float32Array
    placed: PlacedSources


def render_exposure(
    pointing: int,
    detector: int,
    box: Box,
    sources: Sources,
    *,
    noise_on: bool = True,
    flags_on: bool = True,
    background_on: bool = True,
) -> Rendering:
    """Render a box of pixels of one exposure.

    Parameters
    ----------
    pointing
        Number of a pointing of the survey.
    detector
        1 to 6.
    box
        Detector pixels, within the detector.
    sources
        All that may be on them; the rest is left out.
    noise_on
        Add noise to the image. The VARIANCE plane describes it in either case.
    flags_on
        Add defects and their flags. Without them all flags are 0.
    background_on
        Add zodiacal light and airglow.

    Notes
    -----
    Noise is drawn from the variance of the noiseless image; the VARIANCE plane is affine in
    the observed one, as that of the real pipeline is.
    """
    placed = place_sources(pointing, detector, box, sources)
    points, galaxies = draw_sources(
        placed,
        sources,
        psf_mixture(detector),
        survey.celestial_wcs(pointing, detector),
        box,
    )
    solid_angle = detector_geometry(detector).solid_angle_arcsec2(
        np.arange(box.x0, box.x1), np.arange(box.y0, box.y1)
    )
    points /= UJY_PER_MJY_SR_ARCSEC2 * solid_angle
    galaxies /= UJY_PER_MJY_SR_ARCSEC2 * solid_angle
    light = points + galaxies
    zodi = zodiacal_light(pointing, detector, box)
    noiseless = light
    if background_on:
        noiseless = light + OBSERVED_OVER_MODEL[detector] * zodi
        glow = airglow(pointing, detector, box)
        if glow is not None:
            noiseless += glow
    floor, slope = noise.variance_floor(detector, box), noise.photon_slope(detector)
    drawn = noise.draws(pointing, detector, box, with_flags=flags_on)
    excess = drawn.excess * noise.typical_variance(detector, box)
    image = noiseless
    if noise_on:
        image = noiseless + drawn.normal * np.sqrt(floor + slope * noiseless + excess)
    # A dark pixel that noise takes below zero still has the floor's variance, nearly.
    variance: Float32Array = np.maximum(floor + slope * image + excess, 0.5 * floor).astype(
        np.float32
    )
    observed = image.astype(np.float32)
    flags = np.zeros(box.shape, np.int32)
    if flags_on:
        flags = drawn.flags | noise.fixed_flags(detector, box)
        flags[(points > _POINT_MJY_SR) | (galaxies > _GALAXY_MJY_SR)] |= _SOURCE
        flags[light > _OUTLIER_MJY_SR] |= _OUTLIER
        flags[noiseless > _OVERFLOW_MJY_SR] |= _OVERFLOW
        _spoil(observed, variance, flags, drawn.normal)
    return Rendering(
        pointing=pointing,
        detector=detector,
        box=box,
        noiseless_mjy_sr=noiseless,
        image_mjy_sr=observed,
        variance_mjy2_sr2=variance,
        flags=flags,
        zodi_mjy_sr=zodi.astype(np.float32),
        placed=placed,
    )


def _spoil(
    image: Float32Array,
    variance: Float32Array,
    flags: npt.NDArray[np.int32],
    normal: Float32Array,
) -> None:
    """Put into unusable pixels what such pixels hold: nothing that means anything."""
    spoilt = np.nonzero(flags & IGNORED_BY_FIT)
    flag, chance = flags[spoilt], normal[spoilt]
    value, its_variance = image[spoilt], variance[spoilt]
    value = np.where(flag & _PERSIST, value + 0.15 + 0.1 * np.abs(chance), value)
    value = np.where(flag & _COLD, 0.02 * chance, value)
    value = np.where(flag & _HOT, 8.0 + 3.0 * chance, value)
    value = np.where(flag & _SUR_ERROR, 40.0 * chance, value)
    value = np.where((flag & _SUR_ERROR).astype(bool) & (chance > 0.4), np.nan, value)
    value = np.where(flag & _NONFUNC, np.nan, value)
    # NaN in one plane does not always come with NaN in the other.
    without = (flag & (_NONFUNC | _SUR_ERROR)).astype(bool) & (chance > -0.5)
    image[spoilt] = value
    variance[spoilt] = np.where(without, np.nan, its_variance)
