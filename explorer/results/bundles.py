"""Several files in one zip file, with a list of targets, a manifest and a README."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from explorer.results.provenance import SOFTWARE, citation_of
from explorer.results.save_request import SaveRequest
from explorer.results.saved_contents import view_in_words
from explorer.results.saved_files import SavedFile, write_table
from explorer.results.target_files import target_contents
from explorer.results.target_list import TargetLine
from explorer.results.view import View
from jobs.models import Job

_FASTEST = 1
"""Level of compression: images hardly shrink, and tables do at once."""

_ORIGINS = {
    True: "All data are SIMULATED.",
    False: "The data are observed.",
    None: "The files do not say whether the data are observed or simulated.",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """What goes into one zip file.

    Parameters
    ----------
    job, save, view
        The job, what is wanted, and how it is looked at.
    files
        The files with spectra and images.
    lines
        The targets that they are of.
    reference
        Address of the results page.
    sentence
        What the whole is, in words.
    """

    job: Job
    save: SaveRequest
    view: View
    files: Sequence[SavedFile]
    lines: Sequence[TargetLine]
    reference: str
    sentence: str


class _Digest(io.RawIOBase):
    """A stream that counts what goes through it, and takes its SHA-256."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha = hashlib.sha256()
        self.n_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._stream.write(data)
        self._sha.update(data)
        self.n_bytes += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        return self._sha.hexdigest()


def write_bundle(bundle: Bundle, stream: BinaryIO) -> None:
    """Write a zip file; at most one table, or a few images, are in memory at a time."""
    entries = []
    with zipfile.ZipFile(
        stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST, allowZip64=True
    ) as archive:
        for file in bundle.files:
            entries.append(_put(archive, file.name, file.write) | _about(file))
        targets = f"targets{bundle.save.extension}"
        contents = target_contents(bundle.job, bundle.lines, bundle.reference)
        entries.append(
            _put(archive, targets, lambda out: write_table(
                contents, bundle.save.file_format, out
            )) | {"kind": "list of targets", "rows": len(bundle.lines)}
        )  # fmt: skip
        manifest = json.dumps(_manifest(bundle, entries), indent=1, ensure_ascii=False) + "\n"
        archive.writestr("manifest.json", manifest)
        archive.writestr("README.txt", _readme(bundle, targets))


def _put(archive: zipfile.ZipFile, name: str, write: Callable[[BinaryIO], None]) -> dict[str, Any]:
    """Write a file into the archive; return its name, size and checksum."""
    with archive.open(name, "w", force_zip64=True) as out:
        digest = _Digest(cast(BinaryIO, out))
        write(cast(BinaryIO, digest))
    return {"file": name, "sha256": digest.sha256, "bytes": digest.n_bytes}


def _about(file: SavedFile) -> dict[str, Any]:
    dataset = file.chosen.dataset
    return {
        "kind": file.kind,
        "rows": int(file.chosen.rows.size),
        "rows_of_spectrum": dataset.n_rows,
        "target_index": dataset.index,
        "target": dataset.name,
        "ra_deg": dataset.target.get("ra_deg"),
        "dec_deg": dataset.target.get("dec_deg"),
        "simulated": dataset.is_simulated,
        "options": dataset.metadata.get("options"),
    }


def _manifest(bundle: Bundle, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "software": SOFTWARE,
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "job": {"id": bundle.job.pk, "title": bundle.job.title, "address": bundle.reference},
        "simulated": _is_simulated(bundle),
        "request": asdict(bundle.save),
        "view": view_in_words(bundle.view),
        "files": list(entries),
    }


def _is_simulated(bundle: Bundle) -> bool | None:
    """Return whether any of the data are simulated; `None` if a file does not say."""
    said = {file.chosen.dataset.is_simulated for file in bundle.files}
    return True if True in said else None if None in said else False


def _readme(bundle: Bundle, targets: str) -> str:
    """Return ten lines for a person who finds the zip file in a year."""
    datasets = {file.chosen.dataset.index: file.chosen.dataset for file in bundle.files}.values()
    origins = {dataset.is_simulated for dataset in datasets}
    origin = "Some of the data are simulated: see manifest.json."
    if len(origins) == 1:
        origin = _ORIGINS[origins.pop()]
    citations = sorted({citation for d in datasets if (citation := citation_of(d))})
    lines = [
        f"{' '.join(bundle.job.title.split())}: SPHEREx spectra by {SOFTWARE}",
        bundle.reference,
        bundle.sentence,
        origin,
        "Fluxes are in uJy, wavelengths in um (vacuum), positions in degrees (ICRS), mjd in UTC.",
        "flags are 64-bit integers; missing values are nulls (empty cells in CSV).",
        f"{targets} lists the targets; manifest.json says of every file what it holds,",
        "and has its SHA-256 checksum, the filters, and the options of the measurement.",
        "*_binned files hold averages of channels, *.stamps.fits the images of every row.",
        f"To be cited: {'; '.join(citations)}" if citations else "Nothing is known to be cited.",
    ]
    return "\n".join(lines) + "\n"
