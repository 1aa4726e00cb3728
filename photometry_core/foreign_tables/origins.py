"""Which program wrote a table of a spectrum, by the names of its columns and what it says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

Origin: TypeAlias = Literal["explorer", "official", "other"]

_SOFTWARE = "SPHEREx Explorer"
_OURS = frozenset(("wavelength", "flux", "flux_err", "flags", "flux_bkg_err", "n_pix", "reason"))
"""Together they are in our tables only."""
_OURS_BINNED = frozenset(("channel", "wavelength", "flux", "flux_err", "n_used", "scatter"))
_OFFICIAL = frozenset(
    ("lambda_width", "fit_ql", "flux_bkg", "lvf_id", "det_id", "obs_publisher_did",
     "local_bkg_flg", "deep_flg")
)  # fmt: skip
_WAVELENGTHS = frozenset(("wavelength", "lambda"))


def origin_of_columns(names: Collection[str], facts: Mapping[str, str]) -> Origin:
    """Return which program made a table.

    Parameters
    ----------
    names
        Of its columns.
    facts
        Texts about it by name.
    """
    columns = {name.lower() for name in names}
    said = {name.lower(): text for name, text in facts.items()}
    software = said.get("server_software") or said.get("creator", "")
    if software.startswith(_SOFTWARE) or columns >= _OURS or columns >= _OURS_BINNED:
        return "explorer"
    if columns & _WAVELENGTHS and "flux" in columns and len(columns & _OFFICIAL) >= 3:
        return "official"
    return "other"


def is_spectrum(names: Collection[str], facts: Mapping[str, str]) -> bool:
    """Whether a table is a spectrum that this program or the official tool has measured."""
    has_wavelengths = bool(_WAVELENGTHS & {name.lower() for name in names})
    return has_wavelengths and origin_of_columns(names, facts) != "other"
