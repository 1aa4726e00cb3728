"""The reader on real headers and wavelength tables, against astropy and worked examples."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from photometry_core.byte_source import MemorySource
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import read_hdus
from photometry_core.image_header import read_exposure, read_footprint
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import Target

SIZE = 117


@pytest.fixture(scope="module")
def real_cutout(real_data) -> bytes:
    """A server cutout with the real headers and wavelength table, and pixels of our own."""
    folder = real_data / "spherex_explorer"

    def header(name: str) -> fits.Header:
        text = (folder / name).read_text(encoding="ascii")
        return fits.Header.fromstring(text, sep="\n")

    y, x = np.mgrid[:SIZE, :SIZE]
    primary = fits.PrimaryHDU()
    primary.header["VERSION"] = "6.5.4"
    image = fits.ImageHDU((x + 1000 * y).astype(np.float32), header("qr2_cutout_image_header.txt"))
    flags = fits.ImageHDU(np.full((SIZE, SIZE), 1 << 21, np.int32),
                          header("qr2_cutout_flags_header.txt"))  # fmt: skip
    variance = fits.ImageHDU(np.full((SIZE, SIZE), 2e-4, np.float32), name="VARIANCE")
    psf = fits.ImageHDU(np.zeros((121, 101, 101), np.float32), name="PSF")
    psf.header["OVERSAMP"] = 10
    centers = 92.7273 + 185.454545 * np.arange(11)
    for number in range(121):
        psf.data[number] = number
        # As pipeline 6.5.4 labelled them: transposed, and the value of the zone in y at x.
        psf.header[f"XCTR_{number + 1}"] = centers[number // 11]
        psf.header[f"YCTR_{number + 1}"] = centers[number % 11]
    stream = io.BytesIO()
    with fits.open(folder / "wcs_wave_qr2_D3_rebuilt.fits") as table:
        fits.HDUList([primary, image, flags, variance, psf, table["WCS-WAVE"]]).writeto(stream)
    return stream.getvalue()


def test_exposure_of_a_real_header(real_cutout):
    hdus = read_hdus(MemorySource(real_cutout, "cutout.fits"))
    exposure = read_exposure(hdus["PRIMARY"].header, hdus["IMAGE"].header, "here")
    assert exposure.publisher_did == "ivo://irsa.ipac/spherex_qr2?2025W51_1A_0684_2/D3"
    assert exposure.lvf_id == 202551101068423
    assert exposure.mjd == 61027.215650564
    assert not exposure.deep


def test_footprint_of_a_real_header(real_cutout):
    footprint = read_footprint(read_hdus(MemorySource(real_cutout, "cutout.fits"))["IMAGE"])
    assert (footprint.box.x0, footprint.box.y0) == (1292, 863)
    assert footprint.box.shape == (SIZE, SIZE)
    with fits.open(io.BytesIO(real_cutout)) as hdus:
        reference = WCS(hdus["IMAGE"].header)
    x, y = (plane.ravel() for plane in np.mgrid[0:SIZE:9, 0:SIZE:9].astype(float))
    ra, dec = reference.all_pix2world(x, y, 0)
    found_x, found_y = footprint.wcs.sky_to_pixel(ra, dec)
    assert np.max(np.hypot(found_x - 1292 - x, found_y - 863 - y)) < 1e-8
    m31_x, m31_y = footprint.wcs.sky_to_pixel(10.6847, 41.2690)
    assert (m31_x - 1292, m31_y - 863) == pytest.approx((57.689, 58.145), abs=1e-3)
    assert footprint.covers([10.6847, 10.6847], [41.2690, 41.9]).tolist() == [True, False]


def test_cutout_of_a_real_header(real_cutout):
    source = MemorySource(real_cutout, "cutout.fits")
    hdus = read_hdus(source)
    exposure = read_exposure(hdus["PRIMARY"].header, hdus["IMAGE"].header, "here")
    targets = [
        Target(name="off", ra_deg=12.0, dec_deg=41.0),
        Target(name="M 31", ra_deg=10.6847, dec_deg=41.2690),
    ]
    [(cutout, members)] = read_cutouts(source, exposure, targets, 20)
    assert members == (1,)
    assert cutout.image_mjy_sr.shape == (41, 41)
    assert cutout.origin_pix == (1292 + 58 - 20, 863 + 58 - 20)
    assert cutout.image_mjy_sr[20, 20] == 58 + 1000 * 58
    # The worked example: bilinear lookup without SIP; with it, 2.01900 um would come out.
    wavelength, bandwidth = cutout.spectral.at(1292 + 58, 863 + 58)
    assert wavelength == pytest.approx(2.02473, abs=1e-5)
    assert bandwidth == pytest.approx(0.05029, abs=1e-5)
    assert cutout.solid_angle_arcsec2[20, 20] == pytest.approx(37.86, abs=0.1)


def test_wavelengths_agree_with_the_spectral_wcs_of_astropy(real_cutout):
    source = MemorySource(real_cutout, "cutout.fits")
    hdus = read_hdus(source)
    exposure = read_exposure(hdus["PRIMARY"].header, hdus["IMAGE"].header, "here")
    target = Target(name="M 31", ra_deg=10.6847, dec_deg=41.2690)
    [(cutout, _)] = read_cutouts(source, exposure, [target], 20)
    with fits.open(io.BytesIO(real_cutout)) as opened:
        spectral = WCS(opened["IMAGE"].header, fobj=opened, key="W")
        spectral.sip = None
        for x, y in ((0.0, 0.0), (58.3, 57.9), (116.0, 3.5)):
            expected = [float(v) for v in spectral.pixel_to_world_values(x, y)]
            assert cutout.spectral.at(1292 + x, 863 + y) == pytest.approx(expected, abs=1e-9)


def test_psf_zones_are_x_fast_whatever_the_labels_say(real_cutout):
    source = MemorySource(real_cutout, "cutout.fits")
    hdus = read_hdus(source)
    exposure = read_exposure(hdus["PRIMARY"].header, hdus["IMAGE"].header, "here")
    target = Target(name="M 31", ra_deg=10.6847, dec_deg=41.2690)
    [(cutout, _)] = read_cutouts(source, exposure, [target], 20)
    # Around pixel (1350, 921): columns 6 and 7, rows 4 and 5; plane = row * 11 + column.
    assert cutout.psf.planes[:, :, 0, 0].tolist() == [[50, 51], [61, 62]]
    assert cutout.psf.x_centers_pix == pytest.approx([1205.45, 1390.91], abs=0.01)


def test_another_exposure_is_refused(real_cutout):
    source = MemorySource(real_cutout, "cutout.fits")
    hdus = read_hdus(source)
    exposure = read_exposure(hdus["PRIMARY"].header, hdus["IMAGE"].header, "here")
    data = real_cutout.replace(b"'2025W51_1A_0684_2'", b"'2025W51_1A_0684_3'")
    with pytest.raises(DataFormatError, match="holds 2025W51_1A_0684_3 D3, expected 2025W51"):
        read_cutouts(MemorySource(data, "cutout.fits"), exposure, [], 20)
