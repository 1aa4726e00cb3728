"""The part of the form that says what is measured: a target, how it moves, what it looks like."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django import forms

from explorer.names import Located, ResolverUnreachableError, locate
from explorer.neighbours import TOGETHER_ARCSEC, distance_arcsec
from explorer.numbers import parse_number
from explorer.shapes import (
    ALLOWED,
    AXIS_RATIO_KINDS,
    RADIUS_UNIT_NAMES,
    axis_ratio_of,
    checked_angle,
    checked_index,
    radius_arcsec,
)
from photometry_core.errors import InvalidInputError
from photometry_core.types import (
    MAX_PROPER_MOTION_MAS_YR,
    REF_EPOCH_RANGE_YR,
    ProperMotion,
    SersicProfile,
    Target,
)

MODES = {"single": "Single target", "multi": "List of targets"}
RESOLVERS = {"ned": "NED, then Simbad", "simbad": "Simbad, then NED"}
MODELS = {"point": "Point source", "sersic": "S\u00e9rsic galaxy"}

_MAX_NAME_LENGTH = 200
_MAX_NUMBER_LENGTH = 40
_MAX_PARTNERS_LENGTH = 50_000
_MOST_NAMED = 3

_MISSING_MOTION = {
    "pm_ra": "Nothing given; write 0 if it does not move along RA.",
    "pm_dec": "Nothing given; write 0 if it does not move along Dec.",
    "ref_epoch": "Nothing given; write the Julian year of the position, such as 2016.0.",
}
_SHAPE = ("sersic_index", "axis_ratio", "position_angle", "effective_radius")
ONLY_TOGETHER = frozenset({*_MISSING_MOTION, *_SHAPE})
"""Fields that are either all given or none of them: proper motion, and a galaxy's shape."""

_MOTION_RANGE = f"{-MAX_PROPER_MOTION_MAS_YR:g} to {MAX_PROPER_MOTION_MAS_YR:g} mas/yr"
_ALLOWED = {
    **ALLOWED,
    "axis_ratio": f"b/a {ALLOWED['axis_ratio']}",
    "pm_ra": _MOTION_RANGE,
    "pm_dec": _MOTION_RANGE,
    "ref_epoch": "{:g} to {:g}, Julian year".format(*REF_EPOCH_RANGE_YR),
}

_STILL = {"pm_ra": 0.0, "pm_dec": 0.0, "ref_epoch": 2000.0}


def _choice(label: str, choices: dict[str, str], **kwargs: Any) -> forms.ChoiceField:
    """Return a field that is its first choice if it is not sent at all."""
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=list(choices.items()),
        initial=next(iter(choices)),
        error_messages={
            "invalid_choice": f"%(value)s given; allowed: {', '.join(choices)}.",
        },
        **kwargs,
    )


