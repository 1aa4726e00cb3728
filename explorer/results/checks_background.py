"""Checks of the local background: jumps, boxes that had to grow, and leaks between it and flux."""

from __future__ import annotations

import math

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
from explorer.results.robust import NEIGHBOURS, local_residuals, rank_correlation, spread
from photometry_core.types import FloatArray, IntArray

EPOCH_GAP_DAYS = 10.0
EPOCH_DAYS = 30.0
"""Zodiacal light changes by some percent in a month: measurements are compared within one."""

JUMP_SIGMA = 6.0
JUMP_FRACTION = 0.03
"""A jump is both: far outside of the scatter, and more than neighbouring pixels of a smooth
background differ by."""

JUMPS_BAD = 0.1

GROWN_LOOK = 0.1
GROWN_BAD = 0.5
"""Of the measurements."""

LEAK_LOOK = 0.3
LEAK_BAD = 0.7
LEAK_SIGMA = 4.0
"""Rank correlation of noise has a scatter of 1 / sqrt(n - 1); a tenth and half of the variance."""

FEWEST_PAIRS = 20


def check_background(sample: Sample) -> Check:
    """Check the background under the target."""
    findings = (_jumps(sample), _grown(sample), _leak(sample))
    return Check(key="background", title="Background", findings=findings)


def detectors(sample: Sample) -> IntArray:
    """Return the detector of each measurement, 0 where the file does not say."""
    return np.nan_to_num(sample.numbers("det_id")).astype(np.int64)


def _epochs(mjd: FloatArray) -> IntArray:
    """Return numbers that measurements of one month share."""
    if not np.isfinite(mjd).all():
        return np.zeros(mjd.size, np.int64)
    order = np.argsort(mjd)
    ordered = mjd[order]
    stay = np.cumsum(np.diff(ordered, prepend=ordered[:1]) > EPOCH_GAP_DAYS)
    start = ordered[np.searchsorted(stay, stay)]
    month = np.floor((ordered - start) / EPOCH_DAYS).astype(np.int64)
    epoch = np.zeros(mjd.size, np.int64)
    epoch[order] = stay * 1000 + month
    return epoch


def _jumps(sample: Sample) -> Finding:
    """Compare each background with those at neighbouring wavelengths of its detector and month."""
    if missing := absent(sample, ("flux_bkg", "det_id")):
        return missing
    wavelength, level = sample.numbers("wavelength"), sample.numbers("flux_bkg")
    known = np.isfinite(level)
    detector = detectors(sample)
    residual = np.full(level.size, np.nan)
    group = detector * 10**6 + _epochs(sample.numbers("mjd"))
    residual[known] = local_residuals(wavelength[known], level[known], group[known])
    judged = np.isfinite(residual)
    if not judged.any():
        return impossible(
            f"too few points: no detector has more than {NEIGHBOURS} measurements of flux_bkg "
            "within a month"
        )
    expected = level - residual
    sigma = _noise(residual, sample.numbers("flux_bkg_err"), detector)
    significance = np.abs(residual) / sigma
    with np.errstate(invalid="ignore"):
        is_jump = (significance > JUMP_SIGMA) & (np.abs(residual) > JUMP_FRACTION * abs(expected))
    n_judged = int(judged.sum())
    share = float(is_jump.sum() / n_judged)

    def note(place: int) -> str:
        return f"{significant(level[place])} MJy/sr, not {significant(expected[place])}"

    return Finding(
        verdict=("bad" if share > JUMPS_BAD else "look") if is_jump.any() else "ok",
        text=f"{counted(int(is_jump.sum()), 'jump')} of flux_bkg among {n_judged:,} measurements, "
        f"against the {NEIGHBOURS} neighbours in wavelength of the same detector and month"
        + (
            f"; {level.size - n_judged:,} have too few neighbours."
            if n_judged < level.size
            else "."
        ),
        limit=f"A jump is more than {JUMP_SIGMA:g} robust standard deviations and "
        f"{percent(JUMP_FRACTION)} of the level. Look if there is one, bad above "
        f"{percent(JUMPS_BAD)} of the measurements. Near 1.083 \u00b5m helium of the upper "
        "atmosphere glows, and changes within minutes.",
        **offenders(sample, is_jump, np.nan_to_num(significance), note),
    )


def _noise(residual: FloatArray, error: FloatArray, detector: IntArray) -> FloatArray:
    """Return the scatter of residuals per detector, and no less than the errors say."""
    sigma = np.full(residual.size, np.nan)
    for one in np.unique(detector):
        members = (detector == one) & np.isfinite(residual)
        if members.any():
            sigma[detector == one] = spread(residual[members])
    sigma = np.fmax(sigma, error)
    # Backgrounds that are all equal have no scatter; any difference is then a jump.
    return np.where(sigma > 0, sigma, np.finfo(float).tiny)


def _grown(sample: Sample) -> Finding:
    if missing := absent(sample, ("local_bkg_flg",)):
        return missing
    value = sample.numbers("local_bkg_flg")
    is_grown = value == 0
    n_known = int(np.isfinite(value).sum())
    if not n_known:
        return impossible("local_bkg_flg is empty")
    share = float(is_grown.sum() / n_known)
    return Finding(
        verdict=graded(share, GROWN_LOOK, GROWN_BAD),
        text=f"{counted(int(is_grown.sum()), 'measurement')} of {n_known:,} "
        f"({percent(share)}) with a background that is not local: too few pixels of the box could "
        "be used, and it had to grow.",
        limit=f"Look above {percent(GROWN_LOOK)}, bad above {percent(GROWN_BAD)}.",
        **offenders(sample, is_grown, np.zeros(value.size)),
    )


def _leak(sample: Sample) -> Finding:
    """Compare the ups and downs of background and flux, without what wavelength explains."""
    if missing := absent(sample, ("flux_bkg", "det_id")):
        return missing
    wavelength, group = sample.numbers("wavelength"), detectors(sample)
    level, flux = sample.numbers("flux_bkg"), sample.numbers("flux")
    known = np.isfinite(level) & np.isfinite(flux)
    group = group * 10**6 + _epochs(sample.numbers("mjd"))
    pair = [local_residuals(wavelength[known], one[known], group[known]) for one in (level, flux)]
    both = np.isfinite(pair[0]) & np.isfinite(pair[1])
    n = int(both.sum())
    if n < FEWEST_PAIRS:
        return impossible(
            f"too few points: {counted(n, 'measurement')} with neighbours in wavelength; "
            f"{FEWEST_PAIRS} are needed"
        )
    r = rank_correlation(pair[0][both], pair[1][both])
    is_real = abs(r) * math.sqrt(n - 1) > LEAK_SIGMA
    return Finding(
        verdict=graded(abs(r), LEAK_LOOK, LEAK_BAD) if is_real else "ok",
        text="Flux and background, each less the trend with wavelength, have a rank correlation "
        f"of {digits(r)} \u00b1 {digits(1 / math.sqrt(n - 1))} in {counted(n, 'measurement')} "
        "(no unit; 0 is none).",
        limit=f"Look above {LEAK_LOOK:g} and bad above {LEAK_BAD:g} of either sign, if it is "
        f"{LEAK_SIGMA:g} times its error: light of the target is then in its background, or "
        "background in its flux.",
    )
