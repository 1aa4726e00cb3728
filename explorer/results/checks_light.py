"""Checks of the light around a target, from the saved stamps: location, and nearby emission."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.results.findings import (
    Check,
    Finding,
    Sample,
    absent,
    counted,
    digits,
    graded,
    impossible,
    offenders,
    percent,
    significant,
)
from explorer.results.residual_stacks import (
    LEAST_SNR,
    Stack,
    determinant_of,
    own_light,
    sky_offsets,
)
from explorer.results.robust import MAD_TO_SIGMA, MEDIAN_ERROR
from photometry_core.types import BoolArray, FloatArray

PIXEL_ARCSEC = 6.15

FEWEST_STAMPS = 5
CORE_PIX = 2.5
"""Radius of the target's own light, as for fit_ql and flags."""

WINDOW_PIX = 3.5
"""Radius at which the weights of offsets have fallen to nothing, smoothly."""

OFFSET_LOOK_ARCSEC = 0.3
OFFSET_BAD_ARCSEC = 0.6
"""A twentieth and a tenth of a pixel: errors of 1.5 and 3 % of the flux of a star, since 0.01 pixel
is 0.3 % (documentation of the method)."""

OFFSET_SIGMA = 3.0
CLIP = 4.0
"""Times the median distance from the median offset: stamps beyond are left out."""

RING_PIX = 6.0
"""Outer radius in which other light is looked for: a star there still reaches into the core."""

EMISSION_SIGMA = 5.0
"""Some 100 places are looked at: noise alone passes 4 sigma once in three hundred spectra."""

EMISSION_LOOK_FRACTION = 0.1
EMISSION_BAD_FRACTION = 0.5
"""Of the target's flux. At most a tenth of a neighbour's light enters the fit from there, so that
these are errors of 1 and 5 %."""

NEIGHBOUR_PIX = 5.0
"""Distance at which the cores of two point spread functions no longer touch."""

CORRELATION_LOOK = 0.5
CORRELATION_BAD = 0.9
"""A correlation r makes an error 1 / sqrt(1 - r^2) times that of an isolated target: 1.15, 2.3."""

