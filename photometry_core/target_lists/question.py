"""One question about a list, and what questions call the roles of columns."""

from __future__ import annotations

from dataclasses import dataclass

LABELS = {
    "ra": "RA",
    "dec": "Dec",
    "sersic_index": "the S\u00e9rsic index",
    "axis_ratio": "the axis ratio",
    "position_angle": "the position angle",
    "effective_radius": "the effective radius",
    "pm_ra": "the proper motion in RA",
    "pm_dec": "the proper motion in Dec",
    "ref_epoch": "the epoch of the positions",
}
"""What questions and messages call the roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the file does not say, or says twice, and must not be guessed.

    Parameters
    ----------
    key
        Names it, such as ``ra.unit``, ``position.pair``, ``header``, ``decimal_comma``, ``table``,
        ``frame``, ``model``, ``axis_ratio.kind``, ``effective_radius.unit``.
    text
        The question, in one sentence.
    answers
        Pairs of the value of an answer and what people read. How a value is taken into the
        mapping is the business of `photometry_core.target_lists.answers`.
    blocks
        Whether no row can be used before it is answered.
    """

    key: str
    text: str
    answers: tuple[tuple[str, str], ...]
    blocks: bool = True
