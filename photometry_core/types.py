"""The frozen values that cross the borders between modules.

Conventions: positions on the sky are ICRS degrees; positions on a detector are 0-based
pixels with the centre of the first pixel at 0, in the frame of the full 2040 x 2040
detector whatever file they were read from; arrays are indexed ``[y, x]`` and shaped
``(ny, nx)``. Arrays inside these values are read-only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from photometry_core.errors import InvalidInputError

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DETECTORS = (1, 2, 3, 4, 5, 6)
DETECTOR_SIZE_PIX = 2040
"""Light-sensitive rows and columns of every detector."""

RELEASES = ("qr2", "qr3")
"""Quick releases; they hold different exposures, with different gains."""

STAMP_SIZE_PIX = 31
"""Width and height of the stamps saved with every measurement (3.2 arcmin)."""

APERTURE_RADIUS_RANGE_ARCSEC = (3.0, 60.0)
"""Allowed radius of the aperture: from half a pixel to what every cutout holds."""

BACKGROUND_SIZE_RANGE_PIX = (9, 99)
"""Allowed width of the background box. Below 9 pixels a point source fills the box."""

LEAST_EFFECTIVE_RADIUS_ARCSEC = 1.0
"""Galaxies with smaller effective radii (a sixth of a pixel) are measured as point sources."""

MAX_EFFECTIVE_RADIUS_ARCSEC = 20.0
SERSIC_INDEX_RANGE = (0.5, 6.0)


@dataclass(frozen=True, slots=True)
class JsonValue:
    """Base of values whose fields are plain JSON values themselves."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`."""
        return cls(**values)


def _shown(value: float) -> str:
    """Return a number as people type it: whole ones without a point, the others with all digits."""
    return repr(float(value)).removesuffix(".0")


MAX_PROPER_MOTION_MAS_YR = 20_000.0
"""Barnard's star, the fastest there is, has 10,400."""

