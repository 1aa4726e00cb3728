"""Well-known objects that are in the simulated sky under their own names.

Their positions are real; what is simulated there is a source of the same class, as bright
and as compact as makes a good example.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from photometry_core.simulation.spectra import TEMPLATES, number_of
from photometry_core.types import ProperMotion


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSource:
    """A source that can be found by name.

    Parameters
    ----------
    name
        As it is shown.
    aliases
        Other names it is found by.
    ra_deg, dec_deg
        ICRS position.
    description
        What it is, in a few words.
    template
        Name of its template spectrum.
    ab_mag
        AB magnitude of its mean flux density over 1.5 to 2.3 um.
    sersic_index
        4 or 1 for an extended galaxy, 0 for a point source.
    effective_radius_arcsec
        Along the major axis; 0 for a point source.
    axis_ratio
        Minor over major axis.
    position_angle_deg
        Of the major axis, from north through east.
    motion
        How it moves; `None` if that can't be seen. It is at its position at the epoch of this.
    """

    name: str
    aliases: tuple[str, ...]
    ra_deg: float
    dec_deg: float
    description: str
    template: str
    ab_mag: float
    sersic_index: float = 0.0
    effective_radius_arcsec: float = 0.0
    axis_ratio: float = 1.0
    position_angle_deg: float = 0.0
    motion: ProperMotion | None = None

    @property
    def kind(self) -> str:
        """Class of the source, such as ``star`` or ``quasar``."""
        return TEMPLATES[number_of(self.template)].kind


NAMED: tuple[NamedSource, ...] = (
    NamedSource(
        name="M 81", aliases=("NGC 3031", "Bode's Galaxy"), ra_deg=148.88822, dec_deg=69.06530,
        description="spiral galaxy", template="spiral galaxy, z = 0", ab_mag=12.8,
        sersic_index=4.0, effective_radius_arcsec=6.0, axis_ratio=0.55, position_angle_deg=157.0,
    ),
    NamedSource(
        name="M 31", aliases=("NGC 224", "Andromeda Galaxy"), ra_deg=10.68471, dec_deg=41.26875,
        description="spiral galaxy", template="spiral galaxy, z = 0", ab_mag=11.9,
        sersic_index=1.0, effective_radius_arcsec=18.0, axis_ratio=0.4, position_angle_deg=38.0,
    ),
    NamedSource(
        name="M 51", aliases=("NGC 5194", "Whirlpool Galaxy"), ra_deg=202.46958, dec_deg=47.19526,
        description="starburst galaxy", template="starburst galaxy, z = 0", ab_mag=12.6,
        sersic_index=1.0, effective_radius_arcsec=14.0, axis_ratio=0.8, position_angle_deg=163.0,
    ),
    NamedSource(
        name="M 104", aliases=("NGC 4594", "Sombrero Galaxy"), ra_deg=189.99763, dec_deg=-11.62305,
        description="edge-on galaxy", template="elliptical galaxy, z = 0", ab_mag=12.8,
        sersic_index=4.0, effective_radius_arcsec=5.0, axis_ratio=0.45, position_angle_deg=90.0,
    ),
    NamedSource(
        name="NGC 1068", aliases=("M 77", "Cetus A"), ra_deg=40.66963, dec_deg=-0.01329,
        description="Seyfert 2 galaxy", template="Seyfert 2, z = 0.004", ab_mag=13.0,
        sersic_index=4.0, effective_radius_arcsec=3.0, axis_ratio=0.8, position_angle_deg=70.0,
    ),
    NamedSource(
        name="NGC 7027", aliases=("PK 084-03 1",), ra_deg=316.75709, dec_deg=42.23609,
        description="planetary nebula with strong emission lines",
        template="planetary nebula, high excitation", ab_mag=13.4,
    ),
    NamedSource(
        name="NGC 6543", aliases=("Cat's Eye Nebula",), ra_deg=269.63918, dec_deg=66.63320,
        description="planetary nebula in the northern deep field",
        template="planetary nebula, low excitation", ab_mag=13.8,
    ),
    NamedSource(
        name="SIMP J0136+0933",
        aliases=("SIMP J013656.5+093347.3", "SIMP 0136", "SIMP J01365662+0933473"),
        ra_deg=24.24125, dec_deg=9.56307, description="brown dwarf with methane and water bands",
        template="T2 dwarf", ab_mag=14.3,
    ),
    NamedSource(
        name="TRAPPIST-1", aliases=("2MASS J23062928-0502285",), ra_deg=346.62233,
        dec_deg=-5.04144, description="late M dwarf that moves 1 arcsec a year",
        template="M dwarf, 2600 K", ab_mag=13.0,
        # Gaia DR3.
        motion=ProperMotion(pm_ra_mas_yr=930.788, pm_dec_mas_yr=-479.038, ref_epoch_yr=2016.0),
    ),
    NamedSource(
        name="KF06T1", aliases=("2MASS J17575849+6652293",), ra_deg=269.49370, dec_deg=66.87483,
        description="K giant in the northern deep field", template="K giant, 4700 K", ab_mag=13.2,
    ),
    NamedSource(
        name="HD 12533", aliases=("Gamma Andromedae", "Almach"), ra_deg=30.97480,
        dec_deg=42.32973, description="K giant", template="K giant, 4200 K", ab_mag=12.6,
    ),
    NamedSource(
        name="P330E", aliases=("GSC 02581-02323",), ra_deg=247.89086, dec_deg=30.14640,
        description="star like the Sun", template="G star, 5800 K", ab_mag=13.1,
    ),
    NamedSource(
        name="G191-B2B", aliases=("BD+52 913",), ra_deg=76.37758, dec_deg=52.83111,
        description="hot white dwarf", template="white dwarf, 30000 K", ab_mag=14.0,
    ),
    NamedSource(
        name="3C 273", aliases=("PG 1226+023", "QSO B1226+0219"), ra_deg=187.27792,
        dec_deg=2.05239, description="quasar at z = 0.158", template="quasar, z = 0.158",
        ab_mag=13.0,
    ),
    NamedSource(
        name="TON 618", aliases=("FBQS J122824.9+312837", "QSO B1226+317"), ra_deg=187.10404,
        dec_deg=31.47714, description="quasar at z = 2.2", template="quasar, z = 2.2", ab_mag=14.4,
    ),
    NamedSource(
        name="Cloverleaf", aliases=("H1413+117", "QSO J1415+1129", "Cloverleaf quasar"),
        ra_deg=213.94271, dec_deg=11.49539, description="quasar at z = 2.56",
        template="quasar, z = 2.56", ab_mag=14.6,
    ),
)  # fmt: skip


def find_named(text: str) -> NamedSource | None:
    """Return the named source that a text means; case, blanks and punctuation don't matter.

    "Messier" is understood as "M".
    """
    return _BY_KEY.get(_key(text))


def _key(text: str) -> str:
    # A sign is part of a name made of coordinates, other punctuation is decoration.
    key = re.sub(r"[^a-z0-9+-]", "", text.casefold())
    return re.sub(r"^messier(?=\d)", "m", key)


_BY_KEY = {_key(text): source for source in NAMED for text in (source.name, *source.aliases)} | {
    _key(source.name).replace("-", ""): source for source in NAMED
}
