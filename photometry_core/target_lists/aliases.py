"""How catalogues call the columns that a list of targets needs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from photometry_core.target_lists.units import bracketed


@dataclass(frozen=True, slots=True)
class PairAlias:
    """How one kind of catalogue calls the two coordinates.

    Parameters
    ----------
    ra, dec
        Names of the first and of the second coordinate, as `bare_name` makes them.
    weight
        How sure the names are, 0 to 1.
    frame
        Frame that they state; empty if they state none.
    unit
        Unit that they always have; empty if that differs.
    needs_frame
        Whether columns called so need a frame that the file states elsewhere, or a question.
    """

    ra: tuple[str, ...]
    dec: tuple[str, ...]
    weight: float
    frame: str = ""
    unit: str = ""
    needs_frame: bool = False


PAIRS = (
    PairAlias(
        ("ra", "rightascension", "rightasc", "rasc", "rascension", "\u03b1", "radeg"),
        ("dec", "de", "decl", "declination", "decli", "\u03b4", "decdeg", "dedeg"),
        0.75,
    ),
    PairAlias(("alpha",), ("delta",), 0.6),
    PairAlias(("raj2000", "j2000ra"), ("dej2000", "decj2000", "j2000dec"), 0.75, "ICRS"),
    PairAlias(("raicrs", "icrsra"), ("deicrs", "decicrs", "icrsdec"), 0.77, "ICRS"),
    PairAlias(("alphaj2000",), ("deltaj2000",), 0.75, "ICRS", "deg"),
    PairAlias(("alphawinj2000",), ("deltawinj2000",), 0.75, "ICRS", "deg"),
    PairAlias(("alphapeakj2000",), ("deltapeakj2000",), 0.6, "ICRS", "deg"),
    PairAlias(("alphasky",), ("deltasky",), 0.7, "", "deg"),
    PairAlias(("alphawinsky",), ("deltawinsky",), 0.7, "", "deg"),
    PairAlias(("xworld",), ("yworld",), 0.6, "", "deg"),
    PairAlias(("xwinworld",), ("ywinworld",), 0.6, "", "deg"),
    PairAlias(("ramean",), ("decmean",), 0.75, "ICRS", "deg"),
    PairAlias(("rastack",), ("decstack",), 0.75, "ICRS", "deg"),
    PairAlias(("targetra",), ("targetdec",), 0.75),
    PairAlias(("meanfiberra", "fiberra"), ("meanfiberdec", "fiberdec"), 0.6, "ICRS", "deg"),
    PairAlias(("coordra",), ("coorddec",), 0.75, "ICRS"),
    PairAlias(("sra",), ("sdec",), 0.8, "ICRS", "deg"),
    PairAlias(("racorr",), ("deccorr",), 0.65),
    PairAlias(("scra",), ("scdec",), 0.65),
    PairAlias(("raobj", "objra"), ("decobj", "objdec"), 0.65),
    PairAlias(("rafk5",), ("defk5", "decfk5"), 0.7, "FK5"),
    PairAlias(
        ("rab1950", "ra1950", "rafk4", "alphab1950"),
        ("deb1950", "decb1950", "de1950", "dec1950", "defk4", "decfk4", "deltab1950"),
        0.5,
        "B1950",
    ),
    PairAlias(
        ("glon", "gallon", "lgal", "galacticlongitude", "galacticlon", "lii", "gall"),
        ("glat", "gallat", "bgal", "galacticlatitude", "galacticlat", "bii", "galb"),
        0.5, "Galactic", "deg",
    ),
    PairAlias(("l",), ("b",), 0.45, "Galactic", "deg"),
    PairAlias(
        ("elon", "ecllon", "eclipticlongitude", "eclipticlon"),
        ("elat", "ecllat", "eclipticlatitude", "eclipticlat"),
        0.45, "Ecliptic", "deg",
    ),
    PairAlias(
        ("lon", "long", "longitude"), ("lat", "latitude"), 0.5, "", "", needs_frame=True
    ),
)  # fmt: skip

RA_NAMES = {name: pair for pair in PAIRS for name in pair.ra}
DEC_NAMES = {name: pair for pair in PAIRS for name in pair.dec}

NAMES: dict[str, dict[str, float]] = {
    "position": {
        "position": 0.6, "positions": 0.6, "pos": 0.5, "coord": 0.6, "coords": 0.6,
        "coordinate": 0.6, "coordinates": 0.6, "radec": 0.7, "skycoord": 0.6, "raanddec": 0.7,
    },
    "name": {
        "name": 0.75, "targetname": 0.75, "target": 0.72, "objectname": 0.74, "objname": 0.73,
        "object": 0.7, "obj": 0.6, "sourcename": 0.72, "source": 0.65, "designation": 0.66,
        "mainid": 0.7, "sourceid": 0.6, "targetid": 0.6, "objectid": 0.58, "objid": 0.58,
        "id": 0.55, "ident": 0.55, "identifier": 0.6, "star": 0.5, "galaxy": 0.5, "label": 0.5,
        "number": 0.4, "no": 0.3, "common name": 0.5, "simbadname": 0.6, "nedname": 0.6,
    },
    "sersic_index": {
        "n": 0.5, "sersic": 0.75, "sersicn": 0.8, "sersicindex": 0.85, "nser": 0.75,
        "nsersic": 0.8, "nsers": 0.75, "galindex": 0.7, "index": 0.35, "nindex": 0.5,
    },
    "axis_ratio": {
        "ba": 0.7, "q": 0.55, "ar": 0.6, "axrat": 0.75, "axisratio": 0.85, "sersicba": 0.8,
        "axialratio": 0.8, "baratio": 0.75, "qsersic": 0.7,
        "ab": 0.6, "elongation": 0.7, "abratio": 0.7, "ell": 0.6, "e": 0.45, "ellip": 0.65,
        "ellipticity": 0.75, "galellip": 0.7, "eps": 0.4, "sersicell": 0.7,
    },
    "position_angle": {
        "pa": 0.7, "positionangle": 0.85, "posangle": 0.8, "posang": 0.8, "phi": 0.55,
        "theta": 0.55, "thetaj2000": 0.75, "thetasky": 0.75, "thetawinj2000": 0.7,
        "thetawinsky": 0.7, "thetaimage": 0.65, "thetawinimage": 0.6, "thetaworld": 0.65,
        "thetawinworld": 0.6, "galpa": 0.75, "sersicphi": 0.75, "sersicpa": 0.8,
        "pagalfit": 0.65, "galfitpa": 0.65, "pasersic": 0.75,
    },
    "effective_radius": {
        "re": 0.65, "reff": 0.75, "effectiveradius": 0.85, "effradius": 0.8, "r50": 0.65,
        "shaper": 0.7, "sersicth50": 0.8, "galre": 0.75, "fluxradius": 0.6, "rhalf": 0.65,
        "halflightradius": 0.8, "hlr": 0.65, "sersicre": 0.8, "resersic": 0.75, "rsersic": 0.65,
        "sersicreff": 0.8, "th50": 0.65,
    },
    "pm_ra": {
        "pmra": 0.8, "pmracosdec": 0.8, "pmracosde": 0.8, "pmrade": 0.3, "mualpha": 0.65,
        "mura": 0.65, "pmalpha": 0.65, "mualphastar": 0.7, "mualphacosdelta": 0.75,
        "muracosdec": 0.75, "propermotionra": 0.8, "rapm": 0.7, "rapropermotion": 0.8,
        "pmalphacosdelta": 0.75, "pmrastar": 0.7,
    },
    "pm_dec": {
        "pmdec": 0.8, "pmde": 0.8, "mudelta": 0.65, "mudec": 0.65, "mude": 0.65, "pmdelta": 0.65,
        "propermotiondec": 0.8, "decpm": 0.7, "decpropermotion": 0.8,
    },
    "ref_epoch": {
        "refepoch": 0.85, "epoch": 0.7, "posepoch": 0.75, "epochyr": 0.7, "epochmjd": 0.7,
        "meanepoch": 0.6, "epochmean": 0.6, "epochra": 0.4, "positionepoch": 0.75,
        "pmepoch": 0.7, "epochjd": 0.7, "coordepoch": 0.7,
    },
}  # fmt: skip
"""For each role how sure a name is, 0 to 1."""

WITHOUT_COS_DEC_UNKNOWN = frozenset(("mualpha", "mura", "pmalpha", "rapm"))
"""Names of motions of which some have the factor cos(Dec) and some have not."""

KIND_OF_NAME = {
    **dict.fromkeys(("ba", "q", "axrat", "sersicba", "baratio", "qsersic"), "b/a"),
    **dict.fromkeys(("ab", "elongation", "abratio"), "a/b"),
    **dict.fromkeys(("ell", "e", "ellip", "ellipticity", "galellip", "eps", "sersicell"), "1-b/a"),
}
"""Which ratio of the axes a name means, if the values agree."""

DOUBTFUL_RATIOS = frozenset(("ab", "e", "ell", "eps"))
"""Of these names, those that are too short to be taken at their word."""

EAST_OF_NORTH = frozenset((
    "pa", "positionangle", "posangle", "posang", "phi", "thetaj2000", "thetasky", "thetawinj2000",
    "thetawinsky", "galpa", "sersicphi", "sersicpa", "pasersic",
))  # fmt: skip
"""Names of angles from north towards east. GALFIT and images measure others."""

ARCSEC_NAMES = frozenset(("shaper", "sersicth50", "th50"))
"""Names of effective radii that are always in arcsec."""

OTHER_WORDS = frozenset((
    "err", "error", "errors", "e", "sig", "sigma", "unc", "uncertainty", "std", "stddev", "stdev",
    "rms", "var", "ivar", "cov", "pm", "mu", "parallax", "plx", "rate", "offset", "off", "d",
    "diff", "count", "num", "nobs", "flag", "flags", "width", "size", "min", "max", "pix", "pixel",
    "motion", "epoch", "log", "lg", "kpc", "percent", "dist", "sep", "unit", "radius", "prob",
))  # fmt: skip
"""A header with one of these is about a coordinate or a shape, and is not one."""

_COORDINATE_WORD = re.compile(
    r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
    r"(?:(?P<ra>ra|RA|Ra|glon|GLON|lon|LON)|(?P<dec>dec|DEC|Dec|de|DE|De|glat|GLAT|lat|LAT))"
    r"(?=[^A-Za-z]|[A-Z][a-z]|$)"
)


_AT_THE_END = re.compile(
    r"(?<=[A-Za-z0-9])[_ .]+(?:deg|degrees?|rad|radians?|arcsec|arcmin|asec|hours?|hr|hms|dms|"
    r"pix|px|pixels?|mas_?yr|masyr|arcsec_?yr|yr|mjd|jd|[ugrizyjhk])$",
    re.IGNORECASE,
)


def bare_name(name: str) -> str:
    """Return a header without unit, case and punctuation: ``rightasc`` for ``Right Asc. (h)``."""
    bare = bracketed(name)[0].casefold()
    return "".join(
        character for character in unicodedata.normalize("NFKC", bare) if character.isalnum()
    )


def words_of(name: str) -> list[str]:
    """Return the words of a header in lower case, without the unit in brackets."""
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bracketed(name)[0])
    return [word.casefold() for word in re.split(r"[\W_]+", bare) if word]


def spellings(name: str) -> tuple[str, ...]:
    """Return a bare header, also without the unit or band at its end: ``re_arcsec``, ``q_r``."""
    found = [bare_name(name)]
    stripped = _AT_THE_END.sub("", bracketed(name)[0])
    if stripped and (bare := bare_name(stripped)) != found[0]:
        found.append(bare)
    return tuple(found)


def coordinate_word(name: str) -> tuple[str, str]:
    """Return which coordinate a header has a word of, and what is left of the header.

    Returns
    -------
    tuple of str
        ``ra``, ``dec`` or nothing, and the header with ``#`` in the place of the word.
    """
    bare = bracketed(name)[0]
    found = list(_COORDINATE_WORD.finditer(bare))
    if len(found) != 1 or OTHER_WORDS & set(words_of(bare)):
        return "", ""
    match = found[0]
    return str(match.lastgroup), f"{bare[: match.start()]}#{bare[match.end() :]}".casefold()
