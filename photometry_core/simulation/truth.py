"""What is really there: the answer to hold a measurement on the simulated sky against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.simulation.names import NAMED
from photometry_core.simulation.sky import sources_around
from photometry_core.simulation.sources import unit_vectors
from photometry_core.simulation.spectra import TEMPLATES, band_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueSource:
    """One source of the simulated sky.

    Parameters
    ----------
    name
        Of a named source; empty for the others.
    kind
        Class, such as ``star`` or ``quasar``.
    spectrum
        Name of its template spectrum.
    ra_deg, dec_deg
        ICRS position.
    separation_arcsec
        From the position that was asked for.
    scale_ujy
        Mean flux density over 1.5 to 2.3 um.
    sersic_index, effective_radius_arcsec, axis_ratio, position_angle_deg
        Shape of a galaxy (major axis, east of north); a point source has index 0.
    """

    name: str
    kind: str
    spectrum: str
    ra_deg: float
    dec_deg: float
    separation_arcsec: float
    scale_ujy: float
    sersic_index: float
    effective_radius_arcsec: float
    axis_ratio: float
    position_angle_deg: float

    def flux_ujy(self, wavelength_um: float, bandwidth_um: float) -> float:
        """Return the total flux density, averaged over a bandpass."""
        number = [template.name for template in TEMPLATES].index(self.spectrum)
        return self.scale_ujy * float(band_mean(number, wavelength_um, bandwidth_um))


def truth(ra_deg: float, dec_deg: float, radius_arcsec: float) -> list[TrueSource]:
    """Return the sources within a radius of a position, the nearest first.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position.
    radius_arcsec
        At most a few degrees.
    """
    # A little more is asked for, so that rounding of tiny angles loses no source.
    found = sources_around(ra_deg, dec_deg, (radius_arcsec + 1.0) / 3600)
    apart = np.linalg.norm(found.direction - unit_vectors(ra_deg, dec_deg), axis=1)
    separation = np.degrees(2 * np.arcsin(apart / 2)) * 3600
    return [
        TrueSource(
            name=NAMED[number].name if (number := int(found.source_id[k])) < len(NAMED) else "",
            kind=TEMPLATES[int(found.template[k])].kind,
            spectrum=TEMPLATES[int(found.template[k])].name,
            ra_deg=float(found.ra_deg[k]),
            dec_deg=float(found.dec_deg[k]),
            separation_arcsec=float(separation[k]),
            scale_ujy=float(found.scale_ujy[k]),
            sersic_index=float(found.sersic_index[k]),
            effective_radius_arcsec=float(found.effective_radius_arcsec[k]),
            axis_ratio=float(found.axis_ratio[k]),
            position_angle_deg=float(found.position_angle_deg[k]),
        )
        for k in np.argsort(separation, kind="stable")
        if separation[k] <= radius_arcsec
    ]


def true_flux_ujy(
    ra_deg: float,
    dec_deg: float,
    wavelength_um: float,
    bandwidth_um: float,
    within_arcsec: float = 3.0,
) -> float:
    """Return the flux of the source nearest to a position in a bandpass; 0 if there is none.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position.
    wavelength_um, bandwidth_um
        Centre and full width of the bandpass.
    within_arcsec
        How far off the source may be.
    """
    nearest = truth(ra_deg, dec_deg, within_arcsec)
    return nearest[0].flux_ujy(wavelength_um, bandwidth_um) if nearest else 0.0
