"""The part of the form that says how it is measured: bands, times, background, engine."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django import forms

from explorer.bands import BANDS
from explorer.numbers import parse_number
from explorer.times import format_mjd, parse_time
from photometry_core.errors import EngineError, InvalidInputError
from photometry_core.tractor_engine import require_tractor
from photometry_core.types import (
    APERTURE_RADIUS_RANGE_ARCSEC,
    BACKGROUND_SIZE_RANGE_PIX,
    RELEASES,
    MeasureOptions,
)

DEFAULTS = MeasureOptions()
ENGINES = {"native": "Native", "tractor": "The Tractor"}
WEIGHTS = {"model": "Model", "plane": "VARIANCE plane"}
PSF_CENTERS = {"light": "Centre of its light", "array": "Middle of its array"}
RELEASE_NAMES = {release: release.upper() for release in RELEASES}

_LOW_PIX, _HIGH_PIX = BACKGROUND_SIZE_RANGE_PIX
_ALLOWED_PIX = f"a whole number of pixels from {_LOW_PIX} to {_HIGH_PIX}"
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.0*)?")
_LEAST_ARCSEC, _MOST_ARCSEC = APERTURE_RADIUS_RANGE_ARCSEC
_ALLOWED_ARCSEC = f"{_LEAST_ARCSEC:g} to {_MOST_ARCSEC:g} arcsec"


@cache
def why_no_tractor() -> str:
    """Return why The Tractor can't be used on this site; empty if it can."""
    try:
        require_tractor()
    except EngineError as error:
        return str(error)
    return ""


def _choice(label: str, choices: dict[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=list(choices.items()),
        initial=next(iter(choices)),
        error_messages={
            "invalid_choice": f"%(value)s given; allowed: {', '.join(choices)}.",
        },
        widget=forms.RadioSelect,
    )


class OptionsForm(forms.Form):
    """How it is measured; a field that is not sent at all has its default."""

    bands = forms.TypedMultipleChoiceField(
        label="Bands",
        required=False,
        coerce=int,
        choices=[(band.detector, band.name) for band in BANDS],
        error_messages={"invalid_choice": "%(value)s is not a band; allowed: 1 to 6."},
    )
    time_start = forms.CharField(label="From", required=False, max_length=40)
    time_end = forms.CharField(label="Until", required=False, max_length=40)
    background_size = forms.CharField(
        label="Background region",
        initial=DEFAULTS.background_size_pix,
        max_length=40,
        error_messages={"required": f"Nothing given; allowed: {_ALLOWED_PIX}."},
        # Of a number input nothing is known but that its number is none.
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    releases = forms.MultipleChoiceField(
        label="Releases",
        required=False,
        choices=list(RELEASE_NAMES.items()),
        error_messages={
            "invalid_choice": f"%(value)s is not a release; allowed: {', '.join(RELEASES)}."
        },
    )
    engine = _choice("Engine", ENGINES)
    aperture_radius = forms.CharField(
        label="Aperture radius",
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "none"}
        ),
    )
    psf_center = _choice("PSF centre (QR2)", PSF_CENTERS)
    weights = _choice("Weights", WEIGHTS)

    def clean_time_start(self) -> float | None:
        """Return the start of the time range as MJD (UTC); `None` if it is open."""
        return self._mjd("time_start")

    def clean_time_end(self) -> float | None:
        """Return the end of the time range as MJD (UTC); `None` if it is open."""
        return self._mjd("time_end")

    def clean_background_size(self) -> int:
        """Return the width of the background box in pixels, typed in plain digits."""
        text = self.cleaned_data["background_size"]
        if not _WHOLE_NUMBER.fullmatch(text):
            raise forms.ValidationError(f"{text!r} is not a whole number; allowed: {_ALLOWED_PIX}.")
        pixels = int(float(text))
        if not _LOW_PIX <= pixels <= _HIGH_PIX:
            raise forms.ValidationError(f"{text} given; allowed: {_ALLOWED_PIX}.")
        return pixels

    def clean_engine(self) -> str:
        """Return the engine; The Tractor only where it is installed."""
        engine = self.cleaned_data["engine"] or DEFAULTS.engine
        if engine == "tractor" and (why := why_no_tractor()):
            raise forms.ValidationError(f"The Tractor can't be used here: {why}.")
        return str(engine)

    def clean_aperture_radius(self) -> float | None:
        """Return the radius of the aperture in arcsec; `None` if there is none."""
        text = self.cleaned_data["aperture_radius"]
        try:
            radius = parse_number(text) if text else None
        except InvalidInputError as error:
            raise forms.ValidationError(f"{error} Allowed: {_ALLOWED_ARCSEC}.") from error
        if radius is not None and not _LEAST_ARCSEC <= radius <= _MOST_ARCSEC:
            raise forms.ValidationError(f"{text} given; allowed: {_ALLOWED_ARCSEC}.")
        return radius

    def clean(self) -> dict[str, Any]:
        """Check what concerns more than one field."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("time_start"), cleaned.get("time_end")
        if start is not None and end is not None and start > end:
            self.add_error(
                "time_end",
                f"The end of the time range is before its start: {format_mjd(end)} given; "
                f"allowed: {format_mjd(start)} or later.",
            )
        return cleaned

    def options(self) -> MeasureOptions:
        """Return the options as far as they are valid; the others have their defaults.

        No band ticked means all of them, and so does no release.
        """
        values = self.cleaned_data
        return MeasureOptions(
            detectors=tuple(sorted(set(values.get("bands") or DEFAULTS.detectors))),
            mjd_range=(values.get("time_start"), values.get("time_end")),
            background_size_pix=values.get("background_size") or DEFAULTS.background_size_pix,
            weights=values.get("weights") or DEFAULTS.weights,
            psf_center=values.get("psf_center") or DEFAULTS.psf_center,
            engine=values.get("engine") or DEFAULTS.engine,
            aperture_radius_arcsec=values.get("aperture_radius"),
            releases=tuple(sorted(set(values.get("releases") or DEFAULTS.releases))),
        )

    def _mjd(self, name: str) -> float | None:
        text = self.cleaned_data[name]
        try:
            return parse_time(text).mjd if text else None
        except InvalidInputError as error:
            raise forms.ValidationError(str(error)) from error


OPTION_FIELDS = frozenset(OptionsForm.base_fields)
"""Names of the fields."""


def initial_options(options: MeasureOptions) -> dict[str, Any]:
    """Return what the fields of the form hold when they ask for these options."""
    start, end = options.mjd_range
    radius = options.aperture_radius_arcsec
    return {
        "bands": [] if options.detectors == DEFAULTS.detectors else list(options.detectors),
        "time_start": "" if start is None else repr(start),
        "time_end": "" if end is None else repr(end),
        "background_size": options.background_size_pix,
        "releases": [] if options.releases == DEFAULTS.releases else list(options.releases),
        "engine": options.engine,
        "aperture_radius": "" if radius is None else repr(radius),
        "psf_center": options.psf_center,
        "weights": options.weights,
    }
