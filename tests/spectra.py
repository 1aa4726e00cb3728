"""Spectra made by hand, to test what shows, saves and serves them."""

import numpy as np

from photometry_core import flags
from photometry_core.cutout import Stamp
from photometry_core.measurement import Measurement, Provenance
from photometry_core.spectrum import Spectrum, build_spectrum
from photometry_core.types import STAMP_SIZE_PIX, Exposure, MeasureOptions, Target

BANDS_UM = {1: (0.75, 1.1), 2: (1.1, 1.62), 3: (1.63, 2.41), 4: (2.42, 3.82), 5: (3.83, 4.41),
            6: (4.42, 5.0)}  # fmt: skip
PIXEL_DEG = 6.15 / 3600
TRANSIENT_PIXEL = (STAMP_SIZE_PIX // 2 + 1, STAMP_SIZE_PIX // 2 - 1)
"""Row and column in the stamps of the measurements with that flag."""


def made_spectrum(n_measured=24, n_failed=2, target=None, options=None, seed=1) -> Spectrum:
    """Return a spectrum with flagged, seriously flagged, negative and failed measurements."""
    rng = np.random.default_rng(seed)
    target = target or Target(name="M 81", ra_deg=148.88822, dec_deg=69.0653)
    measurements = [_measured(target, number, rng) for number in range(n_measured)]
    measurements += [_failed(target, n_measured + number) for number in range(n_failed)]
    return build_spectrum(target, measurements, options or MeasureOptions(), made_provenance())


def made_provenance() -> Provenance:
    return Provenance(
        software="SPHEREx Explorer 0.1.0",
        archive="simulated",
        archive_description="An invented sky",
        simulated=True,
        calibration="WCS-WAVE table of each image; solid angles from its WCS",
        created="2025-11-20T10:00:00Z",
    )


def _exposure(number, detector) -> Exposure:
    return Exposure(
        publisher_did=f"ivo://irsa.ipac/spherex_qr2?2025W18_1B_0{number:03d}_1/D{detector}",
        obs_id=f"2025W18_1B_0{number:03d}_1",
        detector=detector,
        lvf_id=700000000000000 + number,
        collection="spherex_qr2",
        deep=False,
        mjd=60800.5 + 0.01 * number,
        simulated=False,
        access="",
    )


def _measured(target, number, rng) -> Measurement:
    detector = number % 6 + 1
    low, high = BANDS_UM[detector]
    wavelength = low + (high - low) * rng.uniform()
    flux = 900.0 / wavelength + rng.normal(0, 15.0)
    value = {3: flags.SOURCE | 1, 5: flags.mask_of(["DICHROIC", "SOURCE"])}.get(
        number % 9, flags.SOURCE
    )
    if number % 9 == 7:
        flux, value = -4.0, flags.CONTAINS_BAD_PIXEL | flags.SOURCE
    x, y = 400.3 + number * 1.37, 811.8
    stamp = _stamp(x, y, flux, value, rng)
    return Measurement(
        exposure=_exposure(number, detector),
        wavelength_um=wavelength,
        bandwidth_um=wavelength / 41,
        flux_ujy=flux,
        flux_err_ujy=15.0,
        flags=value,
        fit_quality=0.83,
        background_mjy_sr=0.31,
        background_err_mjy_sr=0.002,
        background_is_local=True,
        x_pix=x,
        y_pix=y,
        ra_deg=target.ra_deg,
        dec_deg=target.dec_deg,
        n_pix=121,
        n_aperture_pix=21,
        flag_counts=_counts(stamp, x, y),
        stamp=stamp,
    )


def _failed(target, number) -> Measurement:
    return Measurement(
        exposure=_exposure(number, number % 6 + 1),
        flags=flags.FIT_ERROR,
        ra_deg=target.ra_deg,
        dec_deg=target.dec_deg,
        reason="level2_x.fits: HDU VARIANCE is missing",
    )


def _counts(stamp, x_pix, y_pix):
    y, x = np.mgrid[:STAMP_SIZE_PIX, :STAMP_SIZE_PIX]
    left, bottom = stamp.origin_pix
    near = stamp.flags[np.hypot(x + left - x_pix, y + bottom - y_pix) <= 2.5]
    return tuple(int(np.sum(near >> bit & 1)) for bit in range(flags.IMAGE_BITS))


def _stamp(x_pix, y_pix, flux, value, rng) -> Stamp:
    left, bottom = round(x_pix) - STAMP_SIZE_PIX // 2, round(y_pix) - STAMP_SIZE_PIX // 2
    y, x = np.mgrid[:STAMP_SIZE_PIX, :STAMP_SIZE_PIX]
    spot = np.exp(-((x + left - x_pix) ** 2 + (y + bottom - y_pix) ** 2) / 1.6)
    model = 0.31 + flux / 300.0 * spot
    image = model + rng.normal(0, 0.05, model.shape)
    image[2, 3:9] = np.nan
    plane = _flag_plane(value)
    if value & flags.mask_of(["TRANSIENT"]):
        image[TRANSIENT_PIXEL] += 2.0
    if value & flags.CONTAINS_BAD_PIXEL:
        # Not finite, which no bit of the plane says.
        image[STAMP_SIZE_PIX // 2, STAMP_SIZE_PIX // 2 + 2] = np.nan
    angle = np.radians(35.0)
    return Stamp(
        image_mjy_sr=image.astype(np.float32),
        variance_mjy2_sr2=np.full(image.shape, 0.0025, np.float32),
        flags=plane,
        model_mjy_sr=model.astype(np.float32),
        origin_pix=(left, bottom),
        cd_deg=PIXEL_DEG
        * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]]),
    )


def _flag_plane(value):
    """Return flags of pixels, of which those near the middle make up `value`."""
    middle = STAMP_SIZE_PIX // 2
    plane = np.zeros((STAMP_SIZE_PIX, STAMP_SIZE_PIX), np.int32)
    if value & flags.SOURCE:
        plane[middle - 1 : middle + 2, middle - 1 : middle + 2] |= flags.SOURCE
    if value & flags.mask_of(["DICHROIC"]):
        plane[: middle + 1] |= flags.mask_of(["DICHROIC"])
    if value & flags.mask_of(["TRANSIENT"]):
        plane[TRANSIENT_PIXEL] |= flags.mask_of(["TRANSIENT"])
    # Far enough from the target to leave its flags alone.
    plane[middle + 4, middle - 3] |= flags.mask_of(["HOT"])
    plane[middle - 5 : middle - 3, middle + 3] |= flags.mask_of(["PERSIST", "OUTLIER"])
    plane[middle + 5, middle : middle + 9] |= flags.mask_of(["SATELLITE_HALO"])
    plane[2, 3:9] |= flags.mask_of(["MISSING_DATA"])
    return plane
