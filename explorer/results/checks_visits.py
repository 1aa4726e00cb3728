"""Checks of fluxes against each other: detectors where their ranges meet, and repeat visits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from explorer.bands import BANDS, Band
from explorer.results.checks_background import detectors
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
)
from explorer.results.robust import (
    NEIGHBOURS,
    PREDICTION_INFLATION,
    local_residuals,
    spread,
)
from photometry_core import flags
from photometry_core.types import BoolArray, FloatArray

CHANNELS_AT_BORDER = 2
"""On either side, of the wider kind: most spectra are a straight line over so few."""

DICHROIC_PAIR = (3, 4)
FEWEST_AT_BORDER = 6
FOR_SLOPE = 200
"""Measurements whose pairs give the slope the clipping starts from: 20,000 pairs are enough."""

CLIP_SIGMA = 4.0

STEP_LOOK = 0.05
STEP_BAD = 0.15
"""Of the flux: detectors are calibrated to some percent of each other."""

STEP_SIGMA = 4.0
STEP_ERROR = 0.1
"""With a larger error a step that matters can't be told from none."""

FEWEST_VISITS = 5
"""Of a channel: the scatter of fewer is itself uncertain by more than a third."""

SCATTER_LOOK = 1.5
SCATTER_BAD = 3.0
"""Scatter over error; 1 is what errors alone make."""

CHANNEL_LOOK = 2.5
"""Of a single channel of a hundred, whose scatter is known to a third."""

