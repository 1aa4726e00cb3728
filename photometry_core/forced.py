"""Forced photometry: all targets of an exposure, fitted together where they overlap.

Positions are not fitted, so that every flux is a linear parameter; it may come out
negative, and that is a measurement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from photometry_core.aperture_photometry import with_aperture
from photometry_core.cutout import Cutout
from photometry_core.flags import CONTAINS_BAD_PIXEL, FIT_ERROR
from photometry_core.kernel.background import FEWEST_PIXELS, MAX_GROWTH_PIX
from photometry_core.kernel.batch import measure_batch
from photometry_core.kernel.group_fit import LEAST_FRACTION
from photometry_core.kernel.problem import (
    MEASURED,
    NO_BACKGROUND,
    NOT_SEPARABLE,
    Results,
    empty_results,
)
from photometry_core.measurement import Measurement
from photometry_core.psf import PlaneBank, plane_bank
from photometry_core.sources import Located, locate, make_batch, make_recipe, on_cutout, touching
from photometry_core.stamps import cut_stamp
from photometry_core.tractor_fluxes import measure_with_tractor
from photometry_core.types import MeasureOptions, Target


def measure_exposure(
    cutout: Cutout, targets: Sequence[Target], options: MeasureOptions
) -> list[Measurement]:
    """Measure targets on the pixels of one cutout.

    Parameters
    ----------
    cutout
        The pixels, with what is needed to understand them.
    targets
        Point sources and galaxies; those whose fit boxes overlap are fitted together.
    options
        Background box, weights, PSF and engine; detectors and times are not looked at.

    Returns
    -------
    list of Measurement
        One per target, in order. A target that can't be measured has a NaN flux, the flag
        FIT_ERROR, and a reason.

    Raises
    ------
    EngineError
        The engine is The Tractor, which is not installed.

    Notes
    -----
    The flux of a target depends on the other targets only if their fit boxes share
    pixels, directly or through others.
    """
    return measure_exposures([(cutout, targets)], options)[0]


def measure_exposures(
    problems: Sequence[tuple[Cutout, Sequence[Target]]], options: MeasureOptions
) -> list[list[Measurement]]:
    """Measure targets on the pixels of any number of cutouts.

    Like `measure_exposure` for each of them, in fewer calls.

    Parameters
    ----------
    problems
        Cutouts, each with its targets.
    options
        How to measure.
    """
    measured: dict[tuple[int, int], Measurement] = {}
    # One call takes planes of one kind: those of the two releases differ.
    by_bank: dict[PlaneBank, list[list[Located]]] = {}
    for number, (cutout, targets) in enumerate(problems):
        located = list(locate(cutout, targets, number))
        for one in located:
            if not on_cutout(one):
                measured[number, one.index] = _off_image(one)
        if groups := touching([one for one in located if on_cutout(one)]):
            by_bank.setdefault(plane_bank(cutout.psf), []).extend(groups)
    for bank, groups in by_bank.items():
        for one, measurement in _measure_groups(groups, bank, options):
            measured[one.number, one.index] = measurement
    return [
        [measured[number, index] for index in range(len(targets))]
        for number, (_, targets) in enumerate(problems)
    ]


def _measure_groups(
    groups: Sequence[Sequence[Located]], bank: PlaneBank, options: MeasureOptions
) -> Iterator[tuple[Located, Measurement]]:
    """Measure groups of sources whose PSF planes are in one bank."""
    native = options.engine == "native"
    recipe = make_recipe(bank, options)
    # The Tractor takes one group after the other.
    for part in [groups] if native else [[group] for group in groups]:
        batch = make_batch(part, bank, options)
        results = empty_results(len(batch.members))
        if native:
            measure_batch(bank.coefficients, batch.exposures, batch.sources, recipe, results)
        else:
            measure_with_tractor(batch, bank, recipe, results, options)
        for number, one in enumerate(batch.members):
            measurement = _measurement(one, results, number, batch.reasons[number], options)
            yield one, with_aperture(measurement, one, options)


def _measurement(
    one: Located, results: Results, number: int, dark: str, options: MeasureOptions
) -> Measurement:
    """Return the row of a source of a batch; `dark` says why it has no light, if so."""
    status = int(results.status[number])
    wavelength, bandwidth = one.cutout.spectral.at(one.x_pix, one.y_pix)
    flags = int(results.flags[number])
    if results.contains_bad[number]:
        flags |= CONTAINS_BAD_PIXEL
    if status != MEASURED:
        flags |= FIT_ERROR
    has_model = status == MEASURED
    return Measurement(
        exposure=one.cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flux_ujy=float(results.flux[number]),
        flux_err_ujy=float(results.flux_err[number]),
        flux_correlation=float(results.correlation[number]),
        flags=flags,
        fit_quality=float(results.fit_quality[number]),
        background_mjy_sr=float(results.level[number]),
        background_err_mjy_sr=float(results.level_err[number]),
        background_is_local=bool(results.is_local[number]) and has_model,
        x_pix=one.x_pix,
        y_pix=one.y_pix,
        ra_deg=one.ra_deg,
        dec_deg=one.dec_deg,
        chi2=float(results.chi2[number]),
        n_pix=int(results.n_pix[number]),
        n_aperture_pix=int(results.aperture_pix[number]),
        flag_counts=tuple(results.counts[number].tolist()),
        model=one.target.model,
        reason=dark or _reason(status, float(results.detail[number]), options),
        stamp=cut_stamp(one, results.model[number] if has_model else None),
    )


def _reason(status: int, detail: float, options: MeasureOptions) -> str:
    if status == MEASURED:
        return ""
    if status == NO_BACKGROUND:
        largest = options.background_size_pix + MAX_GROWTH_PIX
        return (
            f"no background: {detail:.0f} usable pixels within {largest} x {largest}, "
            f"at least {FEWEST_PIXELS} are needed"
        )
    if status == NOT_SEPARABLE:
        return "too close to another target: their fluxes can't be told apart in this exposure"
    return (
        f"usable pixels hold {max(detail, 0):.0%} of the light of the source, "
        f"at least {LEAST_FRACTION:.0%} is needed"
    )


def _off_image(one: Located) -> Measurement:
    """Return the row of a target that is not on the image."""
    return Measurement(
        exposure=one.cutout.exposure,
        flags=FIT_ERROR,
        ra_deg=one.ra_deg,
        dec_deg=one.dec_deg,
        model=one.target.model,
        reason=f"the position falls off the image, on pixel ({one.x_pix:.2f}, {one.y_pix:.2f})",
    )
