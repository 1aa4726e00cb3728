"""Weighted linear least squares for the fluxes of overlapping sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.types import FloatArray

_LEAST_FRACTION = 0.25
"""Usable pixels must hold this part of the light of a source that is fitted."""

_WORST_CONDITION = 1e4
"""Beyond this condition number of the normalised normal matrix, fluxes can't be separated.

Two sources with correlated profiles, correlation r, have (1 + r) / (1 - r): the limit is
reached at about 0.015 pixels, where their errors would be 70 times those of single sources.
"""

_TAKES_PART = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearFit:
    """Fluxes of the sources of a group.

    Parameters
    ----------
    flux, flux_err
        Best fit and 1-sigma error, in the unit of the data, shape (n,); NaN where there is
        a reason.
    covariance
        Of the fluxes, shape (n, n), the backgrounds' uncertainty included.
    reasons
        Why a source has no flux; empty where it has one.
    """

    flux: FloatArray
    flux_err: FloatArray
    covariance: FloatArray
    reasons: tuple[str, ...]


def fit_fluxes(
    profiles: FloatArray,
    data: FloatArray,
    variance: FloatArray,
    background_response: FloatArray,
    background_covariance: FloatArray,
    taken_away: FloatArray | None = None,
) -> LinearFit:
    """Fit the fluxes of all sources of a group together.

    Parameters
    ----------
    profiles
        Fraction of each source's flux in each pixel, shape (npix, n).
    data
        Background-subtracted flux of each pixel, shape (npix,).
    variance
        Its variance, shape (npix,), positive; it must not depend on `data`.
    background_response
        Change of `data` when a background changes, shape (npix, nbackgrounds).
    background_covariance
        Covariance of the backgrounds, shape (nbackgrounds, nbackgrounds).
    taken_away
        Fraction of each source's flux that was subtracted from each pixel with a background
        that holds light of the source, shape (npix, n); `None` means nothing.

    Notes
    -----
    With P the profiles, less what was taken away, and W the inverse variances,
    f = A^-1 P^T W d, A = P^T W P. The covariance is A^-1 plus K C_b K^T, where
    K = A^-1 P^T W B carries the covariance C_b of the backgrounds through their response B.
    (E.g. Hogg, Bovy & Lang 2010, arXiv:1008.4686, section 1.) Combinations of fluxes that
    the data say nothing about are left out, and the sources that take part in them get a
    reason instead of a flux.
    """
    count = profiles.shape[1]
    held = profiles.sum(axis=0)
    seen_in_data = profiles if taken_away is None else profiles - taken_away
    visible = held >= _LEAST_FRACTION
    reasons = [
        ""
        if seen
        else f"usable pixels hold {max(part, 0):.0%} of the light of the source, "
        f"at least {_LEAST_FRACTION:.0%} is needed"
        for seen, part in zip(visible, held, strict=True)
    ]
    flux = np.full(count, np.nan)
    covariance = np.full((count, count), np.nan)
    if visible.any():
        some = seen_in_data[:, visible]
        weighted = some / variance[:, None]
        normal = some.T @ weighted
        scale = 1 / np.sqrt(np.diag(normal))
        values, vectors = np.linalg.eigh(normal * np.outer(scale, scale))
        kept = values > values[-1] / _WORST_CONDITION
        inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T * np.outer(scale, scale)
        carried = inverse @ (weighted.T @ background_response)
        separable = (vectors[:, ~kept] ** 2).sum(axis=1) < _TAKES_PART
        for source in np.flatnonzero(visible)[~separable]:
            reasons[source] = (
                "too close to another target: their fluxes can't be told apart in this exposure"
            )
        fitted = np.flatnonzero(visible)[separable]
        flux[fitted] = (inverse @ (weighted.T @ data))[separable]
        full = inverse + carried @ background_covariance @ carried.T
        covariance[np.ix_(fitted, fitted)] = full[np.ix_(separable, separable)]
    return LinearFit(
        flux=flux,
        flux_err=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        reasons=tuple(reasons),
    )
