"""The form for a new job: what is typed becomes targets and options, or errors in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.crypto import get_random_string

from explorer.bands import BANDS
from explorer.options_form import DEFAULTS, ENGINES, OptionsForm
from explorer.source_form import SourceForm
from photometry_core.types import MeasureOptions, Target

_MAX_TITLE_LENGTH = 120


def new_submission_key() -> str:
    """Return the key of one filled-in form."""
    return get_random_string(22)


class JobForm(OptionsForm, SourceForm):
    """What is measured, how, and what its owner calls it."""

    title = forms.CharField(
        label="Title",
        required=False,
        max_length=_MAX_TITLE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    submission_key = forms.RegexField(
        r"^[A-Za-z0-9]{22}$", widget=forms.HiddenInput, initial=new_submission_key
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if self.is_bound and self[name].errors:
                field.widget.attrs["aria-invalid"] = "true"
            # What is wrong with a field is also said while it is filled in.
            field.widget.attrs["aria-describedby"] = f"id_{name}_error id_{name}_help"

    def job_title(self) -> str:
        """Return the title that was typed, or else one made of targets and options."""
        return self.cleaned_data.get("title") or default_title(self.targets(), self.options())


def default_title(targets: tuple[Target, ...], options: MeasureOptions) -> str:
    """Return a title that tells this job from others of the same target."""
    parts = [targets[0].name if targets else "New target"]
    if len(targets) > 1:
        parts.append(f"with {len(targets) - 1} neighbour{'s' if len(targets) > 2 else ''}")
    if targets and (profile := targets[0].profile):
        parts.append(f"S\u00e9rsic n {profile.sersic_index:g}")
    if targets and targets[0].motion:
        parts.append("moving")
    return " \u00b7 ".join(parts + options_in_words(options))


def default_list_title(name: str, options: MeasureOptions) -> str:
    """Return a title that tells the jobs of a list from others of the same list."""
    rest = "".join(f" \u00b7 {words}" for words in options_in_words(options))
    return name[: max(_MAX_TITLE_LENGTH - len(rest), 1)] + rest


def options_in_words(options: MeasureOptions) -> list[str]:
    """Return what differs from the defaults, in a few words each."""
    parts = []
    if len(options.detectors) < len(BANDS):
        parts.append("D" + ", D".join(str(detector) for detector in options.detectors))
    parts += _times_in_words(*options.mjd_range)
    if options.background_size_pix != DEFAULTS.background_size_pix:
        parts.append(f"{options.background_size_pix} px background")
    if options.releases != DEFAULTS.releases:
        parts.append(" + ".join(release.upper() for release in options.releases))
    if options.engine != DEFAULTS.engine:
        parts.append(ENGINES[options.engine])
    if options.aperture_radius_arcsec is not None:
        parts.append(f"aperture {options.aperture_radius_arcsec:g} arcsec")
    if options.psf_center != DEFAULTS.psf_center:
        parts.append("PSF by array")
    if options.weights != DEFAULTS.weights:
        parts.append("VARIANCE plane")
    return parts


def _times_in_words(start: float | None, end: float | None) -> list[str]:
    if start is not None and end is not None:
        return [f"MJD {start:.2f}\u2013{end:.2f}"]
    if start is not None:
        return [f"from MJD {start:.2f}"]
    return [] if end is None else [f"until MJD {end:.2f}"]