def _number(label: str, **attributes: str) -> forms.CharField:
    """Return a field for a number; it is text, so that messages can repeat what was typed."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=_MAX_NUMBER_LENGTH,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", **attributes}),
    )


class SourceForm(forms.Form):
    """What is measured: one target and its neighbours, or a list."""

    mode = _choice("What to measure", MODES, widget=forms.RadioSelect)
    resolver = _choice("Names are asked of", RESOLVERS, widget=forms.Select)
    target = forms.CharField(
        label="Coordinates or Object Name",
        required=False,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "maxlength": "200",
                "placeholder": "Coordinates or Object Name",
            }
        ),
    )
    pm_ra = _number("\u03bc\u03b1 cos \u03b4", placeholder="0.0")
    pm_dec = _number("\u03bc\u03b4", placeholder="0.0")
    ref_epoch = _number("Epoch of the position", placeholder="2016.0")
    model = _choice("Source model", MODELS, widget=forms.RadioSelect)
    sersic_index = _number("S\u00e9rsic index n")
    axis_ratio = _number("Axis ratio")
    axis_ratio_kind = _choice("The axis ratio is", AXIS_RATIO_KINDS, widget=forms.Select)
    position_angle = _number("Position angle")
    effective_radius = _number("Effective radius")
    effective_radius_unit = _choice("Unit of the radius", RADIUS_UNIT_NAMES, widget=forms.Select)
    partners = forms.CharField(
        label="Choice of neighbours",
        required=False,
        max_length=_MAX_PARTNERS_LENGTH,
        widget=forms.HiddenInput,
    )
    list = forms.CharField(label="List", required=False, max_length=22, widget=forms.HiddenInput)

    located: Located | None = None
    """The target as it was understood, after cleaning; `None` if it was not."""
    not_located: InvalidInputError | ResolverUnreachableError | None = None
    """Why the target was not understood."""

    @property
    def is_multi(self) -> bool:
        """Whether a list is to be measured; what is typed for a single target waits then."""
        return self.cleaned_data.get("mode") == "multi"

    @property
    def is_unreachable(self) -> bool:
        """Whether the target may be fine, but no resolver answers."""
        return isinstance(self.not_located, ResolverUnreachableError)

    def clean_mode(self) -> str:
        """Return ``single`` or ``multi``."""
        return self.cleaned_data["mode"] or "single"

    def clean_target(self) -> Target | None:
        """Return the target at the position that was typed or resolved, without its shape."""
        if self.is_multi:
            return None
        try:
            self.located = locate(
                self.cleaned_data["target"], self.cleaned_data.get("resolver") or "ned"
            )
        except (InvalidInputError, ResolverUnreachableError) as error:
            self.not_located = error
            raise forms.ValidationError(str(error)) from error
        return Target(
            name=self.located.name, ra_deg=self.located.ra_deg, dec_deg=self.located.dec_deg
        )

    def clean_partners(self) -> tuple[Target, ...]:
        """Return the neighbours that are to be fitted together with the target."""
        text = self.cleaned_data["partners"]
        if self.is_multi or not text:
            return ()
        try:
            partners = tuple(_partner(values) for values in json.loads(text))
        except InvalidInputError as error:
            raise forms.ValidationError(f"A neighbour can't be used. {error}") from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise forms.ValidationError(
                "The neighbours can't be read; take them off and choose them again."
            ) from error
        target = self.cleaned_data.get("target")
        if target and (far := _too_far(target, partners)):
            raise forms.ValidationError(far)
        return partners

    def clean_list(self) -> str:
        """Return the id of the list that is to be measured."""
        if self.is_multi and not self.cleaned_data["list"]:
            raise forms.ValidationError("No list given: drop a file, paste a table or give a URL.")
        return str(self.cleaned_data["list"])

    def clean(self) -> dict[str, Any]:
        """Put motion and shape together from their fields."""
        cleaned = super().clean() or {}
        if not self.is_multi:
            cleaned["motion"] = self._motion()
            cleaned["profile"] = self._profile()
        return cleaned

    def targets(self) -> tuple[Target, ...]:
        """Return the target and its neighbours, as far as they are valid."""
        values = self.cleaned_data
        bare = values.get("target")
        if bare is None:
            return ()
        target = Target(
            name=bare.name,
            ra_deg=bare.ra_deg,
            dec_deg=bare.dec_deg,
            motion=values.get("motion"),
            profile=values.get("profile"),
        )
        return (target, *values.get("partners", ()))

    def _motion(self) -> ProperMotion | None:
        if not any(self.cleaned_data.get(name) for name in _MISSING_MOTION):
            return None
        east, north, epoch = (
            self._value(name, partial(_checked_motion, name), missing)
            for name, missing in _MISSING_MOTION.items()
        )
        if east is None or north is None or epoch is None:
            return None
        return ProperMotion(pm_ra_mas_yr=east, pm_dec_mas_yr=north, ref_epoch_yr=epoch)

    def _profile(self) -> SersicProfile | None:
        if self.cleaned_data.get("model") != "sersic":
            return None
        kind = self.cleaned_data.get("axis_ratio_kind") or "b/a"
        unit = self.cleaned_data.get("effective_radius_unit") or "arcsec"
        checks: dict[str, Callable[[float], float]] = {
            "sersic_index": checked_index,
            "axis_ratio": lambda value: axis_ratio_of(value, kind),
            "position_angle": checked_angle,
            "effective_radius": lambda value: radius_arcsec(value, unit),
        }
        values = {
            name: self._value(name, check, f"Nothing given; allowed: {ALLOWED[name]}.")
            for name, check in checks.items()
        }
        index, ratio, angle, radius = values.values()
        if index is None or ratio is None or angle is None or radius is None:
            return None
        return SersicProfile(
            sersic_index=index,
            effective_radius_arcsec=radius,
            axis_ratio=ratio,
            position_angle_deg=angle,
        )

    def _value(self, name: str, check: Callable[[float], float], missing: str) -> float | None:
        """Return the number in a field, or `None` and leave a message beside the field."""
        text = self.cleaned_data.get(name)
        if text is None:
            return None
        if not text:
            self.add_error(name, missing)
            return None
        try:
            number = parse_number(text)
        except InvalidInputError as error:
            self.add_error(name, f"{error} Allowed: {_ALLOWED[name]}.")
            return None
        try:
            return check(number)
        except InvalidInputError as error:
            self.add_error(name, str(error))
            return None


def _checked_motion(name: str, value: float) -> float:
    """Let the motion itself check one of its values; the message goes beside its field."""
    east, north, epoch = {**_STILL, name: value}.values()
    try:
        ProperMotion(pm_ra_mas_yr=east, pm_dec_mas_yr=north, ref_epoch_yr=epoch)
    except InvalidInputError as error:
        raise InvalidInputError(str(error).partition(": ")[2]) from error
    return value


def _partner(values: dict[str, Any]) -> Target:
    name = values["name"]
    ra, dec = values["ra"], values["dec"]
    if not isinstance(name, str) or isinstance(ra, bool) or isinstance(dec, bool):
        raise TypeError("not a neighbour")
    shown = "".join(character for character in name if character.isprintable()).strip()
    return Target(name=shown[:_MAX_NAME_LENGTH], ra_deg=float(ra), dec_deg=float(dec))


def _too_far(target: Target, partners: Sequence[Target]) -> str:
    """Return which neighbours are those of another target, in words; empty if none is."""
    at = (target.ra_deg, target.dec_deg)
    distances = [distance_arcsec(*at, one.ra_deg, one.dec_deg) for one in partners]
    far = [
        f"{partner.name} ({_angle(distance)})"
        for partner, distance in zip(partners, distances, strict=True)
        if distance > TOGETHER_ARCSEC
    ]
    if not far:
        return ""
    more = f" and {len(far) - _MOST_NAMED} more" if len(far) > _MOST_NAMED else ""
    return (
        f"Too far from {target.name} to be fitted together with it: "
        f"{', '.join(far[:_MOST_NAMED])}{more}; allowed: at most {TOGETHER_ARCSEC:g} arcsec. "
        "Take off what was chosen for another target."
    )


def _angle(arcsec: float) -> str:
    return f"{arcsec:.1f} arcsec" if arcsec < 3600 else f"{arcsec / 3600:.2f} degrees"
