"""Lists of simulated sources: what a scene is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photometry_core.motion import positions_at
from photometry_core.simulation.spectra import band_mean, number_of
from photometry_core.types import BoolArray, FloatArray, IntArray, ProperMotion, Target

_STILL = ProperMotion(pm_ra_mas_yr=0.0, pm_dec_mas_yr=0.0, ref_epoch_yr=2000.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Sources as columns, each of shape (n,).

    Parameters
    ----------
    source_id
        Unique within the sky; sources are drawn in this order.
    ra_deg, dec_deg
        ICRS position.
    direction
        The same as unit vectors, shape (n, 3).
    template
        Index into `spectra.TEMPLATES`.
    scale_ujy
        Mean flux density over 1.5 to 2.3 um; the template is multiplied by it.
    sersic_index
        0 for a point source.
    effective_radius_arcsec
        Along the major axis; 0 for a point source.
    axis_ratio
        Minor over major axis.
    position_angle_deg
        Of the major axis, from north through east.
    pm_ra_mas_yr, pm_dec_mas_yr
        Proper motion, that along right ascension with the factor cos(Dec); 0 for most sources.
    ref_epoch_yr
        Julian year at which it is at its position.
    """

    source_id: IntArray
    ra_deg: FloatArray
    dec_deg: FloatArray
    direction: FloatArray
    template: IntArray
    scale_ujy: FloatArray
    sersic_index: FloatArray
    effective_radius_arcsec: FloatArray
    axis_ratio: FloatArray
    position_angle_deg: FloatArray
    pm_ra_mas_yr: FloatArray
    pm_dec_mas_yr: FloatArray
    ref_epoch_yr: FloatArray

    def __len__(self) -> int:
        return self.source_id.size

    def take(self, which: IntArray | BoolArray) -> Sources:
        """Return some of the sources, by index or mask."""
        return Sources(**{name: getattr(self, name)[which] for name in self.__slots__})

    def direction_at(self, mjd: float) -> FloatArray:
        """Return where the sources are at a time, MJD (UTC), as unit vectors, shape (n, 3)."""
        moving = np.flatnonzero((self.pm_ra_mas_yr != 0) | (self.pm_dec_mas_yr != 0))
        if not moving.size:
            return self.direction
        targets = [
            Target(
                name="",
                ra_deg=float(self.ra_deg[k]),
                dec_deg=float(self.dec_deg[k]),
                motion=ProperMotion(
                    pm_ra_mas_yr=float(self.pm_ra_mas_yr[k]),
                    pm_dec_mas_yr=float(self.pm_dec_mas_yr[k]),
                    ref_epoch_yr=float(self.ref_epoch_yr[k]),
                ),
            )
            for k in moving
        ]
        direction = self.direction.copy()
        direction[moving] = unit_vectors(*positions_at(targets, mjd))
        return direction

    def flux_ujy(self, wavelength_um: npt.ArrayLike, bandwidth_um: npt.ArrayLike) -> FloatArray:
        """Return the true flux of every source in a bandpass, uJy.

        Parameters
        ----------
        wavelength_um, bandwidth_um
            Centre and full width, scalar or shape (n,).
        """
        return self.scale_ujy * band_mean(self.template, wavelength_um, bandwidth_um)


def concatenate(parts: Sequence[Sources]) -> Sources:
    """Return all sources of several lists in one, in order of their identifiers."""
    joined = Sources(
        **{name: np.concatenate([getattr(p, name) for p in parts]) for name in Sources.__slots__}
    )
    return joined.take(np.argsort(joined.source_id, kind="stable"))


def point_sources(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    flux_ujy: npt.ArrayLike,
    template: str = "flat",
) -> Sources:
    """Return point sources for a scene of one's own.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS positions, shape (n,).
    flux_ujy
        Mean flux densities over 1.5 to 2.3 um; with the flat template, at any wavelength.
    template
        Name of the template spectrum of all of them.
    """
    ra, dec, flux = np.broadcast_arrays(
        np.atleast_1d(np.asarray(ra_deg, float)),
        np.asarray(dec_deg, float),
        np.asarray(flux_ujy, float),
    )
    return make_sources(
        source_id=np.arange(ra.size),
        ra_deg=ra,
        dec_deg=dec,
        template=np.full(ra.size, number_of(template)),
        scale_ujy=flux,
    )


def make_sources(
    *,
    source_id: IntArray,
    ra_deg: FloatArray,
    dec_deg: FloatArray,
    template: IntArray,
    scale_ujy: FloatArray,
    sersic_index: FloatArray | None = None,
    effective_radius_arcsec: FloatArray | None = None,
    axis_ratio: FloatArray | None = None,
    position_angle_deg: FloatArray | None = None,
    motions: Sequence[ProperMotion | None] | None = None,
) -> Sources:
    """Return sources from their parameters; points that don't move where nothing else is given."""
    moving = [motion or _STILL for motion in motions or ()]
    zero, one = np.zeros(source_id.size), np.ones(source_id.size)
    return Sources(
        source_id=source_id,
        ra_deg=ra_deg,
        dec_deg=dec_deg,
        direction=unit_vectors(ra_deg, dec_deg),
        template=template,
        scale_ujy=scale_ujy,
        sersic_index=zero if sersic_index is None else sersic_index,
        effective_radius_arcsec=(
            zero if effective_radius_arcsec is None else effective_radius_arcsec
        ),
        axis_ratio=one if axis_ratio is None else axis_ratio,
        position_angle_deg=zero if position_angle_deg is None else position_angle_deg,
        pm_ra_mas_yr=np.array([motion.pm_ra_mas_yr for motion in moving]) if moving else zero,
        pm_dec_mas_yr=np.array([motion.pm_dec_mas_yr for motion in moving]) if moving else zero,
        ref_epoch_yr=np.array([motion.ref_epoch_yr for motion in moving]) if moving else zero,
    )


def unit_vectors(longitude_deg: npt.ArrayLike, latitude_deg: npt.ArrayLike) -> FloatArray:
    """Return unit vectors of positions on the sphere, shape (..., 3)."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    cos = np.cos(latitude)
    return np.stack([cos * np.cos(longitude), cos * np.sin(longitude), np.sin(latitude)], axis=-1)
