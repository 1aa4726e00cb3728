"""A folder of simulated files: found by footprint, read like real ones, damaged ones reported."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from photometry_core.archive import open_archive
from photometry_core.archive.folder import FolderArchive
from photometry_core.archive.regions import Box
from photometry_core.byte_source import FileSource
from photometry_core.errors import ArchiveError
from photometry_core.flags import FIT_ERROR
from photometry_core.pipeline import measure
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources
from photometry_core.spectrum import COLUMNS
from photometry_core.types import MeasureOptions, Target

FULL = Box(0, 0, 2040, 2040)
DETECTOR = 3
X_PIX, Y_PIX = 700.3, 1210.8
POINTING = 20_000


def pointings_near(count: int) -> tuple[Target, list[int]]:
    """A target, and pointings that have it well inside detector 3."""
    ra, dec = survey.celestial_wcs(POINTING, DETECTOR).pixel_to_sky(X_PIX, Y_PIX)
    found = exposures.coverage(float(ra), float(dec), DETECTOR)
    inside = (np.abs(found.x_pix - 1020) < 950) & (np.abs(found.y_pix - 1020) < 950)
    target = Target(name="star", ra_deg=float(ra), dec_deg=float(dec))
    return target, found.pointing[inside][:count].tolist()


def box_around(target: Target, pointing: int, half_size: int = 35) -> Box:
    x, y = survey.celestial_wcs(pointing, DETECTOR).sky_to_pixel(target.ra_deg, target.dec_deg)
    return Box(
        int(x) - half_size, int(y) - half_size, int(x) + half_size, int(y) + half_size
    ).intersection(FULL)


def file_bytes(target: Target, pointing: int, box: Box) -> bytes:
    star = point_sources(target.ra_deg, target.dec_deg, 3000.0)
    rendering = render_exposure(pointing, DETECTOR, box, star)
    return spectral_image(rendering, "file").read(0, 10**9)


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def rows(spectrum) -> dict[str, list]:
    return {c.name: spectrum.table[c.name].tolist() for c in COLUMNS}


def test_full_frame_and_cutout_give_identical_numbers(tmp_path):
    target, [pointing, *_] = pointings_near(1)
    write(tmp_path / "full", "a.fits", file_bytes(target, pointing, FULL))
    box = box_around(target, pointing)
    write(tmp_path / "cut", "a.fits", file_bytes(target, pointing, box))
    # Cut out of the full frame by astropy, as an independent server would.
    with fits.open(tmp_path / "full" / "a.fits") as hdus:
        for name in ("IMAGE", "FLAGS", "VARIANCE", "ZODI"):
            hdu = hdus[name]
            hdu.data = hdu.data[box.y0 : box.y1, box.x0 : box.x1].copy()
            for axis, shift in ((1, box.x0), (2, box.y0)):
                for card in (f"CRPIX{axis}", f"CRPIX{axis}A", f"CRPIX{axis}W"):
                    if card in hdu.header:
                        hdu.header[card] -= shift
        (tmp_path / "server").mkdir()
        hdus.writeto(tmp_path / "server" / "a.fits")
    results = [
        rows(measure([target], open_archive(str(tmp_path / name)))[0])
        for name in ("full", "cut", "server")
    ]
    assert results[0]["flux"][0] == pytest.approx(3000, rel=0.2)
    assert results[0] == results[1] == results[2]


def test_damaged_files_cost_no_row_and_hurt_no_other(tmp_path):
    target, pointings = pointings_near(6)
    data = [file_bytes(target, p, box_around(target, p)) for p in pointings]
    write(tmp_path, "good.fits", data[0])
    write(tmp_path, "deep/er/packed.fits.gz", gzip.compress(data[1], 1))
    # The headers of IMAGE are there, some of its pixels are not.
    write(tmp_path, "truncated.fits", data[2][:32_000])
    write(tmp_path, "page.fits", b"<html><title>503 Service Unavailable</title></html>")
    write(tmp_path, "empty.fits", b"")
    write(tmp_path, "damaged.fits.gz", gzip.compress(data[3], 1)[:-5000])
    write(tmp_path, "notes.txt", b"not an image")
    for number, name in ((4, "VARIANCE"), (5, "PSF")):
        path = write(tmp_path, f"no-{name}.fits", data[number])
        with fits.open(path) as hdus:
            del hdus[name]
            hdus.writeto(path, overwrite=True)

    archive = FolderArchive(tmp_path)
    search = archive.find_exposures([target], MeasureOptions())
    [spectrum] = measure([target], archive)
    assert len(search.matches) == spectrum.n_found == 5
    # The files say so themselves: a folder of simulated files is not taken for observations.
    assert spectrum.provenance.simulated
    assert spectrum.n_measured == 2
    failed = spectrum.table[(spectrum.table["flags"] & FIT_ERROR) != 0]
    assert len(failed) == 3
    assert failed["flux"].mask.all()
    reasons = " | ".join(failed["reason"])
    assert "truncated.fits: HDU IMAGE is truncated" in reasons
    assert "no-VARIANCE.fits: HDU VARIANCE is missing" in reasons
    assert "no-PSF.fits: HDU PSF is missing" in reasons
    problems = " | ".join(search.problems)
    assert "page.fits: not a FITS file" in problems
    assert "empty.fits: not a FITS file" in problems
    assert "damaged.fits.gz: damaged gzip file" in problems
    assert "notes.txt" not in problems
    assert len(search.problems) == 3


@pytest.mark.parametrize(
    ("hdu", "keyword", "value", "message"),
    [
        ("IMAGE", "CRPIX1A", None, "HDU IMAGE has no keyword CRPIX1A"),
        ("IMAGE", "OBSID", None, "HDU IMAGE has no keyword OBSID"),
        ("PRIMARY", "VERSION", None, "HDU PRIMARY has no keyword VERSION"),
        ("PRIMARY", "VERSION", "5.9.1", "VERSION 5.9.1; this version reads 6.x (QR2) and 7.x"),
        ("PRIMARY", "VERSION", "8.0.0", "VERSION 8.0.0; this version reads 6.x (QR2) and 7.x"),
        ("PRIMARY", "VERSION", "70.5", "VERSION 70.5; this version reads 6.x (QR2) and 7.x"),
        ("PRIMARY", "VERSION", "7", "VERSION 7; this version reads 6.x (QR2) and 7.x"),
        ("IMAGE", "PC1_2", None, "HDU IMAGE has no keyword PC1_2"),
        ("IMAGE", "CTYPE1", "RA---TPV", "CTYPE1 is 'RA---TPV', expected 'RA---TAN-SIP'"),
    ],
)
def test_files_of_which_nobody_knows_what_they_show(tmp_path, hdu, keyword, value, message):
    target, [pointing, *_] = pointings_near(1)
    path = write(tmp_path, "a.fits", file_bytes(target, pointing, box_around(target, pointing)))
    change(path, hdu, keyword, value)
    search = FolderArchive(tmp_path).find_exposures([target], MeasureOptions())
    assert search.matches == ()
    assert len(search.problems) == 1
    assert message in search.problems[0]
    assert "a.fits" in search.problems[0]


@pytest.mark.parametrize(
    ("hdu", "keyword", "value", "message"),
    [
        ("IMAGE", "BUNIT", "Jy/beam", "BUNIT is 'Jy/beam', expected 'MJy / sr'"),
        ("IMAGE", "PS1_0W", None, "HDU IMAGE has no keyword PS1_0W"),
        ("FLAGS", "MP_HOT", 9, "MP_HOT is bit 9, expected 10"),
        ("IMAGE", "CRPIX1W", -7.0, "by the W WCS, and"),
        ("PSF", "OVERSAMP", None, "HDU PSF has no keyword OVERSAMP"),
        ("PSF", "OVERSAMP", 100000, "OVERSAMP is 100000, expected 1 to 50"),
        ("PSF", "XCTR_17", None, "HDU PSF has no keyword XCTR_17"),
        ("WCS-WAVE", "TFORM1", "9D", "column X has the format '9D'"),
    ],
)
def test_files_that_are_found_but_contradict_the_format(tmp_path, hdu, keyword, value, message):
    target, [pointing, *_] = pointings_near(1)
    path = write(tmp_path, "a.fits", file_bytes(target, pointing, box_around(target, pointing)))
    change(path, hdu, keyword, value)
    [spectrum] = measure([target], FolderArchive(tmp_path))
    assert spectrum.n_found == 1
    assert spectrum.n_measured == 0
    assert message in spectrum.table["reason"][0]


@pytest.mark.parametrize(
    ("hdu", "keyword", "value", "message"),
    [
        ("FLAGS", "ZCMPTYPE", "HCOMPRESS_1", "ZCMPTYPE is 'HCOMPRESS_1', expected 'RICE_1'"),
        ("FLAGS", "ZBITPIX", 16, "ZBITPIX is 16, expected 32"),
        ("FLAGS", "ZNAXIS1", 5, "HDU FLAGS: keyword ZTILE1 is 70, expected 5"),
        ("FLAGS", "MSKM0004", 2048, "is bit 11, expected"),
        ("FLAGS", "MSKM0004", None, "HDU FLAGS has no keyword MSKM0004"),
        ("EPSF", "OVSMPX", None, "HDU EPSF has no keyword OVSMPX"),
        ("EPSF", "EXTNAME", "PSF", "HDU EPSF is missing"),
        ("PRIMARY", "VERSION", "6.5.6", "HDU PSF is missing"),
    ],
)
def test_qr3_files_that_contradict_the_format(tmp_path, hdu, keyword, value, message):
    target, _, pointing = seen_in_both_releases()
    path = write(tmp_path, "a.fits", file_bytes(target, pointing, box_around(target, pointing)))
    change(path, hdu, keyword, value)
    [spectrum] = measure([target], FolderArchive(tmp_path))
    assert spectrum.n_found == 1
    assert spectrum.n_measured == 0
    assert message in spectrum.table["reason"][0]


def test_both_releases_in_one_folder(tmp_path):
    target, *pointings = seen_in_both_releases()
    for pointing in pointings:
        box = box_around(target, pointing)
        write(tmp_path, f"{pointing}.fits", file_bytes(target, pointing, box))
    both = ["spherex_qr2", "spherex_qr3"]
    for releases, expected in ((("qr2", "qr3"), both), (("qr2",), both[:1]), (("qr3",), both[1:])):
        options = MeasureOptions(releases=releases)
        [spectrum] = measure([target], FolderArchive(tmp_path), options)
        assert sorted(spectrum.table["data_collection"].tolist()) == expected
        assert spectrum.n_measured == len(expected)
        pulls = (spectrum.table["flux"] - 3000.0) / spectrum.table["flux_err"]
        assert np.abs(pulls).max() < 4


def test_a_qr3_full_frame_and_a_cutout_give_identical_numbers(tmp_path):
    target, _, pointing = seen_in_both_releases()
    boxes = {"full": FULL, "cut": box_around(target, pointing)}
    for name, box in boxes.items():
        write(tmp_path / name, "a.fits", file_bytes(target, pointing, box))
    one, other = (rows(measure([target], FolderArchive(tmp_path / name))[0]) for name in boxes)
    assert one["flux"][0] == pytest.approx(3000, rel=0.2)
    assert one == other


def seen_in_both_releases() -> tuple[Target, int, int]:
    """A target, and one pointing of each release that has it well inside detector 3."""
    ra, dec = survey.celestial_wcs(280_000, DETECTOR).pixel_to_sky(X_PIX, Y_PIX)
    target = Target(name="star", ra_deg=float(ra), dec_deg=float(dec))
    listed = exposures.coverage(target.ra_deg, target.dec_deg, DETECTOR)
    inside = (np.abs(listed.x_pix - 1020) < 950) & (np.abs(listed.y_pix - 1020) < 950)
    found = {survey.release(pointing): pointing for pointing in listed.pointing[inside].tolist()}
    return target, found["qr2"], found["qr3"]


def change(path: Path, hdu: str, keyword: str, value) -> None:
    """Change or remove a card in place; sizes do not change."""
    data = path.read_bytes()
    with fits.open(path, disable_image_compression=True) as hdus:
        start = hdus[hdu].fileinfo()["hdrLoc"]
    for at in range(start, len(data), 80):
        card = data[at : at + 80]
        if card.removeprefix(b"HIERARCH ").startswith(f"{keyword:8s}=".encode()):
            new = f"{keyword:8s}= {value!r}" if value is not None else "COMMENT gone"
            path.write_bytes(data[:at] + new.ljust(80).encode() + data[at + 80 :])
            return
    raise AssertionError(f"{hdu} has no card {keyword}")


def test_only_the_newest_and_largest_file_of_an_exposure_counts(tmp_path):
    target, [pointing, *_] = pointings_near(1)
    small = file_bytes(target, pointing, box_around(target, pointing, 30))
    large = file_bytes(target, pointing, box_around(target, pointing, 40))
    write(tmp_path, "x_l2b-v20-2025-247.fits", large)
    write(tmp_path, "x_l2b-v21-2025-354.fits", small)
    write(tmp_path, "y_l2b-v21-2025-354.fits", large)
    [match] = FolderArchive(tmp_path).find_exposures([target], MeasureOptions()).matches
    assert match.exposure.access.endswith("y_l2b-v21-2025-354.fits")


def test_options_and_other_positions_select_nothing(tmp_path):
    target, [pointing, *_] = pointings_near(1)
    write(tmp_path, "a.fits", file_bytes(target, pointing, box_around(target, pointing)))
    archive = FolderArchive(tmp_path)
    elsewhere = Target(name="", ra_deg=target.ra_deg, dec_deg=-target.dec_deg)
    assert archive.find_exposures([elsewhere], MeasureOptions()).matches == ()
    assert archive.find_exposures([target], MeasureOptions(detectors=(1,))).matches == ()
    early = MeasureOptions(mjd_range=(None, 60000.0))
    assert archive.find_exposures([target], early).matches == ()
    [match] = archive.find_exposures([elsewhere, target], MeasureOptions()).matches
    assert match.targets == (1,)


def test_of_an_uncompressed_file_only_the_rows_needed_are_read(tmp_path, monkeypatch):
    target, [pointing, *_] = pointings_near(1)
    path = write(tmp_path, "a.fits", file_bytes(target, pointing, FULL))
    assert path.stat().st_size == pytest.approx(71_635_000, rel=1e-3)
    total = 0
    original = FileSource.read

    def counting(self, start, end):
        nonlocal total
        data = original(self, start, end)
        total += len(data)
        return data

    monkeypatch.setattr(FileSource, "read", counting)
    [spectrum] = measure([target], FolderArchive(tmp_path))
    assert spectrum.n_measured == 1
    # 41 rows of three planes, four PSF planes and the headers, which are read twice.
    assert total < 1_800_000


def test_calibration_products_in_the_folder_are_used(tmp_path):
    target, [pointing, *_] = pointings_near(1)
    write(tmp_path, "a.fits", file_bytes(target, pointing, box_around(target, pointing)))
    [before] = measure([target], FolderArchive(tmp_path))
    y, x = np.mgrid[:2040, :2040].astype(np.float32)
    planes = [("CWAVE", 2 + x / 1e4, "um"), ("CBAND", 0.03 + y / 1e6, "um")]
    hdus = [fits.PrimaryHDU()]
    for name, plane, unit in planes:
        hdus.append(fits.ImageHDU(plane, name=name))
        hdus[-1].header["BUNIT"] = unit
    folder = tmp_path / "calibration"
    folder.mkdir()
    name = f"spectral_wcs_D{DETECTOR}_spx_cal-wcs-v4-2025-254.fits"
    fits.HDUList(hdus).writeto(folder / name)
    omega = fits.ImageHDU(np.full((2040, 2040), 40.0, np.float32), name="IMAGE")
    omega.header["BUNIT"] = "arcsec2"
    fits.HDUList([fits.PrimaryHDU(), omega]).writeto(
        folder / f"solid_angle_pixel_map_D{DETECTOR}_spx_cal-sapm-v2-2025-164.fits"
    )
    archive = FolderArchive(tmp_path)
    [after] = measure([target], archive)
    assert after.n_found == 1
    x_pix, y_pix = after.table["x_image"][0], after.table["y_image"][0]
    assert after.table["wavelength"][0] == pytest.approx(2 + x_pix / 1e4, abs=1e-6)
    assert after.table["lambda_width"][0] == pytest.approx(0.03 + y_pix / 1e6, abs=1e-8)
    ratio = after.table["flux"][0] / before.table["flux"][0]
    assert ratio == pytest.approx(40.0 / 37.86, rel=0.02)
    assert name in archive.calibration_note()
    assert "wavelengths from WCS-WAVE for the others" in archive.calibration_note()


def test_calibration_products_of_one_release_are_not_used_for_the_other(tmp_path):
    target, *pointings = seen_in_both_releases()
    for pointing in pointings:
        box = box_around(target, pointing)
        write(tmp_path, f"{pointing}.fits", file_bytes(target, pointing, box))
    names = {
        "qr2": f"spectral_wcs_D{DETECTOR}_spx_cal-wcs-v4-2025-254.fits",
        "qr3": f"spectral_wcs_D{DETECTOR}_spx_cal-swcs-v5-2026-191.fits",
    }
    for offset, name in zip((2.0, 3.0), names.values(), strict=True):
        hdus = [fits.PrimaryHDU()]
        for plane in ("CWAVE", "CBAND"):
            value = np.full((2040, 2040), offset, np.float32)
            hdus.append(fits.ImageHDU(value, name=plane))
            hdus[-1].header["BUNIT"] = "um"
        fits.HDUList(hdus).writeto(tmp_path / name)

    def wavelengths() -> dict[str, float]:
        [spectrum] = measure([target], FolderArchive(tmp_path))
        collections = spectrum.table["data_collection"].tolist()
        return dict(zip(collections, spectrum.table["wavelength"].tolist(), strict=True))

    assert wavelengths() == {"spherex_qr2": 2.0, "spherex_qr3": 3.0}
    (tmp_path / names["qr3"]).unlink()
    # The table in the file, not the map of the other release.
    assert wavelengths()["spherex_qr2"] == 2.0
    assert wavelengths()["spherex_qr3"] == pytest.approx(1.862, abs=1e-3)
    assert f"QR2 D{DETECTOR}: {names['qr2']}" in FolderArchive(tmp_path).calibration_note()


def test_a_folder_that_is_not_there():
    with pytest.raises(ArchiveError, match="'/no/such/folder' is neither a folder nor the name"):
        open_archive("/no/such/folder")
