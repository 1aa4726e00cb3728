"""The form that takes a list of targets: a file, a pasted text, or an address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from explorer.fetching import MAX_ADDRESS_LENGTH
from photometry_core.target_lists import limits

SOURCES = ("file", "text", "url")
"""Fields that a list can come by; one of them is given."""
MAX_TEXT_BYTES = 900_000
"""Of a pasted text; longer ones come as files."""
_NOTHING = {
    "file": "Choose a file, or drop one here.",
    "text": "Paste the rows of a table.",
    "url": "Type the address of a table.",
}


class ListForm(forms.Form):
    """One list.

    ``complete`` is the last field of its form: what lacks it was cut off on its way.
    """

    file = forms.FileField(
        label="File",
        required=False,
        error_messages={"empty": "The file is empty."},
    )
    text = forms.CharField(label="Text", required=False, strip=False)
    url = forms.CharField(label="Address", required=False, max_length=MAX_ADDRESS_LENGTH)
    complete = forms.CharField(required=False)

    source: str
    """Which of `SOURCES` a valid form has."""

    def clean_file(self) -> UploadedFile | None:
        """Refuse a file that is larger than any that is read."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file and (file.size or 0) > limits.MAX_FILE_BYTES:
            raise forms.ValidationError(_too_large())
        return file

    def clean_text(self) -> str:
        """Refuse a text that is too long to be pasted."""
        text: str = self.cleaned_data["text"]
        if len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
            raise forms.ValidationError(
                f"The text is larger than {MAX_TEXT_BYTES / 1e6:g} MB; save it as a file, "
                "and choose that."
            )
        return text

    def clean(self) -> dict[str, Any]:
        """Find out by which field the list comes."""
        cleaned = super().clean() or {}
        sent = [name for name in SOURCES if name in self.data or name in self.files]
        given = [name for name in SOURCES if self._has(name)]
        for name in SOURCES:
            if self._count(name) > 1:
                self.add_error(
                    name, f"{self._count(name)} lists were sent; allowed: one at a time."
                )
        if self.errors:
            return cleaned
        if len(given) > 1:
            self.add_error(given[1], "Several lists were sent; allowed: one at a time.")
        elif not self.data.get("complete"):
            self.add_error(
                [*given, "file"][0], "The list broke off on its way here. Send it again."
            )
        elif not given:
            first = next((name for name in sent if name != "file"), "file")
            self.add_error(first, _NOTHING[first])
        else:
            self.source = given[0]
        return cleaned

    def pieces(self) -> tuple[str, Any]:
        """Return the name and the bytes of a list that was sent, in pieces."""
        if self.source == "file":
            file: UploadedFile = self.cleaned_data["file"]
            return file.name or "", file.chunks()
        # Browsers send lines of a form as they are ended on no system but one.
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        return "", [text.encode("utf-8", "replace")]

    def refuse_size(self) -> None:
        """Say that the file was too large to be received."""
        self.errors.clear()
        self.add_error("file", _too_large())

    def _has(self, name: str) -> bool:
        return bool(self.cleaned_data.get(name))

    def _count(self, name: str) -> int:
        received = self.files if name == "file" else self.data
        return len(received.getlist(name)) if hasattr(received, "getlist") else 1


def _too_large() -> str:
    return f"The file is larger than {limits.MAX_FILE_BYTES / 1e6:g} MB."
