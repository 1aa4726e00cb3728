"""The frozen values that cross the borders between modules.

Conventions: positions on the sky are ICRS degrees; positions on a detector are 0-based
pixels with the centre of the first pixel at 0, in the frame of the full 2040 x 2040
detector whatever file they were read from; arrays are indexed ``[y, x]`` and shaped
``(ny, nx)``. Arrays inside these values are read-only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from photometry_core.errors import InvalidInputError

if TYPE_CHECKING:
    from photometry_core.cutout import Stamp

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DETECTORS = (1, 2, 3, 4, 5, 6)
DETECTOR_SIZE_PIX = 2040
"""Light-sensitive rows and columns of every detector."""

STAMP_SIZE_PIX = 31
"""Width and height of the stamps saved with every measurement (3.2 arcmin)."""

BACKGROUND_SIZE_RANGE_PIX = (9, 99)
"""Allowed width of the background box. Below 9 pixels a point source fills the box."""

LEAST_EFFECTIVE_RADIUS_ARCSEC = 1.0
"""Galaxies with smaller effective radii (a sixth of a pixel) are measured as point sources."""


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
        for name, value, low, high, unit in (
            ("sersic_index", self.sersic_index, 0.5, 6, ""),
            ("effective_radius", self.effective_radius_arcsec, 0, 20, " arcsec"),
            ("axis_ratio", self.axis_ratio, 0, 1, ""),
            ("position_angle", self.position_angle_deg, -360, 360, " degrees"),
        ):
            # A lower end of 0 is not itself allowed.
            if not low <= value <= high or not (low or value):
                allowed = f"{low} to {high}" if low else f"above 0, to {high}"
                raise InvalidInputError(f"{name}: {value!r} given; allowed: {allowed}{unit}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(JsonValue):
    """A position to be measured, as a point source or as a galaxy.

    Parameters
    ----------
    name
        What the user calls it; free text, not necessarily unique.
    ra_deg, dec_deg
        ICRS position in degrees; RA in [0, 360), Dec in [-90, 90].
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
    profile: SersicProfile | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ra_deg) and 0.0 <= self.ra_deg < 360.0):
            raise InvalidInputError(
                f"ra: {self.ra_deg!r} is not a right ascension; allowed: 0 <= ra < 360 degrees"
            )
        if not (math.isfinite(self.dec_deg) and -90.0 <= self.dec_deg <= 90.0):
            raise InvalidInputError(
                f"dec: {self.dec_deg!r} is not a declination; allowed: -90 <= dec <= 90 degrees"
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
        """Return the target as plain JSON values."""
        profile = None if self.profile is None else self.profile.to_json()
        return JsonValue.to_json(self) | {"profile": profile}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Target:
        """Inverse of `to_json`; without a profile it is a point source."""
        shape = values.get("profile")
        return cls(**values | {"profile": None if shape is None else SersicProfile(**shape)})


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
        fluxes by about 0.1 sigma per exposure.

    Raises
    ------
    InvalidInputError
        A value is out of its range.
    """

    detectors: tuple[int, ...] = DETECTORS
    mjd_range: tuple[float | None, float | None] = (None, None)
    background_size_pix: int = 15
    weights: Literal["model", "plane"] = "model"

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
        start, end = self.mjd_range
        if any(t is not None and not math.isfinite(t) for t in (start, end)):
            raise InvalidInputError(f"time range: {start} to {end} is not a pair of finite MJD")
        if start is not None and end is not None and start > end:
            raise InvalidInputError(f"time range: the start, {start}, is after the end, {end}")

    def accepts(self, detector: int, mjd: float) -> bool:
        """Whether an exposure of this detector at this time (MJD) is wanted."""
        start, end = self.mjd_range
        return (
            detector in self.detectors
            and (start is None or mjd >= start)
            and (end is None or mjd <= end)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the options as plain JSON values."""
        return {
            "detectors": list(self.detectors),
            "mjd_range": list(self.mjd_range),
            "background_size_pix": self.background_size_pix,
            "weights": self.weights,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureMatch:
    """An exposure and the targets it covers: as many rows to come as it has targets.

    Parameters
    ----------
    exposure
        The exposure.
    targets
        Indices into the list of targets that was searched for, ascending, never empty.
    """

    exposure: Exposure
    targets: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the match as plain JSON values."""
        return {"exposure": self.exposure.to_json(), "targets": list(self.targets)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ExposureMatch:
        """Inverse of `to_json`."""
        return cls(
            exposure=Exposure.from_json(values["exposure"]), targets=tuple(values["targets"])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureSearch:
    """What an archive answers to a search.

    Parameters
    ----------
    matches
        Exposures that cover at least one target, ordered by mid-time, then detector.
    problems
        One sentence per file that could not be considered at all, naming it.
    """

    matches: tuple[ExposureMatch, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """One target on one exposure: one row of a spectrum.

    Quantities that could not be had are NaN, and `reason` says why. A negative flux is a
    measurement like any other.

    Parameters
    ----------
    exposure
        The exposure.
    wavelength_um, bandwidth_um
        At the position of the target.
    flux_ujy, flux_err_ujy
        Total flux density and its 1-sigma error.
    flags
        Union of the flags of the pixels around the target, with the bits that only a
        measurement can have.
    fit_quality
        Mean of |pixel - model| / sigma near the target; 0.8 for a perfect fit.
    background_mjy_sr, background_err_mjy_sr
        Local background and its 1-sigma error.
    background_is_local
        True if it was measured in a box of the size that was asked for.
    x_pix, y_pix
        Position on the detector.
    ra_deg, dec_deg
        The ICRS position used.
    n_pix
        Number of pixels that entered the fit of this target.
    model
        What was fitted, as `Target.model` says it.
    reason
        Why there is no flux; empty if there is one.
    stamp
        The pixels; `None` if none could be read.
    """

    exposure: Exposure
    wavelength_um: float = math.nan
    bandwidth_um: float = math.nan
    flux_ujy: float = math.nan
    flux_err_ujy: float = math.nan
    flags: int = 0
    fit_quality: float = math.nan
    background_mjy_sr: float = math.nan
    background_err_mjy_sr: float = math.nan
    background_is_local: bool = False
    x_pix: float = math.nan
    y_pix: float = math.nan
    ra_deg: float = math.nan
    dec_deg: float = math.nan
    n_pix: int = 0
    model: str = "point"
    reason: str = ""
    stamp: Stamp | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance(JsonValue):
    """Where a spectrum comes from; written into every file.

    Parameters
    ----------
    software
        Name and version of this program.
    archive
        Name of the archive, as given.
    archive_description
        One sentence on what the archive is.
    simulated
        Whether the data are simulated.
    calibration
        Which wavelengths and solid angles were used, in words.
    created
        Date and time of the measurement, ISO 8601, UTC.
    """

    software: str
    archive: str
    archive_description: str
    simulated: bool
    calibration: str
    created: str