REF_EPOCH_RANGE_YR = (1850.0, 2100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProperMotion(JsonValue):
    """How a target moves over the sky.

    Parameters
    ----------
    pm_ra_mas_yr
        To the east, in mas/yr of great circle (with the factor cos(Dec), as in Gaia).
    pm_dec_mas_yr
        To the north, in mas/yr.
    ref_epoch_yr
        Julian year in which the target is at its position, such as 2016.0.

    Raises
    ------
    InvalidInputError
        A value is not finite or out of range.
    """

    pm_ra_mas_yr: float
    pm_dec_mas_yr: float
    ref_epoch_yr: float

    def __post_init__(self) -> None:
        for name, value in (("pm_ra", self.pm_ra_mas_yr), ("pm_dec", self.pm_dec_mas_yr)):
            if not abs(value) <= MAX_PROPER_MOTION_MAS_YR:
                raise InvalidInputError(
                    f"{name}: {_shown(value)} mas/yr is not a proper motion; "
                    f"allowed: -{MAX_PROPER_MOTION_MAS_YR:g} to {MAX_PROPER_MOTION_MAS_YR:g}"
                )
        first, last = REF_EPOCH_RANGE_YR
        if not first <= self.ref_epoch_yr <= last:
            raise InvalidInputError(
                f"ref_epoch: {_shown(self.ref_epoch_yr)} is not a Julian year; "
                f"allowed: {first:g} to {last:g}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SersicProfile(JsonValue):
    """The shape of a galaxy on the sky: an untruncated Sersic profile.

    Parameters
    ----------
    sersic_index
        n, 0.5 to 6: 0.5 is a Gaussian, 1 an exponential, 4 a de Vaucouleurs profile.
    effective_radius_arcsec
        Half of the light is within the ellipse of this semi-major axis; above 0, to 20.
        Below `LEAST_EFFECTIVE_RADIUS_ARCSEC` the target is measured as a point source.
    axis_ratio
        Minor over major axis, above 0, to 1.
    position_angle_deg
        Of the major axis, east of north, -360 to 360.

    Raises
    ------
    InvalidInputError
        A value is not finite or out of its range.
    """

    sersic_index: float
    effective_radius_arcsec: float
    axis_ratio: float
    position_angle_deg: float

    def __post_init__(self) -> None:
        largest = MAX_EFFECTIVE_RADIUS_ARCSEC
        for name, value, low, high, unit in (
            ("sersic_index", self.sersic_index, *SERSIC_INDEX_RANGE, ""),
            ("effective_radius", self.effective_radius_arcsec, 0, largest, " arcsec"),
            ("axis_ratio", self.axis_ratio, 0, 1, ""),
            ("position_angle", self.position_angle_deg, -360, 360, " degrees"),
        ):
            # A lower end of 0 is not itself allowed.
            if not low <= value <= high or not (low or value):
                allowed = f"{low:g} to {high:g}" if low else f"above 0, to {high:g}"
                raise InvalidInputError(f"{name}: {_shown(value)} given; allowed: {allowed}{unit}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A position to be measured, as a point source or as a galaxy.

    Parameters
    ----------
    name
        What the user calls it; free text, not necessarily unique.
    ra_deg, dec_deg
        ICRS position in degrees; RA in [0, 360), Dec in [-90, 90].
    motion
        Its proper motion; `None` leaves it where it is.
    profile
        Shape of a galaxy; `None` is a point source.

    Raises
    ------
    InvalidInputError
        A coordinate is not finite or out of range.
    """

    name: str
    ra_deg: float
    dec_deg: float
    motion: ProperMotion | None = None
    profile: SersicProfile | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ra_deg) and 0.0 <= self.ra_deg < 360.0):
            raise InvalidInputError(
                f"ra: {_shown(self.ra_deg)} is not a right ascension; "
                "allowed: 0 <= ra < 360 degrees"
            )
        if not (math.isfinite(self.dec_deg) and -90.0 <= self.dec_deg <= 90.0):
            raise InvalidInputError(
                f"dec: {_shown(self.dec_deg)} is not a declination; "
                "allowed: -90 <= dec <= 90 degrees"
            )

    @property
    def resolved_profile(self) -> SersicProfile | None:
        """The shape that is fitted; `None` for point sources and galaxies as small as those."""
        shape = self.profile
        resolved = shape and shape.effective_radius_arcsec >= LEAST_EFFECTIVE_RADIUS_ARCSEC
        return shape if resolved else None

    @property
    def model(self) -> str:
        """What is fitted, in the words of the column ``model``."""
        if self.profile is None:
            return "point"
        small = f"point (Re < {LEAST_EFFECTIVE_RADIUS_ARCSEC:g} arcsec)"
        return "sersic" if self.resolved_profile else small

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name, without those that a resting point source lacks."""
        values: dict[str, Any] = {"name": self.name, "ra_deg": self.ra_deg, "dec_deg": self.dec_deg}
        if self.motion is not None:
            values["motion"] = self.motion.to_json()
        if self.profile is not None:
            values["profile"] = self.profile.to_json()
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_json`."""
        motion, profile = values.get("motion"), values.get("profile")
        return cls(
            name=values["name"],
            ra_deg=values["ra_deg"],
            dec_deg=values["dec_deg"],
            motion=None if motion is None else ProperMotion.from_json(motion),
            profile=None if profile is None else SersicProfile.from_json(profile),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOptions:
    """What to measure, and how.

    Parameters
    ----------
    detectors
        The detectors (bands) to use, 1 to 6.
    mjd_range
        Mid-exposure times to use, (start, end) in MJD (UTC), both inclusive; `None` at
        either side, or instead of the pair, leaves it open.
    background_size_pix
        Width and height in pixels of the box in which the local background is measured.
        The default is that of the official tool.
    weights
        Which variance weighs the pixels. ``"model"`` replaces the photon term of the
        VARIANCE plane, which knows the noise of the pixel it belongs to, by that of the
        fitted model; ``"plane"`` uses the VARIANCE plane as it is, and underestimates
        fluxes by up to 0.1 sigma per exposure, where photon noise dominates.
    psf_center
        What of a PSF plane of QR2 is put on the position of a source: ``"light"``, the centre of
        its light, which is 0.05 pixels before the middle of the plane along both axes, or
        ``"array"``, the middle, which puts the light off the position by so much. Those of QR3
        are centred.

        The light is the default because it was measured, in all 726 zones
        (`photometry_core.psf_hdus.QR2_CORE_OFFSET_PIX`), and because it matters: 0.28 % rms
        per 0.01 pixel, or 1.4 to 2.2 %; 1.7 to 3 % for faint stars on the simulated detectors,
        0.2 to 0.6 % for stars of 10 mJy, up or down with the sub-pixel phase. The recipe of
        IRSA's documents and the official tool take the middle; ``"array"`` is there to compare
        with them.
    engine
        What fits the fluxes: ``"native"``, or ``"tractor"``, The Tractor, if it is installed;
        see `photometry_core.tractor_engine`.
    aperture_radius_arcsec
        Radius of a circle around the target in which the flux is summed as well, as a check of
        the fit (`photometry_core.aperture_photometry`); 3 to 60. `None`: no such sums.
    releases
        The quick releases to use: ``"qr2"`` (observations to 2026-07-20), ``"qr3"`` (later
        ones), or both. Their gains differ.

    Raises
    ------
    InvalidInputError
        A value is out of its range.
    """

    detectors: tuple[int, ...] = DETECTORS
    mjd_range: tuple[float | None, float | None] = (None, None)
    background_size_pix: int = 15
    weights: Literal["model", "plane"] = "model"
    psf_center: Literal["light", "array"] = "light"
    engine: Literal["native", "tractor"] = "native"
    aperture_radius_arcsec: float | None = None
    releases: tuple[str, ...] = RELEASES

    def __post_init__(self) -> None:
        bad = [d for d in self.detectors if d not in DETECTORS]
        if bad or not self.detectors:
            raise InvalidInputError(
                f"detectors: {list(self.detectors)} given; allowed: one or more of 1 to 6"
            )
        low, high = BACKGROUND_SIZE_RANGE_PIX
        if not low <= self.background_size_pix <= high:
            raise InvalidInputError(
                f"background size: {self.background_size_pix} given; "
                f"allowed: a whole number of pixels from {low} to {high}"
            )
        if self.weights not in ("model", "plane"):
            raise InvalidInputError(f"weights: {self.weights!r} given; allowed: model, plane")
        if self.psf_center not in ("light", "array"):
            raise InvalidInputError(f"psf center: {self.psf_center!r} given; allowed: light, array")
        if self.engine not in ("native", "tractor"):
            raise InvalidInputError(f"engine: {self.engine!r} given; allowed: native, tractor")
        least, most = APERTURE_RADIUS_RANGE_ARCSEC
        radius = self.aperture_radius_arcsec
        if radius is not None and not least <= radius <= most:
            raise InvalidInputError(
                f"aperture radius: {_shown(radius)} given; allowed: {least:g} to {most:g} arcsec"
            )
        if not self.releases or not set(self.releases) <= set(RELEASES):
            raise InvalidInputError(
                f"releases: {list(self.releases)} given; "
                f"allowed: one or more of {', '.join(RELEASES)}"
            )
        start, end = self.mjd_range
        if any(t is not None and not math.isfinite(t) for t in (start, end)):
            raise InvalidInputError(f"time range: {start} to {end} is not a pair of finite MJD")
        if start is not None and end is not None and start > end:
            raise InvalidInputError(f"time range: the start, {start}, is after the end, {end}")

    def accepts(self, exposure: Exposure) -> bool:
        """Whether an exposure is wanted, by its detector, mid-time and release."""
        start, end = self.mjd_range
        return (
            exposure.detector in self.detectors
            and exposure.release in self.releases
            and (start is None or exposure.mjd >= start)
            and (end is None or exposure.mjd <= end)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the options as plain JSON values."""
        return {
            "detectors": list(self.detectors),
            "mjd_range": list(self.mjd_range),
            "background_size_pix": self.background_size_pix,
            "weights": self.weights,
            "psf_center": self.psf_center,
            "engine": self.engine,
            "aperture_radius_arcsec": self.aperture_radius_arcsec,
            "releases": list(self.releases),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> MeasureOptions:
        """Inverse of `to_json`."""
        start, end = values["mjd_range"]
        return cls(
            detectors=tuple(values["detectors"]),
            mjd_range=(start, end),
            background_size_pix=values["background_size_pix"],
            weights=values["weights"],
            psf_center=values["psf_center"],
            engine=values["engine"],
            aperture_radius_arcsec=values["aperture_radius_arcsec"],
            releases=tuple(values["releases"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure(JsonValue):
    """One Spectral Image: one detector of one exposure, as an archive lists it.

    Parameters
    ----------
    publisher_did
        Identifier of the image, ``ivo://irsa.ipac/<collection>?<OBSID>/D<detector>``.
    obs_id
        Observation identifier (OBSID), shared by the six detectors.
    detector
        1 to 6.
    lvf_id
        The 15-digit integer exposure identifier (EXPIDN).
    collection
        Data collection, such as ``spherex_qr2``.
    deep
        Whether it belongs to the deep survey.
    mjd
        Mid-time of the exposure, MJD (UTC).
    simulated
        Whether its pixels are simulated.
    access
        Where the archive that listed it finds the pixels; meaningless to others.
    """

    publisher_did: str
    obs_id: str
    detector: int
    lvf_id: int
    collection: str
    deep: bool
    mjd: float
    simulated: bool
    access: str

    @property
    def release(self) -> str:
        """The quick release that its collection belongs to, such as ``qr2``."""
        return self.collection.removeprefix("spherex_").removesuffix("_deep")
