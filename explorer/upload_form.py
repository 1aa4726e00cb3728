"""The form that takes a file with spectra, and what it asks when the file does not say it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from photometry_core.foreign_spectra.contents import Answers
from photometry_core.foreign_tables.limits import MAX_COLUMN_NAME, MAX_FILE_BYTES

QUESTIONS = {
    "wavelength_column": "Wavelength column",
    "flux_column": "Flux column",
    "wavelength_unit": "Wavelength unit",
    "flux_unit": "Flux unit",
}
"""Fields that are shown when they are asked for, or were answered."""
_UNITS = {
    "wavelength_unit": {"um": "µm", "nm": "nm", "Angstrom": "Å", "mm": "mm", "m": "m"},
    "flux_unit": {
        "uJy": "µJy",
        "mJy": "mJy",
        "Jy": "Jy",
        "erg / (s cm2 Hz)": "erg s⁻¹ cm⁻² Hz⁻¹",
        "W / (m2 Hz)": "W m⁻² Hz⁻¹",
        "erg / (s cm2 Angstrom)": "erg s⁻¹ cm⁻² Å⁻¹",
        "erg / (s cm2 um)": "erg s⁻¹ cm⁻² µm⁻¹",
        "W / (m2 um)": "W m⁻² µm⁻¹",
    },
}
"""What can be chosen: the unit as astropy reads it, and as people do."""
_MOST_MB = f"{MAX_FILE_BYTES / 1e6:.0f} MB"


class UploadForm(forms.Form):
    """One file, and answers to questions about it."""

    file = forms.FileField(
        label="File",
        max_length=255,
        error_messages={
            "required": "Choose a file, or drop one on the box.",
            "empty": "The file is empty.",
            "max_length": "The name of the file is longer than 255 characters; rename it.",
        },
    )
    wavelength_column = forms.CharField(required=False, max_length=MAX_COLUMN_NAME)
    flux_column = forms.CharField(required=False, max_length=MAX_COLUMN_NAME)
    wavelength_unit = forms.ChoiceField(
        required=False, choices=[("", ""), *_UNITS["wavelength_unit"].items()]
    )
    flux_unit = forms.ChoiceField(required=False, choices=[("", ""), *_UNITS["flux_unit"].items()])

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is larger than any that may be opened."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(f"The file is larger than {_MOST_MB}.")
        return file

    def answers(self) -> Answers:
        """Return the answers of a valid form."""
        return Answers(**{name: self.cleaned_data[name] for name in QUESTIONS})

    def refuse_size(self) -> None:
        """Say that the file was too large to be received."""
        self.errors.pop("file", None)
        self.add_error("file", f"The file is larger than {_MOST_MB}.")

    def questions(self, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
        """Return the selects to be shown: what is asked, and what was answered before.

        Parameters
        ----------
        asked
            Names of fields, and the columns that they are about.
        """
        shown: list[dict[str, Any]] = []
        for name, label in QUESTIONS.items():
            given = self.data.get(name, "")[:MAX_COLUMN_NAME] if self.is_bound else ""
            if name not in asked and not given:
                continue
            columns = asked.get(name, [])
            if name in _UNITS:
                choices, about = _UNITS[name], ", ".join(columns)
            else:
                choices = {column: column for column in [*columns, given] if column}
                about = ""
            shown.append(
                {
                    "name": name,
                    "label": label,
                    "about": about,
                    "given": given,
                    "is_asked": name in asked,
                    "choices": list(choices.items()),
                }
            )
        return shown
