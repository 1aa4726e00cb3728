"""The forced photometry of one group of sources, done by The Tractor.

The Tractor (Lang, Hogg & Mykytyn 2016, ascl:1604.008; https://github.com/dstndstn/tractor) is
another program, under another licence, that users may have installed. This module hands it
the same pixels, weights, positions, shapes and PSF that the native fit takes, and brings back
its fluxes. Fluxes are the only parameters: no sky and no position is fitted.

What is The Tractor's
    The rendering of point sources: Lanczos interpolation between samples of the effective
    PSF. The rendering of galaxies: its mixtures of Gaussians, which end at about 4 effective
    radii (n = 1) to 8 (n = 4), multiplied with the transform of the effective PSF. The
    least-squares fit, and errors of fluxes as if every source were alone.

What is ours
    The effective PSF itself, from the same splines as in the native fit, at the position of
    every source. The grid that galaxies are rendered on: The Tractor would sample them once
    per native pixel, which is too seldom for the PSF of SPHEREx and makes fluxes depend on the
    sub-pixel position by several percent. Each galaxy is given an image of its own with
    several samples per pixel, laid out so that one falls on the centre of every native pixel;
    those are taken as they are.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.effective_psf import sample_effective_psf
from photometry_core.errors import EngineError
from photometry_core.psf import PROFILE_HALF_SIZE_PIX
from photometry_core.types import BoolArray, FloatArray, SersicProfile

UPSTREAM = "https://github.com/dstndstn/tractor"

_NAMES = (
    "ConstantSky",
    "Flux",
    "GalaxyShape",
    "Image",
    "LinearPhotoCal",
    "ModelMask",
    "Patch",
    "PixPos",
    "PixelizedPSF",
    "PointSource",
    "Tractor",
)
"""What is used of the package; other packages of the same name have none of it."""

_COMPILED_PARTS = ("tractor.mp_fourier", "astrometry.util.util")

_POINT_SAMPLES_PER_PIX = 40
"""The Tractor's Lanczos interpolation is wrong to first order in the distance of samples: with
10 per pixel, fluxes by up to 0.15 %, and those of blended stars by up to 0.5 %."""

_GALAXY_SAMPLES_PER_PIX = 5

_MIXTURE_EFFECTIVE_RADII = 8.0
"""Hardly any of The Tractor's mixtures of Gaussians reaches further."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TractorFit:
    """What The Tractor makes of a group of n sources.

    Parameters
    ----------
    flux_ujy
        Shape (n,); NaN for a source without light in any fitted pixel. For a galaxy, the
        flux of a profile that ends where The Tractor's mixture of Gaussians does.
    flux_err_ujy
        Shape (n,), from The Tractor's inverse variances. They are those of sources that are
        alone: for blended ones they are too small.
    model_ujy
        All sources together in uJy per pixel, shape (ny, nx), on all pixels.
    """

    flux_ujy: FloatArray
    flux_err_ujy: FloatArray
    model_ujy: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalWcs:
    """The local linear map from pixels to the sky, in the form The Tractor asks for.

    Positions are pixels; shapes are given on the sky, and go through `cd_deg`.

    Parameters
    ----------
    cd_deg
        Offsets to the east and to the north in degrees per pixel, shape (2, 2).
    """

    cd_deg: FloatArray

    def positionToPixel(self, pos: Any, src: Any = None) -> tuple[float, float]:
        """Return the pixel position of a position."""
        return pos.x, pos.y

    def pixelToPosition(self, x: float, y: float, src: Any = None) -> Any:
        """Return the position of a pixel position."""
        return importlib.import_module("tractor").PixPos(x, y)

    def cdAtPixel(self, x: float, y: float) -> FloatArray:
        """Return the map from pixels to degrees."""
        return self.cd_deg

    def cdInverseAtPixel(self, x: float, y: float) -> FloatArray:
        """Return the map from degrees to pixels."""
        return np.asarray(np.linalg.inv(self.cd_deg))

    def pixscale_at(self, x: float, y: float) -> float:
        """Return the size of a pixel in arcsec."""
        return 3600 * math.sqrt(abs(float(np.linalg.det(self.cd_deg))))


def require_tractor() -> Any:
    """Return the package `tractor`, if it is The Tractor and complete.

    Raises
    ------
    EngineError
        It is not installed, a package of the same name is installed in its place, or its
        compiled parts are missing.
    """
    try:
        package = importlib.import_module("tractor")
    except ModuleNotFoundError as error:
        if error.name == "tractor":
            raise EngineError(
                f"the engine 'tractor' needs The Tractor, which is not installed: see {UPSTREAM} "
                "(the package 'tractor' on PyPI is another program)"
            ) from error
        raise EngineError(
            f"the package 'tractor' that is installed needs {error.name!r}, which is missing; "
            f"the engine 'tractor' needs The Tractor, {UPSTREAM} (the package 'tractor' on PyPI "
            "is another program)"
        ) from error
    except ImportError as error:
        raise EngineError(f"the package 'tractor' can't be imported: {error}") from error
    missing = [name for name in _NAMES if not hasattr(package, name)]
    if missing:
        raise EngineError(
            "the package 'tractor' that is installed is not The Tractor, or not a version that "
            f"is known: it has no {', '.join(missing)}. The Tractor is at {UPSTREAM}; the package "
            "'tractor' on PyPI is another program"
        )
    for part in (*_COMPILED_PARTS, "tractor.sersic"):
        try:
            importlib.import_module(part)
        except ImportError as error:
            raise EngineError(
                f"The Tractor is installed without {part}, which it needs (its parts in C and "
                f"the Python modules of astrometry.net have to be built): {error}"
            ) from error
    return package


