"""What can be said of a target and of its measurement, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass

from photometry_core.types import (
    APERTURE_RADIUS_RANGE_ARCSEC,
    BACKGROUND_SIZE_RANGE_PIX,
    LEAST_EFFECTIVE_RADIUS_ARCSEC,
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    MAX_PROPER_MOTION_MAS_YR,
    REF_EPOCH_RANGE_YR,
    RELEASES,
    SERSIC_INDEX_RANGE,
    MeasureOptions,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a person can set.

    Parameters
    ----------
    name
        As the form calls it.
    column
        What a column of a list, or an option of the command line, is called.
    allowed
        Its range with unit, or its choices.
    meaning
        What it does.
    """

    name: str
    column: str
    allowed: str
    meaning: str


def shape_parameters() -> list[Parameter]:
    """Return the four parameters of a Sersic profile."""
    low, high = SERSIC_INDEX_RANGE
    return [
        Parameter(
            "S\u00e9rsic index n", "sersic_index", f"{low:g} to {high:g}",
            "How concentrated the light is: 0.5 is a Gaussian, 1 an exponential disc, 4 a de "
            "Vaucouleurs profile.",
        ),
        Parameter(
            "Axis ratio b/a", "axis_ratio", "above 0, to 1",
            "Minor over major axis. The ratio a/b and the ellipticity 1 \u2212 b/a are recognised "
            "and have to be confirmed.",
        ),
        Parameter(
            "Position angle", "position_angle", "\u2212360 to 360 degrees",
            "Of the major axis, from north through east.",
        ),
        Parameter(
            "Effective radius", "effective_radius",
            f"above 0, to {MAX_EFFECTIVE_RADIUS_ARCSEC:g} arcsec",
            "Half of the light is within the ellipse of this semi-major axis. Below "
            f"{LEAST_EFFECTIVE_RADIUS_ARCSEC:g} arcsec the target is measured as a point source, "
            "and the result says so.",
        ),
    ]  # fmt: skip


def motion_parameters() -> list[Parameter]:
    """Return the three parameters of a proper motion."""
    most = f"\u2212{MAX_PROPER_MOTION_MAS_YR:,.0f} to {MAX_PROPER_MOTION_MAS_YR:,.0f} mas/yr"
    first, last = REF_EPOCH_RANGE_YR
    return [
        Parameter("Proper motion in RA", "pm_ra", most, "With the factor cos(Dec), as in Gaia."),
        Parameter("Proper motion in Dec", "pm_dec", most, "To the north."),
        Parameter(
            "Epoch", "ref_epoch", f"{first:g} to {last:g}, Julian year",
            "When the target is at its position, such as 2016.0. It is then measured where it is "
            "at the time of each exposure.",
        ),
    ]  # fmt: skip


def options() -> list[Parameter]:
    """Return the options of a measurement."""
    usual = MeasureOptions()
    low, high = BACKGROUND_SIZE_RANGE_PIX
    least, most = APERTURE_RADIUS_RANGE_ARCSEC
    return [
        Parameter(
            "Bands", "--detectors", f"{len(usual.detectors)} bands; none chosen means all",
            "Which detectors are used; one band each.",
        ),
        Parameter(
            "Time range", "--mjd", "ISO date and time, or MJD; UTC; either end may be open",
            "Mid-times of the exposures that are used.",
        ),
        Parameter(
            "Background region", "--background-size",
            f"{low} to {high} pixels; usual: {usual.background_size_pix}",
            "Width of the box in which the local background is measured.",
        ),
        Parameter(
            "Engine", "--engine", f"native, tractor; usual: {usual.engine}",
            "What fits the fluxes: this program, or The Tractor, if it is installed.",
        ),
        Parameter(
            "Releases", "--releases", f"{', '.join(RELEASES)}; usual: {', '.join(usual.releases)}",
            "Which quick releases are used. Their gains differ, and every row says its own.",
        ),
        Parameter(
            "Aperture", "--aperture", f"{least:g} to {most:g} arcsec; usual: none",
            "Also sums the light within a circle, as a check that knows nothing of the fit.",
        ),
        Parameter(
            "PSF center", "--psf-center", f"light, array; usual: {usual.psf_center}",
            "What of the PSF planes of QR2 is put on the target: the centre of their light, or the "
            "middle of the array, as the official tool has it.",
        ),
        Parameter(
            "Weights", "--weights", f"model, plane; usual: {usual.weights}",
            "Which variance weighs the pixels: with the photon noise of the fitted model, or the "
            "VARIANCE plane as it is, which makes faint fluxes too low.",
        ),
    ]  # fmt: skip
