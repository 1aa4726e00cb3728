"""What can be said of a target and of its measurement, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.forms import JobForm
from explorer.options_form import (
    ENGINES,
    PSF_CENTERS,
    RELEASE_NAMES,
    WEIGHTS,
    why_no_tractor,
)
from explorer.shapes import ALLOWED, AXIS_RATIO_KINDS, RADIUS_UNIT_NAMES
from photometry_core.types import (
    APERTURE_RADIUS_RANGE_ARCSEC,
    BACKGROUND_SIZE_RANGE_PIX,
    LEAST_EFFECTIVE_RADIUS_ARCSEC,
    MAX_PROPER_MOTION_MAS_YR,
    REF_EPOCH_RANGE_YR,
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
    kinds = "; ".join(AXIS_RATIO_KINDS.values())
    units = ", ".join(RADIUS_UNIT_NAMES.values())
    meanings = {
        "sersic_index": "How concentrated the light is: 0.5 is a Gaussian, 1 an exponential disc, "
        "4 a de Vaucouleurs profile.",
        "axis_ratio": f"You say which it is: {kinds}. One that can't be is pointed out.",
        "position_angle": "Of the major axis, from north through east.",
        "effective_radius": "Half of the light is within the ellipse of this semi-major axis; in "
        f"{units}. Below {LEAST_EFFECTIVE_RADIUS_ARCSEC:g} arcsec the target is measured as a "
        "point source, and the result says so.",
    }
    return [
        Parameter(_label(name), name, ALLOWED[name], meaning) for name, meaning in meanings.items()
    ]


def motion_parameters() -> list[Parameter]:
    """Return the three parameters of a proper motion."""
    most = f"\u2212{MAX_PROPER_MOTION_MAS_YR:,.0f} to {MAX_PROPER_MOTION_MAS_YR:,.0f} mas/yr"
    first, last = REF_EPOCH_RANGE_YR
    return [
        Parameter(
            _label("pm_ra"), "pm_ra", most,
            "To the east, with the factor cos(Dec), as in Gaia.",
        ),
        Parameter(_label("pm_dec"), "pm_dec", most, "To the north."),
        Parameter(
            _label("ref_epoch"), "ref_epoch", f"{first:g} to {last:g}, Julian year",
            "When the target is at its position, such as 2016.0. It is then measured where it is "
            "at the time of each exposure.",
        ),
    ]  # fmt: skip


def options() -> list[Parameter]:
    """Return the options of a measurement."""
    usual = MeasureOptions()
    low, high = BACKGROUND_SIZE_RANGE_PIX
    least, most = APERTURE_RADIUS_RANGE_ARCSEC
    missing = f" Not offered on this site: {why_no_tractor()}." if why_no_tractor() else ""
    return [
        Parameter(
            _label("bands"), "--detectors", f"{len(usual.detectors)}; none chosen means all",
            "Which detectors are used; one band each.",
        ),
        Parameter(
            "Time range", "--mjd", "ISO date and time, or MJD; UTC; either end may be open",
            "Mid-times of the exposures that are used.",
        ),
        Parameter(
            _label("background_size"), "--background-size",
            f"{low} to {high} pixels; usual: {usual.background_size_pix}",
            "Width of the box in which the local background is measured.",
        ),
        Parameter(
            _label("releases"), "--releases", f"{', '.join(RELEASE_NAMES.values())}; usual: all",
            "Which quick releases are used. Their gains differ, and every row says its own.",
        ),
        Parameter(
            _label("aperture_radius"), "--aperture", f"{least:g} to {most:g} arcsec; usual: none",
            "Also sums the light within a circle, as a check that knows nothing of the fit.",
        ),
        Parameter(
            _label("engine"), "--engine", _choices(ENGINES, usual.engine),
            f"What fits the fluxes: this program, or another one.{missing}",
        ),
        Parameter(
            _label("psf_center"), "--psf-center", _choices(PSF_CENTERS, usual.psf_center),
            "What of the PSF planes of QR2 is put on the target. The official tool takes the "
            "middle of the array.",
        ),
        Parameter(
            _label("weights"), "--weights", _choices(WEIGHTS, usual.weights),
            "Which variance weighs the pixels: with the photon noise of the fitted model, or the "
            "VARIANCE plane as it is, which makes faint fluxes too low.",
        ),
    ]  # fmt: skip


def _label(field: str) -> str:
    return str(JobForm.base_fields[field].label)


def _choices(names: dict[str, str], usual: str) -> str:
    return f"{', '.join(names.values())}; usual: {names[usual]}"
