"""Spectra without any fault, as tables and stamps, to put one fault at a time into."""

import numpy as np
import pyarrow as pa

from explorer.results.columns import column_info
from explorer.results.dataset import Dataset
from photometry_core import flags
from photometry_core.channels import CHANNELS_PER_DETECTOR, nominal_band_um
from photometry_core.stamp_cubes import empty_stamps

PIXEL_ARCSEC = 6.15
AREA_SR = (np.radians(PIXEL_ARCSEC / 3600)) ** 2
PSF_PIX = 0.9
NOISE_MJY_SR = 0.004
BACKGROUND_MJY_SR = 0.3
VISITS = 6
HALF_YEAR = 182.0


def clean_columns(relative_error=0.01, seed=5):
    """Return columns of a smooth spectrum: six visits of every channel, half a year apart."""
    rng = np.random.default_rng(seed)
    detector, channel, visit = (
        axis.ravel()
        for axis in np.meshgrid(
            np.arange(1, 7), np.arange(1, CHANNELS_PER_DETECTOR + 1), np.arange(VISITS)
        )
    )
    nominal = np.array(
        [nominal_band_um(int(d), int(c)) for d, c in zip(detector, channel, strict=True)]
    )
    wavelength = nominal[:, 0] + nominal[:, 1] * rng.uniform(-0.45, 0.45, detector.size)
    order = np.argsort(wavelength)
    detector, channel, visit, wavelength = (
        values[order] for values in (detector, channel, visit, wavelength)
    )
    true = 2000.0 / wavelength
    error = relative_error * true
    zodiacal = BACKGROUND_MJY_SR * (1 + 0.1 * visit) * (1 + 0.2 * wavelength)
    return {
        "wavelength": wavelength,
        "flux": rng.normal(true, error),
        "flux_err": error,
        "flags": np.full(detector.size, flags.SOURCE, np.int64),
        "fit_ql": rng.normal(0.8, 0.13, detector.size),
        "flux_bkg": rng.normal(zodiacal, 0.002 * zodiacal),
        "flux_bkg_err": 0.002 * zodiacal,
        "local_bkg_flg": np.ones(detector.size, bool),
        "det_id": detector.astype(np.int16),
        "mjd": 60800.0 + HALF_YEAR * visit + 0.1 * channel,
        "x_image": 1020.0 + rng.uniform(-0.5, 0.5, detector.size),
        "y_image": 116.4 * (CHANNELS_PER_DETECTOR - channel + 0.5),
        "n_pix": np.full(detector.size, 289, np.int32),
        "chi2": rng.normal(289.0, 24.0, detector.size),
        "flux_corr": np.full(detector.size, np.nan),
        "snr": np.full(detector.size, 1 / relative_error),
        "channel": channel.astype(np.int16),
    }


def dataset_of(columns, **metadata):
    """Return columns as the rows of a target."""
    columns = columns | {"row": np.arange(len(columns["wavelength"]), dtype=np.int32)}
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return Dataset(
        job_id="a-job",
        index=0,
        target={"name": "made", "ra_deg": 10.0, "dec_deg": 20.0},
        metadata=metadata,
        table=table,
        columns={field.name: column_info(field) for field in table.schema},
    )


def stamp_reader(columns, offset_arcsec=(0.0, 0.0), other_arcsec=None, other_fraction=0.0, seed=7):
    """Return what reads stamps of such a spectrum.

    The light lies `offset_arcsec` (east, north) off the position. A second source of a fraction of
    the flux, which no model has, lies `other_arcsec` off it. Every stamp has another roll angle.
    """

    def read(rows):
        rng = np.random.default_rng(seed)
        stamps = empty_stamps(len(rows))
        size = stamps.image_mjy_sr.shape[-1]
        y, x = np.mgrid[:size, :size]
        for place, row in enumerate(rows):
            angle = rng.uniform(0, 2 * np.pi)
            cd = PIXEL_ARCSEC * np.array(
                [[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            )
            position = np.array([columns["x_image"][row], columns["y_image"][row]])
            origin = np.rint(position).astype(int) - size // 2
            light = columns["flux"][row] / (AREA_SR * 1e12)

            def source(arcsec, flux, position=position, origin=origin, cd=cd):
                dx, dy = np.linalg.solve(cd, np.asarray(arcsec, float))
                px, py = position - origin + (dx, dy)
                spot = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * PSF_PIX**2))
                return flux * spot / (2 * np.pi * PSF_PIX**2)

            model = columns["flux_bkg"][row] + source((0.0, 0.0), light)
            image = columns["flux_bkg"][row] + source(offset_arcsec, light)
            if other_arcsec is not None:
                image = image + source(other_arcsec, other_fraction * light)
            stamps.image_mjy_sr[place] = image + rng.normal(0, NOISE_MJY_SR, image.shape)
            stamps.model_mjy_sr[place] = model
            stamps.variance_mjy2_sr2[place] = NOISE_MJY_SR**2
            stamps.origin_pix[place] = origin
            stamps.cd_deg[place] = cd / 3600.0
        return stamps

    return read