def fit_with_tractor(
    *,
    data_ujy: FloatArray,
    variance_ujy2: FloatArray,
    fitted: BoolArray,
    positions_pix: FloatArray,
    profiles: Sequence[SersicProfile | None],
    cd_deg: FloatArray,
    psf: PsfGrid | PsfZones,
    origin_pix: tuple[int, int],
    core_offset_pix: tuple[float, float] = (0.0, 0.0),
) -> TractorFit:
    """Fit the fluxes of a group of sources together.

    Parameters
    ----------
    data_ujy
        Background-subtracted flux of every pixel, shape (ny, nx).
    variance_ujy2
        Its variance, shape (ny, nx); positive where fitted.
    fitted
        Which pixels take part, shape (ny, nx); the others may hold anything.
    positions_pix
        x and y of every source in pixels of the array, shape (n, 2).
    profiles
        Shape of every galaxy on the sky; `None` for a point source.
    cd_deg
        Local linear WCS of the group: offsets to the east and to the north in degrees per
        pixel, shape (2, 2).
    psf
        PSF of the zones around the group.
    origin_pix
        Detector (x, y) of element ``[0, 0]``.
    core_offset_pix
        (x, y) of the PSF's light from the middle of its planes, which are put so much before
        the position.

    Raises
    ------
    EngineError
        The Tractor is not installed.
    FitError
        A PSF plane that is needed is damaged, or no zone reaches a source.
    """
    tractor = require_tractor()
    if not fitted.any():
        nothing = np.full(len(profiles), np.nan)
        return TractorFit(
            flux_ujy=nothing, flux_err_ujy=nothing, model_ujy=np.zeros(data_ujy.shape)
        )
    group = _Group(
        psf=psf,
        origin_pix=origin_pix,
        core_offset_pix=core_offset_pix,
        cd_deg=np.asarray(cd_deg, float),
        shape=data_ujy.shape,
    )
    sources = [
        _point_source(tractor, float(x), float(y))
        if profile is None
        else _galaxy(tractor, group, profile, float(x), float(y))
        for (x, y), profile in zip(positions_pix, profiles, strict=True)
    ]
    inverse_error = np.zeros(data_ujy.shape)
    inverse_error[fitted] = 1 / np.sqrt(variance_ujy2[fitted])
    image = _image(
        tractor,
        data=np.where(fitted, data_ujy, 0.0),
        inverse_error=inverse_error,
        psf=_point_source_psf(group, positions_pix),
        cd_deg=group.cd_deg,
    )
    engine = tractor.Tractor([image], sources)
    engine.freezeParam("images")
    found = engine.optimize_forced_photometry(variance=True, shared_params=False)
    return _result(found, sources, data_ujy.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """What the sources of a group share; `shape` is that of the array, (ny, nx)."""

    psf: PsfGrid | PsfZones
    origin_pix: tuple[int, int]
    core_offset_pix: tuple[float, float]
    cd_deg: FloatArray
    shape: tuple[int, ...]

    def effective_psf(
        self, x: float, y: float, half_size_pix: int, samples_per_pix: int, shift: FloatArray
    ) -> FloatArray:
        """Sample the effective PSF of a position of the array, displaced by a shift in pixels.

        The samples fill the area of so many pixels to every side of the central one, but for
        what an odd width leaves out.
        """
        width = (2 * half_size_pix + 1) * samples_per_pix
        half = (width - 1) // 2 if width % 2 else width // 2 - 1
        offsets = np.arange(-half, half + 1) / samples_per_pix
        at = (x + self.origin_pix[0], y + self.origin_pix[1])
        x_shift, y_shift = shift - np.array(self.core_offset_pix)
        return sample_effective_psf(self.psf, at, offsets - x_shift, offsets - y_shift)


def _image(
    tractor: Any, *, data: FloatArray, inverse_error: FloatArray, psf: Any, cd_deg: FloatArray
) -> Any:
    return tractor.Image(
        data=data,
        inverr=inverse_error,
        psf=psf,
        wcs=LocalWcs(cd_deg=cd_deg),
        photocal=tractor.LinearPhotoCal(1.0),
        sky=tractor.ConstantSky(0.0),
    )


def _point_source(tractor: Any, x: float, y: float) -> Any:
    source = tractor.PointSource(tractor.PixPos(x, y), tractor.Flux(0.0))
    source.freezeAllBut("brightness")
    return source


def _point_source_psf(group: _Group, positions_pix: FloatArray) -> Any:
    """Return the PSF of point sources, which The Tractor asks for at the position of each."""
    import tractor

    @cache
    def stamp(x: float, y: float) -> FloatArray:
        samples = group.effective_psf(
            x, y, PROFILE_HALF_SIZE_PIX, _POINT_SAMPLES_PER_PIX, np.zeros(2)
        )
        return np.require(samples, np.float32, ["A", "C"])

    class EffectivePsf(tractor.PixelizedPSF):  # type: ignore[misc]  # it has no types
        def getImage(self, px: float, py: float) -> Any:
            return stamp(px, py)

    # A sample is the flux of a whole native pixel, so that nothing is left to be scaled when
    # The Tractor takes one sample per pixel.
    return EffectivePsf(stamp(*positions_pix.mean(axis=0)), sampling=1 / _POINT_SAMPLES_PER_PIX)


def _galaxy(tractor: Any, group: _Group, profile: SersicProfile, x: float, y: float) -> Any:
    """Return a galaxy that is rendered on the fine grid of its own image."""
    from tractor.sersic import SersicGalaxy, SersicIndex

    nearest = np.floor(np.array([x, y]) + 0.5).astype(int)
    half_size = _galaxy_half_size_pix(group, profile, nearest)
    fine, center = _fine_image(tractor, group, (x, y), nearest, half_size)
    everything = tractor.ModelMask(0, 0, fine.data.shape[1], fine.data.shape[0])

    class FineGalaxy(SersicGalaxy):  # type: ignore[misc]  # it has no types
        def getUnitFluxModelPatch(self, img: Any, **_: Any) -> Any:
            patch = super().getUnitFluxModelPatch(fine, px=center, py=center, modelMask=everything)
            step = _GALAXY_SAMPLES_PER_PIX
            left, bottom = (int(at) - half_size for at in nearest)
            return tractor.Patch(left, bottom, patch.patch[::step, ::step].copy())

    # In The Tractor's basis the major axis at an angle phi points to (sin phi, -cos phi), in
    # (east, north): its phi is the position angle with the opposite sign.
    shape = tractor.GalaxyShape(
        profile.effective_radius_arcsec, profile.axis_ratio, -profile.position_angle_deg
    )
    galaxy = FineGalaxy(
        tractor.PixPos(x, y), tractor.Flux(0.0), shape, SersicIndex(profile.sersic_index)
    )
    galaxy.freezeAllBut("brightness")
    return galaxy


def _fine_image(
    tractor: Any,
    group: _Group,
    position: tuple[float, float],
    nearest: Any,
    half_size_pix: int,
) -> tuple[Any, int]:
    """Return an empty image with several samples per pixel, and its central sample.

    The galaxy is to be rendered on that sample, whereas it is the PSF that is displaced by
    the fraction of a pixel: so every native pixel has its centre on a sample, and nothing is
    interpolated.
    """
    center = half_size_pix * _GALAXY_SAMPLES_PER_PIX
    empty = np.zeros((2 * center + 1, 2 * center + 1))
    samples = group.effective_psf(
        *position, PROFILE_HALF_SIZE_PIX, _GALAXY_SAMPLES_PER_PIX, np.array(position) - nearest
    )
    return (
        _image(
            tractor,
            data=empty,
            inverse_error=empty,
            psf=tractor.PixelizedPSF(samples),
            cd_deg=group.cd_deg / _GALAXY_SAMPLES_PER_PIX,
        ),
        center,
    )


def _galaxy_half_size_pix(group: _Group, profile: SersicProfile, nearest: Any) -> int:
    """Return how many pixels to every side a galaxy is rendered on.

    The Tractor's transforms repeat the galaxy with a period of at least twice that. Of the
    repetitions, no light may reach the pixels of the array that the galaxy itself reaches.
    """
    pixel_arcsec = 3600 * float(np.linalg.svd(group.cd_deg, compute_uv=False)[-1])
    radius_pix = profile.effective_radius_arcsec / pixel_arcsec
    light = _MIXTURE_EFFECTIVE_RADII * radius_pix + PROFILE_HALF_SIZE_PIX
    edges = np.array([group.shape[1], group.shape[0]]) - 1 - nearest
    farthest = float(max(1, *np.abs(nearest), *np.abs(edges)))
    return math.ceil((min(light, farthest) + light) / 2)


def _result(found: Any, sources: Sequence[Any], shape: tuple[int, ...]) -> TractorFit:
    """Translate what The Tractor found."""
    flux = np.array([source.getBrightness().getValue() for source in sources], float)
    inverse_variance = np.asarray(found.IV, float)
    seen = inverse_variance > 0
    model = np.zeros(shape)
    # Where no flux makes the fit better than 0 does, there is no second set of images.
    if found.ims1 is not None:
        model[:] = found.ims1[0][1]
    return TractorFit(
        flux_ujy=np.where(seen, flux, np.nan),
        flux_err_ujy=np.where(seen, 1 / np.sqrt(np.where(seen, inverse_variance, 1.0)), np.nan),
        model_ujy=model,
    )
