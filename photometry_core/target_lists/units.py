"""Units that the columns of a list can have, by the role of the column."""

from __future__ import annotations

UNITS: dict[str, dict[str, str]] = {
    "ra": {
        "deg": "degrees",
        "hourangle": "hours",
        "rad": "radians",
        "sexagesimal": "hours, minutes, seconds",
        "sexagesimal degrees": "degrees, minutes, seconds",
    },
    "dec": {
        "deg": "degrees",
        "rad": "radians",
        "sexagesimal degrees": "degrees, minutes, seconds",
    },
    "effective_radius": {"arcsec": "arcsec", "arcmin": "arcmin", "deg": "degrees", "pix": "pixels"},
    "position_angle": {"deg": "degrees", "rad": "radians"},
    "pm_ra": {
        "mas/yr": "mas/yr",
        "arcsec/yr": "arcsec/yr",
        "mas/yr without cos(Dec)": "mas/yr without cos(Dec)",
    },
    "pm_dec": {"mas/yr": "mas/yr", "arcsec/yr": "arcsec/yr"},
    "ref_epoch": {"yr": "Julian year", "jd": "Julian date", "mjd": "MJD", "iso": "ISO date"},
}
"""Key of the unit and what people read, the usual one first; roles without units are absent."""
