"""Every flag bit, declared once.

The bits 0 to 29 are those of the FLAGS plane of SPHEREx Spectral Images (Explanatory
Supplement and real FLAGS headers); 32 and 33 exist only in measurements, as in the
official tool's output, which is why flags of measurements need 64-bit integers.
Decoder, mask, legend and help texts are all generated from `FLAGS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

IMAGE_BITS = 30
"""Bits that pixels of a FLAGS plane can carry."""

Severity = Literal["benign", "warn", "serious", "reject"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the worst."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One bit.

    Parameters
    ----------
    bit
        Its number; the mask is ``1 << bit``.
    name
        As in the header card ``MP_<name>``.
    meaning
        One line for people.
    severity
        How a measurement that carries it is treated by default: ``benign`` says nothing
        against it, ``warn`` asks for a look, ``serious`` for distrust, and ``reject``
        means that there is no usable flux.
    in_image
        Whether pixels of a FLAGS plane can carry it.
    in_output
        Whether measurements can carry it.
    ignored_by_fit
        Whether pixels that carry it take no part in fit and background.
    """

    bit: int
    name: str
    meaning: str
    severity: Severity = "warn"
    in_image: bool = True
    in_output: bool = True
    ignored_by_fit: bool = False

    @property
    def mask(self) -> int:
        """The bit as an integer."""
        return 1 << self.bit


FLAGS: tuple[Flag, ...] = (
    Flag(0, "TRANSIENT", "Transient, such as a cosmic ray, detected during the ramp"),
    Flag(1, "OVERFLOW", "Saturation detected during the ramp"),
    Flag(2, "SUR_ERROR", "Error in on-board processing", ignored_by_fit=True),
    Flag(4, "PHANTOM", "Phantom pixel"),
    Flag(5, "REFERENCE", "Reference pixel"),
    Flag(6, "NONFUNC", "Permanently unusable pixel", ignored_by_fit=True),
    Flag(7, "DICHROIC", "Low efficiency because of the dichroic", severity="serious"),
    Flag(9, "MISSING_DATA", "Data lost on board", ignored_by_fit=True),
    Flag(10, "HOT", "Hot pixel", ignored_by_fit=True),
    Flag(11, "COLD", "Anomalously low signal", ignored_by_fit=True),
    Flag(12, "FULLSAMPLE", "Full sample history is available", severity="benign"),
    Flag(13, "SUR_MISMATCH", "On-board processing mismatch"),
    Flag(14, "PHANMISS", "Phantom correction not applied"),
    Flag(15, "NONLINEAR", "Non-linearity correction unreliable", ignored_by_fit=True),
    Flag(16, "VAR_UNDER", "Variance underestimated"),
    Flag(17, "PERSIST", "Persistent charge above threshold", ignored_by_fit=True),
    Flag(18, "PERSIST_UNK", "Persistence unknown"),
    Flag(19, "OUTLIER", "Found by outlier detection"),
    Flag(20, "CROSSTALK", "Electronic crosstalk"),
    Flag(21, "SOURCE", "Belongs to a catalogued source", severity="benign"),
    Flag(22, "GHOST", "Ghost of a bright source in the exposure"),
    Flag(23, "GHOST_FPA", "Ghost of a bright source on another detector"),
    Flag(24, "GHOST_EXT", "Ghost of a bright source outside the field"),
    Flag(25, "STREAK", "Streak"),
    Flag(26, "BLOOM", "Bloom of a bright source"),
    Flag(27, "SNOWBALL", "Snowball: large charge deposit"),
    Flag(28, "HALO", "Halo of a transient"),
    Flag(29, "SATELLITE_HALO", "Halo of a satellite trail"),
    Flag(
        32,
        "CONTAINS_BAD_PIXEL",
        "A pixel near the position was ignored by the fit",
        severity="serious",
        in_image=False,
    ),
    Flag(33, "FIT_ERROR", "No flux could be fitted", severity="reject", in_image=False),
)

BY_NAME: dict[str, Flag] = {flag.name: flag for flag in FLAGS}
BY_BIT: dict[int, Flag] = {flag.bit: flag for flag in FLAGS}


def flag_of(bit: int) -> Flag:
    """Return the flag of a bit.

    A bit that is not described is ``BIT_<n>`` and warns, so that nothing is hidden.
    """
    unknown = Flag(bit, f"BIT_{bit}", "Not described by this version", in_image=bit < IMAGE_BITS)
    return BY_BIT.get(bit, unknown)


def mask_of(names: Iterable[str]) -> int:
    """Return the union of the named flags as an integer.

    Raises
    ------
    KeyError
        A name is not that of a flag.
    """
    mask = 0
    for name in names:
        mask |= BY_NAME[name].mask
    return mask


def decode(value: int) -> list[str]:
    """Return the names of the bits set in `value`, in order of bits."""
    return [flag_of(bit).name for bit in _bits(value)]


def worst_severity(value: int) -> Severity:
    """Return the worst severity among the bits set in `value`; unknown bits warn."""
    found = [SEVERITIES.index(flag_of(bit).severity) for bit in _bits(value)]
    return SEVERITIES[max(found, default=0)]


def _bits(value: int) -> list[int]:
    value = int(value)
    return [bit for bit in range(value.bit_length()) if value >> bit & 1]


IGNORED_BY_FIT = mask_of(flag.name for flag in FLAGS if flag.ignored_by_fit)
SOURCE = BY_NAME["SOURCE"].mask
CONTAINS_BAD_PIXEL = BY_NAME["CONTAINS_BAD_PIXEL"].mask
FIT_ERROR = BY_NAME["FIT_ERROR"].mask
