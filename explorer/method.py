"""What the page about the method says in numbers: the definitions that the program uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from explorer.reference import flag_facts, spectrum_column_facts
from photometry_core import flags
from photometry_core.types import (
    BACKGROUND_SIZE_RANGE_PIX,
    DETECTORS,
    LEAST_EFFECTIVE_RADIUS_ARCSEC,
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    RELEASES,
    SERSIC_INDEX_RANGE,
    STAMP_SIZE_PIX,
    MeasureOptions,
)

SERSIC_RATIOS = {1.0: 1.015, 2.5: 1.045, 4.0: 1.063, 6.0: 1.120}
"""Flux by the native engine over that by The Tractor, by Sersic index: measured on the same
pixels for round galaxies with an effective radius of 10 arcsec."""

ERROR_RATIOS = {0.3: 2.8, 0.5: 1.8}
"""True error of a flux over that by The Tractor, by the separation of two stars in pixels."""

STAR_AGREEMENT_PERCENT = (0.05, 0.16)
"""Largest difference of the two engines' fluxes: isolated stars, and every case with stars."""


@dataclass(frozen=True, slots=True)
class SersicComparison:
    """How the engines differ for one Sersic index.

    Parameters
    ----------
    index
        The Sersic index.
    ratio
        Flux by the native engine over that by The Tractor.
    beyond_percent
        Light of the untruncated profile beyond `COMPARED_RADII`, in percent.
    """

    index: float
    ratio: float
    beyond_percent: tuple[float, ...]


COMPARED_RADII = (4, 8)
"""In effective radii: about where The Tractor's profiles of index 1 and 4 end."""


@lru_cache(maxsize=1)
def facts() -> dict[str, Any]:
    """Return the numbers, flags and columns that the page names.

    Notes
    -----
    Compiled code is imported here, and so only by a web server that is asked for this page.
    """
    from photometry_core import extent
    from photometry_core.binning import COLUMNS as BINNED_COLUMNS
    from photometry_core.binning import DEFAULT_REJECT
    from photometry_core.channels import CHANNELS_PER_DETECTOR
    from photometry_core.kernel import background, group_fit, joint_fit, pixels
    from photometry_core.psf import PROFILE_SIZE_PIX
    from photometry_core.tractor_engine import UPSTREAM

    options = MeasureOptions()
    return {
        "detectors": len(DETECTORS),
        "releases": [release.upper() for release in RELEASES],
        "stamp_size": STAMP_SIZE_PIX,
        "profile_size": PROFILE_SIZE_PIX,
        "index_range": SERSIC_INDEX_RANGE,
        "least_radius": LEAST_EFFECTIVE_RADIUS_ARCSEC,
        "largest_radius": MAX_EFFECTIVE_RADIUS_ARCSEC,
        "fit_radii": extent.FIT_EFFECTIVE_RADII,
        "nominal_pixel": extent.NOMINAL_PIXEL_ARCSEC,
        "background_size": options.background_size_pix,
        "background_range": BACKGROUND_SIZE_RANGE_PIX,
        "footprint": extent.FOOTPRINT_RADIUS_PIX,
        "footprint_radii": extent.FOOTPRINT_EFFECTIVE_RADII,
        "enough_pixels": background.ENOUGH_PIXELS,
        "fewest_pixels": background.FEWEST_PIXELS,
        "plane_pixels": background.PLANE_PIXELS,
        "plane_cost": background.PLANE_COST,
        "growth_step": background.GROWTH_STEP_PIX,
        "growth": background.MAX_GROWTH_PIX,
        "clip_sigma": background.CLIP_SIGMA,
        "rounds": group_fit.REWEIGHTINGS,
        "lowest_variance": group_fit.LOWEST_VARIANCE_FRACTION,
        "least_percent": 100 * group_fit.LEAST_FRACTION,
        "worst_condition": joint_fit.WORST_CONDITION,
        "ujy": pixels.UJY_PER_MJY_SR_ARCSEC2,
        "aperture": extent.APERTURE_RADIUS_PIX,
        "channels": CHANNELS_PER_DETECTOR * len(DETECTORS),
        "rejected": flags.decode(DEFAULT_REJECT),
        **flag_facts(),
        **spectrum_column_facts(),
        "binned_columns": BINNED_COLUMNS,
        "tractor": UPSTREAM,
        "sersic_comparisons": [_comparison(index) for index in SERSIC_RATIOS],
        "compared_radii": COMPARED_RADII,
        "error_ratios": ERROR_RATIOS.items(),
        "star_agreement": STAR_AGREEMENT_PERCENT,
    }


def _comparison(index: float) -> SersicComparison:
    from scipy.special import gammaincc, gammaincinv

    b = gammaincinv(2 * index, 0.5)
    beyond = (100 * float(gammaincc(2 * index, b * r ** (1 / index))) for r in COMPARED_RADII)
    return SersicComparison(index, SERSIC_RATIOS[index], tuple(beyond))
