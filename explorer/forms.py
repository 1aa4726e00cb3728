"""The form for a new job: what is typed becomes one target and options, or errors in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.crypto import get_random_string

from explorer.bands import BANDS
from explorer.names import Located, ResolverUnreachableError, locate
from explorer.times import parse_time
from photometry_core.errors import InvalidInputError
from photometry_core.types import BACKGROUND_SIZE_RANGE_PIX, MeasureOptions, Target

_MAX_TITLE_LENGTH = 120
_LOW_PIX, _HIGH_PIX = BACKGROUND_SIZE_RANGE_PIX
_ALLOWED_PIX = f"a whole number of pixels from {_LOW_PIX} to {_HIGH_PIX}"


def new_submission_key() -> str:
    """Return the key of one filled-in form."""
    return get_random_string(22)


class JobForm(forms.Form):
    """One target and the options of its measurement."""

    target = forms.CharField(
        label="Coordinates or Object Name",
        max_length=200,
        error_messages={"required": "Type coordinates or the name of an object."},
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "placeholder": "Coordinates or Object Name",
            }
        ),
    )
    bands = forms.TypedMultipleChoiceField(
        label="Bands",
        required=False,
        coerce=int,
        choices=[(band.detector, band.name) for band in BANDS],
        error_messages={"invalid_choice": "%(value)s is not a band; allowed: 1 to 6."},
    )
    time_start = forms.CharField(label="From", required=False, max_length=40)
    time_end = forms.CharField(label="Until", required=False, max_length=40)
    background_size = forms.IntegerField(
        label="Background region",
        initial=15,
        min_value=_LOW_PIX,
        max_value=_HIGH_PIX,
        error_messages={
            "required": f"Nothing given; allowed: {_ALLOWED_PIX}.",
            "invalid": f"That is not a whole number; allowed: {_ALLOWED_PIX}.",
            "min_value": f"%(show_value)s given; allowed: {_ALLOWED_PIX}.",
            "max_value": f"%(show_value)s given; allowed: {_ALLOWED_PIX}.",
        },
        widget=forms.NumberInput(attrs={"step": 1, "inputmode": "numeric"}),
    )
    title = forms.CharField(
        label="Title",
        required=False,
        max_length=_MAX_TITLE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    submission_key = forms.RegexField(
        r"^[A-Za-z0-9]{22}$", widget=forms.HiddenInput, initial=new_submission_key
    )

    located: Located

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            ids = [f"id_{name}_help"]
            if self.is_bound and self[name].errors:
                field.widget.attrs["aria-invalid"] = "true"
                ids.insert(0, f"id_{name}_error")
            field.widget.attrs["aria-describedby"] = " ".join(ids)

    def clean_target(self) -> Target:
        """Return the target at the position that was typed or resolved."""
        try:
            self.located = locate(self.cleaned_data["target"])
        except (InvalidInputError, ResolverUnreachableError) as error:
            raise forms.ValidationError(str(error)) from error
        return Target(
            name=self.located.name, ra_deg=self.located.ra_deg, dec_deg=self.located.dec_deg
        )

    def clean_time_start(self) -> float | None:
        """Return the start of the time range as MJD (UTC); `None` if it is open."""
        return self._mjd("time_start")

    def clean_time_end(self) -> float | None:
        """Return the end of the time range as MJD (UTC); `None` if it is open."""
        return self._mjd("time_end")

    def clean(self) -> dict[str, Any]:
        """Check what concerns more than one field."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("time_start"), cleaned.get("time_end")
        if start is not None and end is not None and start > end:
            self.add_error("time_end", "The end of the time range is before its start.")
        return cleaned

    def _mjd(self, name: str) -> float | None:
        text = self.cleaned_data[name]
        try:
            return parse_time(text).mjd if text else None
        except InvalidInputError as error:
            raise forms.ValidationError(str(error)) from error

    def options(self) -> MeasureOptions:
        """Return the options of a valid form; no band ticked means all of them."""
        values = self.cleaned_data
        chosen = tuple(sorted(values["bands"])) or MeasureOptions().detectors
        return MeasureOptions(
            detectors=chosen,
            mjd_range=(values["time_start"], values["time_end"]),
            background_size_pix=values["background_size"],
        )

    def job_title(self) -> str:
        """Return the title that was typed, or else one made of target and options."""
        return self.cleaned_data["title"] or default_title(
            self.cleaned_data["target"].name, self.options()
        )


def default_title(name: str, options: MeasureOptions) -> str:
    """Return a title that tells this job from others of the same target."""
    parts = [name or "New target"]
    if len(options.detectors) < len(BANDS):
        parts.append("D" + ", D".join(str(detector) for detector in options.detectors))
    start, end = options.mjd_range
    if start is not None and end is not None:
        parts.append(f"MJD {start:.2f}\u2013{end:.2f}")
    elif start is not None:
        parts.append(f"from MJD {start:.2f}")
    elif end is not None:
        parts.append(f"until MJD {end:.2f}")
    if options.background_size_pix != MeasureOptions().background_size_pix:
        parts.append(f"{options.background_size_pix} px background")
    return " \u00b7 ".join(parts)
