"""What a saved file says of itself: where its rows come from, and which of them it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from explorer.results.dataset import Dataset
from explorer.results.view import View
from photometry_core import __version__, flags
from photometry_core.arrow_columns import clean_text
from photometry_core.file_contents import Fact, measurement_facts, measurement_infos
from photometry_core.measurement import Provenance
from photometry_core.types import MeasureOptions, Target

SOFTWARE = f"SPHEREx Explorer {__version__}"
DATA_DOIS = {"qr2": "10.26131/IRSA652", "qr3": "10.26131/IRSA662"}
"""The data sets of the quick releases, as IRSA registered them."""

_PREFIX, _DEEP = "spherex_", "_deep"
_MAX_TEXT = 500


def releases_of(dataset: Dataset) -> list[str]:
    """Return the quick releases that the rows come from, such as ``qr2``."""
    names = dataset.texts("data_collection")
    return sorted({name.removeprefix(_PREFIX).removesuffix(_DEEP) for name in names})


def citation_of(dataset: Dataset) -> str:
    """Return what is to be cited for the data; empty if the file does not say what they are."""
    if dataset.is_simulated:
        return "Simulated data: no data release to cite"
    known = [name for name in releases_of(dataset) if name in DATA_DOIS]
    if dataset.is_simulated is None or not known:
        return ""
    data = " and ".join(f"{name.upper()} (doi:{DATA_DOIS[name]})" for name in known)
    return f"SPHEREx Quick Release Spectral Images {data}, served by NASA/IPAC IRSA"


def origin_infos(dataset: Dataset, reference: str) -> list[tuple[str, str]]:
    """Return what was measured and how, and where the file was made, as (keyword, text).

    Parameters
    ----------
    dataset
        The rows that the file is made of.
    reference
        Address of the results page.
    """
    if measured := _measured(dataset):
        infos = measurement_infos(*measured)
        if file_name := _upload(dataset).get("file_name"):
            infos.append(("upload_file_name", str(file_name)[:_MAX_TEXT]))
    else:
        infos = _uploaded_infos(dataset)
    infos += [
        ("job_id", dataset.job_id),
        ("reference_url", reference),
        ("saved_by", SOFTWARE),
        ("saved_date", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ]
    if releases := releases_of(dataset):
        infos.append(("releases", ", ".join(releases)))
    if citation := citation_of(dataset):
        infos.append(("citation", citation))
    return [(name, clean_text(text)) for name, text in infos]


def origin_facts(dataset: Dataset) -> list[Fact]:
    """Return the same for programs."""
    if measured := _measured(dataset):
        facts = measurement_facts(*measured, *_exposures(dataset))
    else:
        facts = _uploaded_facts(dataset)
    return [*facts, Fact("target_index", "int", "", dataset.index)]


def selection_infos(view: View, n_rows: int, n_all: int) -> list[tuple[str, str]]:
    """Return which rows a file holds, and why not the others.

    Parameters
    ----------
    view
        The filters and the mask that the rows passed, if some were left out.
    n_rows, n_all
        Rows in the file, and of the spectrum.
    """
    infos = [("rows", f"{n_rows} of {n_all}"), ("row_order", "that of the product: by wavelength")]
    if n_rows == n_all:
        return infos
    if filters := filters_in_words(view):
        infos.append(("filters", clean_text("; ".join(filters))))
    if view.light_curve_channel:
        detector, channel = view.light_curve_channel
        infos.append(("light_curve", f"D{detector} channel {channel}"))
    if view.mask:
        names = ", ".join(flags.decode(view.mask))
        infos.append(("mask", f"{view.mask} (left out: rows with any of {names})"))
    return infos


def filters_in_words(view: View) -> list[str]:
    """Return the conditions on rows, each with its column and its unit."""
    filters = [f"{one.column} {one.text}{_unit_of(one.unit)}" for one in view.filters if one.text]
    return [*filters, view.sql] if view.sql else filters


def _unit_of(unit: str) -> str:
    return "" if unit == "uJy" else f" [{unit}]"


def _exposures(dataset: Dataset) -> tuple[int, int]:
    """Return the numbers of exposures found and measured; a file may hold some of them only."""
    said = _upload(dataset).get("facts") or {}
    found, measured = (str(said.get(f"exposures_{name}", "")) for name in ("found", "measured"))
    if found.isdecimal() and measured.isdecimal():
        return int(found), int(measured)
    return dataset.n_rows, int(((dataset.flags() & flags.FIT_ERROR) == 0).sum())


def _upload(dataset: Dataset) -> dict[str, Any]:
    return dict(dataset.metadata.get("upload") or {})


def _measured(dataset: Dataset) -> tuple[Target, MeasureOptions, Provenance] | None:
    """Return the request of a spectrum that this program measured."""
    metadata = dataset.metadata
    if not (metadata.get("options") and metadata.get("provenance")):
        return None
    return (
        Target.from_json(dict(dataset.target)),
        MeasureOptions.from_json(metadata["options"]),
        Provenance.from_json(metadata["provenance"]),
    )


def _uploaded_infos(dataset: Dataset) -> list[tuple[str, str]]:
    """Return what is known of a file that somebody brought."""
    origin = {True: "simulated", False: "observed", None: "not stated"}[dataset.is_simulated]
    infos = [("target_name", dataset.name), ("data", origin)]
    for name, value in _upload(dataset).items():
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            infos.append((f"upload_{name}", str(value)[:_MAX_TEXT]))
    return infos


def _uploaded_facts(dataset: Dataset) -> list[Fact]:
    facts = []
    for name, key in (("target_ra", "ra_deg"), ("target_dec", "dec_deg")):
        value = dataset.target.get(key)
        if value is not None:
            facts.append(Fact(name, "double", "deg", float(value)))
    if dataset.is_simulated is not None:
        facts.append(Fact("simulated", "boolean", "", dataset.is_simulated))
    return facts
