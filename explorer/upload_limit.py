"""Files that are too large are not stored while they are received."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from photometry_core.foreign_tables.limits import MAX_FILE_BYTES
from photometry_core.target_lists import limits as list_limits

_FORM_BYTES = 100_000
"""What a form has besides its file."""


def most_bytes(request: HttpRequest | None) -> int:
    """Return the size of the largest file that the page of a request takes."""
    match = request and request.resolver_match
    return list_limits.MAX_FILE_BYTES if match and match.url_name == "lists" else MAX_FILE_BYTES


def is_too_large(request: HttpRequest) -> bool:
    """Whether a request holds more than the largest file that its page takes."""
    return _length(request.META) > most_bytes(request) + _FORM_BYTES


class UploadLimit(FileUploadHandler):
    """Leaves out the files of a request that is too large; the fields of its form remain."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Look at the length of a request before its files come."""
        self._is_too_large = _length(META) > most_bytes(self.request) + _FORM_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Leave out a file."""
        super().new_file(*args, **kwargs)
        if self._is_too_large:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand a piece of a file on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave what a file becomes to the other handlers."""


def _length(meta: dict[str, Any]) -> int:
    try:
        return int(meta.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
