"""What to do about a measurement that carries a flag, in half a sentence for each."""

from __future__ import annotations

from photometry_core import flags

_LOST = "the fit goes on without these pixels; trust it less the nearer they are to the target"
_GHOST = "look for a smooth patch of light in the residual, and compare visits at other positions"
_HALO = "look for light around the target that other visits do not have"

_ADVICE = {
    "TRANSIENT": "look for a spot or a streak in the residual that other visits do not have",
    "OVERFLOW": "compare with visits without it; a bright target may be saturated in all of them",
    "SUR_ERROR": _LOST,
    "PHANTOM": "look at the image; the correction of these pixels may be off",
    "REFERENCE": "not a pixel that sees the sky: look whether the target is at the detector's edge",
    "NONFUNC": _LOST,
    "DICHROIC": "compare with the other detector near 2.42 \u00b5m; leave it out where they differ",
    "MISSING_DATA": _LOST,
    "HOT": _LOST,
    "COLD": _LOST,
    "FULLSAMPLE": "nothing to do",
    "SUR_MISMATCH": "look at the image for a pixel that stands out",
    "PHANMISS": "compare the background with that of neighbouring visits",
    "NONLINEAR": "bright pixels: compare with visits that have it on fewer pixels",
    "VAR_UNDER": "take the error as a lower limit",
    "PERSIST": "something bright was here before: look for light in the residual",
    "PERSIST_UNK": "compare with other visits of the channel",
    "OUTLIER": "look for a single pixel that stands out in the residual",
    "CROSSTALK": "look for a copy of a bright star along the rows or columns",
    "SOURCE": "nothing to do: every catalogued source has it, this target most likely too",
    "GHOST": _GHOST,
    "GHOST_FPA": _GHOST,
    "GHOST_EXT": _GHOST,
    "STREAK": "look for a line through the cutout",
    "BLOOM": "look for a bright star in the same columns or rows",
    "SNOWBALL": "leave it out if the target is inside of the round patch",
    "HALO": _HALO,
    "SATELLITE_HALO": _HALO,
    "CONTAINS_BAD_PIXEL": "see which other flag is on ignored pixels, and how near those are",
    "FIT_ERROR": "there is no flux to use; the reason says why",
}


def advice_for(bit: int) -> str:
    """Return what to do about a flag, given the number of its bit."""
    flag = flags.BY_BIT.get(bit)
    if flag is None:
        return "look at the cutout: nobody has told this version what it means"
    return _ADVICE[flag.name]
