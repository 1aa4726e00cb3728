"""Checks of what each row says of itself: its flags, and the quality of its fit."""

from __future__ import annotations

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
from explorer.results.flag_counts import row_severities
from explorer.results.robust import spread
from photometry_core import flags
from photometry_core.types import IntArray

BAD_FLAGS_LOOK = 0.1
BAD_FLAGS_BAD = 0.5
"""Of the measurements, serious or worse: a tenth is what the dichroic alone takes from D3 and D4;
with half of them gone the rest is a choice."""

WARN_FLAGS_LOOK = 0.5
"""Of the measurements: a warning that most of them have is of the target or its surroundings."""

PERFECT_FIT = 0.8
"""Mean of |z| of Gaussian noise, sqrt(2 / pi)."""

FIT_LOOK = 1.0
FIT_BAD = 1.5
"""Residuals 25 % and 90 % larger than the noise."""

FIT_LOW = 0.6
"""Residuals 25 % smaller than the noise: errors are too large."""

FIT_SCATTER = 0.13
"""Of fit_ql among perfect fits with some 20 pixels near the target: 0.6 / sqrt(20)."""

OUTLIER_SIGMA = 5.0
OUTLIERS_BAD = 0.1

FEWEST_FITS = 5

CHI2_LOOK = 3.0
"""Per pixel; 1 is noise alone. Above it most of what is in the fit box is not in the model."""


def check_flags(sample: Sample, rows: IntArray) -> Check:
    """Check how many measurements are flagged.

    Parameters
    ----------
    sample
        The measurements that are checked.
    rows
        Those that are shown but for the mask: flags are counted in them.
    """
    return Check(key="flags", title="Flags", findings=_flag_findings(sample, rows))


def _flag_findings(sample: Sample, rows: IntArray) -> tuple[Finding, ...]:
    if missing := absent(sample, ("flags",)):
        return (missing,)
    if not rows.size:
        return (impossible("no row is left by the filters"),)
    everything = Sample(sample.dataset, rows)
    values = sample.dataset.flags()[rows]
    severity = row_severities(values)
    n_of = [int(np.count_nonzero(severity == level)) for level in range(4)]
    share = (n_of[2] + n_of[3]) / rows.size
    bad = Finding(
        verdict=graded(share, BAD_FLAGS_LOOK, BAD_FLAGS_BAD),
        text=f"{percent(share)} of {counted(rows.size, 'measurement')} have a flag that is serious "
        f"({n_of[2]:,}) or means that there is no flux ({n_of[3]:,}), before the mask.",
        limit=f"Look above {percent(BAD_FLAGS_LOOK)}, bad above {percent(BAD_FLAGS_BAD)}.",
        **offenders(
            everything,
            severity >= 2,
            severity.astype(float),
            lambda place: ", ".join(_bad_names(int(values[place]))),
        ),
    )
    share = n_of[1] / rows.size
    warned = Finding(
        verdict="look" if share > WARN_FLAGS_LOOK else "ok",
        text=f"{percent(share)} have a flag that asks for a look at worst ({n_of[1]:,}); "
        f"{percent(n_of[0] / rows.size)} have none or a benign one ({n_of[0]:,})."
        f"{_most_frequent(values)}",
        limit=f"Look above {percent(WARN_FLAGS_LOOK)}: what most visits have belongs to the target "
        "or its surroundings.",
    )
    return bad, warned


def _bad_names(value: int) -> list[str]:
    names = flags.decode(value)
    return [n for n in names if n in flags.BY_NAME and flags.BY_NAME[n].severity in
            ("serious", "reject")]  # fmt: skip


def _most_frequent(values: IntArray) -> str:
    """Name the flag, benign ones apart, that most measurements have."""
    unsigned = values.view(np.uint64)
    counts = {
        bit: int(np.count_nonzero(unsigned & np.uint64(1 << bit)))
        for bit in range(64)
        if bit not in flags.BY_BIT or flags.BY_BIT[bit].severity != "benign"
    }
    bit = max(counts, key=lambda one: counts[one])
    name = flags.decode(1 << bit)[0]
    return f" The most frequent is {name} ({counts[bit]:,})." if counts[bit] else ""


def check_fit(sample: Sample) -> Check:
    """Check how well the model describes the pixels."""
    findings = (*_fit_quality(sample), _chi2(sample))
    return Check(key="fit", title="Fit quality", findings=findings)


def _fit_quality(sample: Sample) -> tuple[Finding, ...]:
    if missing := absent(sample, ("fit_ql",)):
        return (missing,)
    value = sample.numbers("fit_ql")
    known = np.isfinite(value)
    if known.sum() < FEWEST_FITS:
        return (
            impossible(
                f"too few points: {counted(int(known.sum()), 'measurement')} with fit_ql; "
                f"{FEWEST_FITS} are needed"
            ),
        )
    median = float(np.median(value[known]))
    is_low = median < FIT_LOW
    verdict = "look" if is_low else graded(median, FIT_LOOK, FIT_BAD)
    overall = Finding(
        verdict="look" if is_low else verdict,
        text=f"fit_ql is {digits(median)} in the median of "
        f"{counted(int(known.sum()), 'measurement')} (mean |pixel \u2212 model| / \u03c3, no "
        f"unit; {PERFECT_FIT:g} is perfect).",
        limit=f"Look above {FIT_LOOK:g} and below {FIT_LOW:g}, bad above {FIT_BAD:g}: residuals "
        "25 % larger or smaller, and 90 % larger, than the noise.",
    )
    threshold = median + OUTLIER_SIGMA * max(spread(value[known]), FIT_SCATTER)
    is_outlier = known & (value > threshold)
    share = float(is_outlier.sum() / known.sum())
    outliers = Finding(
        verdict=("bad" if share > OUTLIERS_BAD else "look") if is_outlier.any() else "ok",
        text=f"{counted(int(is_outlier.sum()), 'measurement')} with fit_ql above "
        f"{digits(threshold)}, {OUTLIER_SIGMA:g} robust standard deviations over the median.",
        limit=f"Look if there is one, bad above {percent(OUTLIERS_BAD)} of them.",
        **offenders(sample, is_outlier, np.nan_to_num(value), lambda place: digits(value[place])),
    )
    return overall, outliers


def _chi2(sample: Sample) -> Finding:
    if missing := absent(sample, ("chi2", "n_pix")):
        return missing
    n_pix = sample.numbers("n_pix")
    value = sample.numbers("chi2") / np.where(n_pix > 0, n_pix, np.nan)
    known = np.isfinite(value)
    if known.sum() < FEWEST_FITS:
        return impossible(
            f"too few points: {counted(int(known.sum()), 'measurement')} with chi2; "
            f"{FEWEST_FITS} are needed"
        )
    median = float(np.median(value[known]))
    return Finding(
        verdict="look" if median > CHI2_LOOK else "ok",
        text=f"\u03c7\u00b2 per pixel of the whole fit box is {significant(median)} in the median "
        "(no unit; 1 is noise alone).",
        limit=f"Look above {CHI2_LOOK:g}: the box holds light that no model describes, such as "
        "stars that are not in the list. Those far from the target hardly change its flux.",
    )