_NO_STAMPS = "this spectrum has no stamps (the saved pixels around the target)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another target of the same job.

    Parameters
    ----------
    name
        Its name.
    separation_arcsec
        Its distance.
    """

    name: str
    separation_arcsec: float


def check_location(sample: Sample, stack: Stack | None) -> Check:
    """Check whether the light is where the position says.

    A target beside its position leaves residuals with a light and a dark side. Their first
    moment, over that which moving the model by a pixel would leave, is the offset; on the sky it
    is the same in every exposure.
    """
    finding = absent(sample, ("x_image", "y_image", "snr")) or _location(sample, stack)
    return Check(key="location", title="Location", findings=(finding,))


def _location(sample: Sample, stack: Stack | None) -> Finding:
    if stack is None:
        return impossible(_NO_STAMPS)
    if stack.places.size < FEWEST_STAMPS:
        return _too_few(stack.places.size)
    offset, usable = _offsets(stack)
    if usable.sum() < FEWEST_STAMPS:
        return _too_few(int(usable.sum()), f" and no bad pixel within {WINDOW_PIX:g} pix")
    (east, north), error = _mean_offset(offset[usable])
    size = math.hypot(east, north)
    limit = (
        f"Look above {OFFSET_LOOK_ARCSEC:g}\u2033, bad above {OFFSET_BAD_ARCSEC:g}\u2033 "
        f"({percent(OFFSET_LOOK_ARCSEC / PIXEL_ARCSEC)} and "
        f"{percent(OFFSET_BAD_ARCSEC / PIXEL_ARCSEC)} of a pixel: 1.5 and 3 % of a star's flux), "
        f"if it is {OFFSET_SIGMA:g} times its error."
    )
    if size <= OFFSET_SIGMA * error and OFFSET_SIGMA * error > OFFSET_BAD_ARCSEC:
        return impossible(
            f"the {counted(int(usable.sum()), 'stamp')} of highest S/N place the light to "
            f"\u00b1{digits(error)}\u2033 only, too coarsely to see an offset of "
            f"{OFFSET_BAD_ARCSEC:g}\u2033"
        )
    is_real = size > OFFSET_SIGMA * error
    verdict = graded(size, OFFSET_LOOK_ARCSEC, OFFSET_BAD_ARCSEC) if is_real else "ok"
    where = f" ({_direction(east, north)})" if is_real else ""
    text = (
        f"The light is {digits(size)}\u2033 \u00b1 {digits(error)}\u2033 from the position{where}: "
        f"{_signed(east)}\u2033 east, {_signed(north)}\u2033 north; mean of "
        f"{counted(int(usable.sum()), 'stamp')} of the highest S/N."
    )
    apart = np.zeros(sample.rows.size)
    apart[stack.places[usable]] = np.hypot(*offset[usable].T)
    is_far = (apart > OFFSET_BAD_ARCSEC) & (verdict != "ok")
    rows = offenders(sample, is_far, apart, lambda place: f"{digits(apart[place])}\u2033")
    return Finding(verdict=verdict, text=text, limit=limit, **rows)


def _too_few(count: int, besides: str = "") -> Finding:
    return impossible(
        f"too few points: {counted(count, 'stamp')} with S/N above {LEAST_SNR:g}{besides}; "
        f"{FEWEST_STAMPS} are needed"
    )


def _mean_offset(offset: FloatArray) -> tuple[FloatArray, float]:
    """Return the mean without wild stamps, and its 1-sigma error along one axis.

    Not the median: in undersampled images the offset of a stamp depends on where in its pixel the
    target lies, and only the mean over all places is right.
    """
    apart = np.hypot(*(offset - np.median(offset, axis=0)).T)
    kept = offset[apart <= CLIP * np.median(apart)]
    mean = kept.mean(axis=0)
    scatter = math.sqrt(float(((kept - mean) ** 2).sum()) / (2 * max(len(kept) - 1, 1)))
    return mean, scatter / math.sqrt(len(kept))


def _offsets(stack: Stack) -> tuple[FloatArray, BoolArray]:
    """Return offsets (east, north) in arcsec of each stamp, and which of them can be used."""
    # Weights u_i w(r), with w = (1 - (r / R)^2)^2. What a shift adds to their sum over the residual
    # is the sum of the light times their derivatives: no undersampled image is differentiated. The
    # light is that of the image, since a fit beside the light has too little.
    rest = np.clip(1 - (stack.radius / WINDOW_PIX) ** 2, 0, None)
    arms = np.stack([stack.dx, stack.dy], axis=1)
    moments = np.einsum("niyx,nyx->ni", arms, np.where(rest > 0, stack.residual * rest**2, 0))
    light = np.where(rest > 0, own_light(stack) + stack.residual, 0)
    response = np.einsum("nyx,ij->nij", light * rest**2, np.eye(2))
    response -= np.einsum("niyx,njyx,nyx->nij", arms, arms, light * rest) * 4 / WINDOW_PIX**2
    determinant = determinant_of(response)
    usable = np.isfinite(moments).all(axis=1) & (np.abs(determinant) > 0)
    usable &= np.isfinite(stack.cd_arcsec).all(axis=(1, 2)) & np.isfinite(determinant)
    offset = np.zeros_like(moments)
    offset[usable] = np.linalg.solve(response[usable], moments[usable][..., None])[..., 0]
    return np.einsum("nij,nj->ni", stack.cd_arcsec, offset), usable


def check_emission(
    sample: Sample, stack: Stack | None, neighbours: Sequence[Neighbour] | None
) -> Check:
    """Check for light that is not the target's: around it, in the job, and in the fit."""
    light = absent(sample, ("x_image", "y_image", "snr")) or _other_light(sample, stack)
    findings = (light, _unfitted(sample, neighbours), _correlation(sample))
    return Check(key="emission", title="Nearby emission", findings=findings)


def _other_light(sample: Sample, stack: Stack | None) -> Finding:
    """Look for a place on the sky where many exposures have more light than their models."""
    if stack is None:
        return impossible(_NO_STAMPS)
    if stack.places.size < FEWEST_STAMPS:
        return _too_few(stack.places.size)
    pulls = stack.residual / stack.sigma
    in_ring = (stack.radius > CORE_PIX) & (stack.radius <= RING_PIX) & np.isfinite(pulls)
    if not in_ring.any():
        return impossible("no pixel around the target can be used")
    place, cells = _sky_cells(stack, in_ring)
    values, brightness = pulls[in_ring][place], stack.residual[in_ring][place]
    # Where the variance is too small everything would stand out.
    scale = max(1.0, float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values)))))
    found = [
        (np.median(values[part]) * math.sqrt(part.stop - part.start) / (MEDIAN_ERROR * scale), part)
        for part in cells
        if part.stop - part.start >= FEWEST_STAMPS
    ]
    if not found:
        return impossible("too few points: no place around the target is in five stamps")
    sigma, part = max(found, key=lambda one: one[0])
    east, north = sky_offsets(stack)
    at = (np.median(east[in_ring][place][part]), np.median(north[in_ring][place][part]))
    stamp = np.nonzero(in_ring)[0][place][part]
    # Light of a star like the target, whose own is brightest in one pixel as well.
    peak = float(np.nanmedian(own_light(stack).max(axis=(1, 2))))
    fraction = float(np.median(brightness[part])) / peak if peak > 0 else math.inf
    flux = float(np.median(sample.numbers("flux")[stack.places]))
    limit = (
        f"Look above {EMISSION_SIGMA:g}\u03c3 and {percent(EMISSION_LOOK_FRACTION)} of the "
        f"target's flux, bad above {percent(EMISSION_BAD_FRACTION)}."
    )
    inner, outer = CORE_PIX * PIXEL_ARCSEC, RING_PIX * PIXEL_ARCSEC
    text = (
        f"The brightest light above the model, from {inner:.0f}\u2033 to {outer:.0f}\u2033 "
        f"around the target, is {math.hypot(*at):.0f}\u2033 {_direction(*at)}: "
        f"{digits(sigma, 1)}\u03c3 in {counted(np.unique(stamp).size, 'stamp')}, "
        f"about {significant(fraction * flux, 2)} \u00b5Jy, {percent(fraction)} of the target's "
        "median flux."
    )
    is_real = sigma > EMISSION_SIGMA
    verdict = graded(fraction, EMISSION_LOOK_FRACTION, EMISSION_BAD_FRACTION) if is_real else "ok"
    if verdict == "ok":
        return Finding(verdict=verdict, text=text, limit=limit)
    text += " If it is a source, add it to the list of targets: both are then fitted together."
    badness = np.full(sample.rows.size, -np.inf)
    np.maximum.at(badness, stack.places[stamp], values[part])
    rows = offenders(
        sample, badness > 0, badness, lambda place: f"{digits(badness[place], 1)}\u03c3"
    )
    return Finding(verdict=verdict, text=text, limit=limit, **rows)