VISIT_SIGMA = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How fluxes change across the border of two detectors.

    Parameters
    ----------
    ratio, error
        Flux of the detector of longer wavelengths over that of the other, at the border.
    n
        Measurements, (below, above).
    """

    ratio: float
    error: float
    n: tuple[int, int]


def check_steps(sample: Sample) -> Check:
    """Check whether detectors agree where their ranges meet."""
    title = "Steps between detectors"
    if missing := absent(sample, ("det_id", "flux_err")):
        return Check(key="steps", title=title, findings=(missing,))
    findings = tuple(_step_finding(sample, low, high) for low, high in pairwise(BANDS))
    return Check(key="steps", title=title, findings=findings)


def _step_finding(sample: Sample, below: Band, above: Band) -> Finding:
    border_um = (below.end_um + above.start_um) / 2
    reach_um = CHANNELS_AT_BORDER * border_um / min(below.resolving_power, above.resolving_power)
    name = f"{above.name}/{below.name} at {border_um:.2f} \u00b5m"
    wavelength, detector = sample.numbers("wavelength"), detectors(sample)
    near = (np.abs(wavelength - border_um) <= reach_um) & (sample.numbers("flux_err") > 0)
    is_low, is_high = near & (detector == below.detector), near & (detector == above.detector)
    n = (int(is_low.sum()), int(is_high.sum()))
    is_dichroic = (below.detector, above.detector) == DICHROIC_PAIR
    dichroic = _dichroic(sample, is_low | is_high) if is_dichroic else ""
    if min(n) < FEWEST_AT_BORDER:
        return impossible(
            f"{name}: too few points, {n[0]} and {n[1]} within {reach_um:.2f} \u00b5m of the "
            f"border; {FEWEST_AT_BORDER} on either side are needed{dichroic}"
        )
    members = is_low | is_high
    step = measure_step(
        wavelength[members] - border_um,
        sample.numbers("flux")[members],
        sample.numbers("flux_err")[members],
        is_high[members],
    )
    if step is None or step.error > STEP_ERROR:
        known = "" if step is None else f" ({digits(step.ratio)} \u00b1 {digits(step.error)})"
        return impossible(f"{name}: the fluxes near the border are too uncertain{known}{dichroic}")
    size = abs(step.ratio - 1)
    is_real = size > STEP_SIGMA * step.error
    distance = np.where(members, np.abs(wavelength - border_um), np.inf)
    verdict = graded(size, STEP_LOOK, STEP_BAD) if is_real else "ok"
    # The nearest on either side show it best.
    shown = np.zeros(members.size, bool)
    if verdict != "ok":
        for side in (is_low, is_high):
            shown[np.argsort(np.where(side, distance, np.inf))[:3]] = True
    return Finding(
        verdict=verdict,
        text=f"{name}: ratio {digits(step.ratio, 3)} \u00b1 {digits(step.error, 3)}, from "
        f"{step.n[0]} and {step.n[1]} measurements within {reach_um:.2f} \u00b5m{dichroic}.",
        limit=f"Look if more than {percent(STEP_LOOK)} from 1, bad above {percent(STEP_BAD)}, if "
        f"it is {STEP_SIGMA:g} times its error. A line or band at the border also makes a step.",
        **offenders(
            sample,
            shown,
            -distance,
            lambda place: f"D{detector[place]}, {wavelength[place]:.3f} \u00b5m",
        ),
    )


def _dichroic(sample: Sample, members: BoolArray) -> str:
    mask = flags.BY_NAME["DICHROIC"].mask
    count = int(np.count_nonzero(sample.dataset.flags()[sample.rows][members] & mask))
    return f"; this is the dichroic's edge, {count} of them have the flag DICHROIC"


def measure_step(
    distance_um: FloatArray, flux: FloatArray, error: FloatArray, is_high: BoolArray
) -> Step | None:
    """Measure the step of fluxes at a border, with one slope on both sides.

    Parameters
    ----------
    distance_um
        Wavelength less that of the border.
    flux, error
        uJy; errors above 0.
    is_high
        Which measurements are of the detector of longer wavelengths.

    Returns
    -------
    Step or None
        From a weighted fit after clipping; `None` if there is no flux at the border.
    """
    design = np.column_stack([np.ones(flux.size), is_high, distance_um])
    kept = _unclipped(distance_um, flux, is_high)
    for _ in range(3):
        weighted = design[kept] / error[kept, None]
        solution, *_ = np.linalg.lstsq(weighted, flux[kept] / error[kept], rcond=None)
        pull = (flux - design @ solution) / error
        scale = max(spread(pull[kept]), 1.0)
        kept = np.abs(pull - np.median(pull[kept])) <= CLIP_SIGMA * scale
    n = (int((kept & ~is_high).sum()), int((kept & is_high).sum()))
    below, difference = float(solution[0]), float(solution[1])
    if below <= 0 or min(n) < 3:
        return None
    weighted = design[kept] / error[kept, None]
    covariance = np.linalg.pinv(weighted.T @ weighted) * scale**2
    ratio = 1 + difference / below
    gradient = np.array([-difference / below**2, 1 / below, 0.0])
    return Step(ratio=ratio, error=math.sqrt(gradient @ covariance @ gradient), n=n)


def _unclipped(distance: FloatArray, flux: FloatArray, is_high: BoolArray) -> BoolArray:
    """Return which points are near the median line of their side: the start of the fit."""
    kept = np.zeros(flux.size, bool)
    for side in (is_high, ~is_high):
        x, y = distance[side], flux[side]
        some = np.linspace(0, x.size - 1, min(x.size, FOR_SLOPE)).astype(int)
        one, other = (some[pair] for pair in np.triu_indices(some.size, 1))
        run = x[other] - x[one]
        slope = np.median((y[other] - y[one])[run != 0] / run[run != 0]) if run.any() else 0.0
        residual = y - slope * x
        residual -= np.median(residual)
        width = spread(residual)
        kept[side] = np.abs(residual) <= CLIP_SIGMA * width if width > 0 else True
    return kept


def check_visits(sample: Sample) -> Check:
    """Check whether repeat visits of a channel agree within their errors."""
    finding = absent(sample, ("det_id", "channel", "flux_err")) or _visits(sample)
    return Check(key="visits", title="Repeat visits", findings=(finding,))


def _visits(sample: Sample) -> Finding:
    """Compare each flux with its neighbours in wavelength; the slope of the spectrum drops out."""
    wavelength, flux = sample.numbers("wavelength"), sample.numbers("flux")
    error, detector = sample.numbers("flux_err"), detectors(sample)
    channel = np.nan_to_num(sample.numbers("channel")).astype(np.int64)
    usable = (error > 0) & (channel > 0)
    pull = np.full(flux.size, np.nan)
    residual = local_residuals(wavelength[usable], flux[usable], detector[usable])
    pull[usable] = residual / (PREDICTION_INFLATION * error[usable])
    scatter = _by_channel(pull, detector * 100 + channel)
    if not scatter:
        return impossible(
            f"too few points: no channel has {FEWEST_VISITS} visits in a detector with more than "
            f"{NEIGHBOURS} measurements"
        )
    median = float(np.median(list(scatter.values())))
    high = {key: value for key, value in scatter.items() if value > CHANNEL_LOOK * max(median, 1)}
    verdict = graded(median, SCATTER_LOOK, SCATTER_BAD)
    if verdict == "ok" and high:
        verdict = "look"
    is_far = np.abs(pull) > VISIT_SIGMA * max(median, 1.0)
    if verdict == "ok" and is_far.any():
        verdict = "look"
    worst = sorted(high, key=lambda key: -high[key])[:4]
    names = ", ".join(
        f"D{key // 100} channel {key % 100} ({digits(high[key], 1)})" for key in worst
    )
    return Finding(
        verdict=verdict,
        text=f"Visits scatter by {digits(median)} times their errors in the median of "
        f"{counted(len(scatter), 'channel')} with {FEWEST_VISITS} visits or more (no unit; 1 is "
        f"expected). {counted(int(is_far.sum()), 'visit')} beyond "
        f"{VISIT_SIGMA * max(median, 1.0):.3g} errors." + (f" Largest: {names}." if names else ""),
        limit=f"Look above {SCATTER_LOOK:g}, bad above {SCATTER_BAD:g}: the target varies, or "
        f"errors are too small. Look as well if a channel scatters {CHANNEL_LOOK:g} times as much, "
        f"or a visit lies {VISIT_SIGMA:g} times as far out.",
        **offenders(
            sample,
            is_far,
            np.nan_to_num(np.abs(pull)),
            lambda place: f"{digits(pull[place], 1)}\u03c3",
        ),
    )


def _by_channel(pull: FloatArray, key: np.ndarray) -> dict[int, float]:
    """Return the robust scatter of each channel with enough visits."""
    known = np.isfinite(pull)
    order = np.argsort(key[known], kind="stable")
    keys, values = key[known][order], pull[known][order]
    found, starts, counts = np.unique(keys, return_index=True, return_counts=True)
    return {
        int(one): spread(values[start : start + count])
        for one, start, count in zip(found, starts, counts, strict=True)
        if count >= FEWEST_VISITS
    }