def _sky_cells(stack: Stack, in_ring: BoolArray) -> tuple[np.ndarray, list[slice]]:
    """Return an order of the pixels in the ring, and the parts of it that are one cell of sky."""
    east, north = (values[in_ring] for values in sky_offsets(stack))
    column, row = (np.rint(values / PIXEL_ARCSEC).astype(int) for values in (east, north))
    key = column * 1000 + row
    order = np.argsort(key, kind="stable")
    ends = np.flatnonzero(np.diff(key[order], append=key.max() + 1)) + 1
    starts = np.concatenate([[0], ends[:-1]])
    return order, [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def _unfitted(sample: Sample, neighbours: Sequence[Neighbour] | None) -> Finding:
    """Look for targets of the job that are near and yet not in the fit."""
    if neighbours is None:
        return impossible("this file does not know of other targets")
    reach = NEIGHBOUR_PIX * PIXEL_ARCSEC
    near = sorted(
        (one for one in neighbours if one.separation_arcsec <= reach),
        key=lambda one: one.separation_arcsec,
    )
    limit = f"Within {NEIGHBOUR_PIX:g} pixels ({reach:.0f}\u2033) targets share light."
    if not near:
        text = f"No other target of this job is within {reach:.0f}\u2033."
        return Finding(verdict="ok", text=text, limit=limit)
    names = ", ".join(f"{one.name} ({one.separation_arcsec:.1f}\u2033)" for one in near[:5])
    text = f"{counted(len(near), 'target')} of this job within {reach:.0f}\u2033: {names}"
    alone = ~np.isfinite(sample.numbers("flux_corr"))
    if not sample.has("flux_corr"):
        return Finding(verdict="look", text=f"{text}; the file does not say whether they were "
                       "fitted together.", limit=limit)  # fmt: skip
    if not alone.any():
        return Finding(verdict="ok", text=f"{text}; fitted together everywhere.", limit=limit)
    return Finding(
        verdict="look",
        text=f"{text}; {counted(int(alone.sum()), 'measurement')} of {alone.size:,} fitted the "
        "target alone.",
        limit=limit,
        **offenders(sample, alone, np.zeros(alone.size)),
    )


def _correlation(sample: Sample) -> Finding:
    """Look at how much the flux depends on that of a neighbour in the fit."""
    if missing := absent(sample, ("flux_corr",)):
        return missing
    size = np.abs(sample.numbers("flux_corr"))
    known = np.isfinite(size)
    limit = (
        f"Look above {CORRELATION_LOOK:g} and bad above {CORRELATION_BAD:g}, in the median: errors "
        "are then 1.15 and 2.3 times those of an isolated target."
    )
    if not known.any():
        text = "Fitted alone: no other target is in its fits, so that flux_corr is empty."
        return Finding(verdict="ok", text=text, limit=limit)
    median = float(np.median(size[known]))
    is_high = known & (size > CORRELATION_BAD)
    text = (
        f"The correlation with the flux of a neighbour in the fit is {digits(median)} in the "
        f"median of {counted(int(known.sum()), 'measurement')}, above {CORRELATION_BAD:g} in "
        f"{int(is_high.sum()):,}."
    )
    verdict = graded(median, CORRELATION_LOOK, CORRELATION_BAD)
    if verdict == "ok" and is_high.any():
        verdict = "look"
    rows = offenders(sample, is_high, np.nan_to_num(size), lambda place: digits(size[place]))
    return Finding(verdict=verdict, text=text, limit=limit, **rows)


def _direction(east: float, north: float) -> str:
    names = ("north", "north-east", "east", "south-east", "south", "south-west", "west",
             "north-west")  # fmt: skip
    return names[round(math.degrees(math.atan2(east, north)) / 45) % 8]


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")
