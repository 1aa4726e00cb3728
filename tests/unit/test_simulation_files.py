"""Simulated Spectral Images have the real layout, and astropy reads them as they are meant."""

import io
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from photometry_core.archive.regions import Box
from photometry_core.archive.search import ExposureMatch
from photometry_core.archive.simulated import SimulatedArchive
from photometry_core.flags import BY_NAME
from photometry_core.pipeline import measure_match
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.__main__ import main
from photometry_core.simulation.cards import card, commentary, header
from photometry_core.simulation.files import SegmentedFile, spectral_image
from photometry_core.simulation.frames import render_cutout
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.lookup_hdus import PIPELINE_VERSIONS
from photometry_core.simulation.names import find_named
from photometry_core.simulation.psf import zone_planes
from photometry_core.simulation.sources import point_sources
from photometry_core.simulation.wavelengths import wavelength_grid
from photometry_core.types import DETECTORS, MeasureOptions, Target

RA, DEC = 24.24125, 9.56307
HDUS = ["PRIMARY", "IMAGE", "FLAGS", "VARIANCE", "ZODI", "PSF", "WCS-WAVE"]


def one_cutout(detector, version="6.5.6", size=45):
    found = exposures.coverage(RA, DEC, detector)
    number = int(found.pointing[5])
    rendering = render_cutout(number, detector, found.x_pix[5], found.y_pix[5], size)
    name = exposures.file_name(exposures.exposure(number, detector))
    return rendering, spectral_image(rendering, name, version), (found.x_pix[5], found.y_pix[5])


def opened(file):
    return fits.open(io.BytesIO(b"".join(file.segments())))


@pytest.mark.parametrize("detector", DETECTORS)
def test_layout_and_planes(detector):
    rendering, file, _ = one_cutout(detector)
    with opened(file) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == HDUS
        for name, plane in (
            ("IMAGE", rendering.image_mjy_sr),
            ("VARIANCE", rendering.variance_mjy2_sr2),
            ("FLAGS", rendering.flags),
            ("ZODI", rendering.zodi_mjy_sr),
        ):
            assert np.array_equal(hdus[name].data, plane, equal_nan=name != "FLAGS")
            assert hdus[name].header["BITPIX"] == (32 if name == "FLAGS" else -32)
        assert hdus["IMAGE"].header["BUNIT"] == "MJy / sr"
        assert hdus["PRIMARY"].header["VERSION"] == "6.5.6"
        assert np.array_equal(hdus["PSF"].data, zone_planes(detector))
        assert file.size % 2880 == 0


def test_layout_of_qr3_files():
    """astropy, which knows nothing of ours, finds the planes, the table and the cards."""
    rendering = render_cutout(280_000, 5, 700.0, 1210.0, 61)
    name = exposures.file_name(exposures.exposure(280_000, 5))
    file = spectral_image(rendering, name)
    with opened(file) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == [*HDUS[:5], "EPSF", "WCS-WAVE"]
        assert hdus["PRIMARY"].header["VERSION"] == "7.0.5"
        assert isinstance(hdus["FLAGS"], fits.CompImageHDU)
        assert hdus["FLAGS"].compression_type == "RICE_1"
        for plane, pixels in (
            ("IMAGE", rendering.image_mjy_sr),
            ("VARIANCE", rendering.variance_mjy2_sr2),
            ("FLAGS", rendering.flags),
        ):
            assert np.array_equal(hdus[plane].data, pixels, equal_nan=plane != "FLAGS")
        header = hdus["FLAGS"].header
        named = {
            header[key]: header[key.replace("MSKN", "MSKM")] for key in header if "MSKN" in key
        }
        assert len(named) == 22
        assert named == {flag: BY_NAME[flag].mask for flag in named}
        assert not [key for key in header if key.startswith("MP_")]
        table = hdus["EPSF"].data
        assert len(table) == 441
        assert table["EPSF"].shape == (441, 33, 33)
        assert table["EPSF"].sum(axis=(1, 2)) == pytest.approx(1.0, abs=1e-12)
        assert (table["BINX"][1], table["BINY"][1], table["BINY"][21]) == (1, 0, 1)
        assert table["XCENTER"][1] == pytest.approx(1.5 * 2040 / 21)
        shifted = hdus["WCS-WAVE"].data["VALUES"][0] - wavelength_grid(5).values_um
    assert shifted[..., 0] == pytest.approx(0.0064, abs=1e-6)
    assert not shifted[..., 1].any()
    assert file.size % 2880 == 0


def test_what_is_simulated_says_so():
    _, file, _ = one_cutout(2)
    with opened(file) as hdus:
        for name in ("PRIMARY", "IMAGE", "PSF"):
            assert hdus[name].header["SIMULATE"] is True
            assert "SIMULATED" in hdus[name].header.comments["SIMULATE"]
        assert "SIMULATED" in str(hdus["IMAGE"].header["HISTORY"])


@pytest.mark.parametrize("detector", DETECTORS)
def test_astropy_agrees_on_the_celestial_wcs(detector):
    rendering, file, position = one_cutout(detector)
    with opened(file) as hdus:
        wcs = WCS(hdus["IMAGE"].header)
    x, y = wcs.all_world2pix([RA], [DEC], 0, tolerance=1e-9)
    assert x[0] + rendering.box.x0 == pytest.approx(position[0], abs=1e-6)
    assert y[0] + rendering.box.y0 == pytest.approx(position[1], abs=1e-6)
    ours = survey.celestial_wcs(rendering.pointing, detector)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 45, (2, 50))
    ra, dec = wcs.all_pix2world(x, y, 0)
    back_x, back_y = ours.sky_to_pixel(ra, dec)
    assert back_x == pytest.approx(x + rendering.box.x0, abs=1e-6)
    assert back_y == pytest.approx(y + rendering.box.y0, abs=1e-6)


def test_the_a_wcs_gives_parent_pixels():
    rendering, file, _ = one_cutout(4)
    with opened(file) as hdus:
        header = hdus["IMAGE"].header
    for axis, origin in ((1, rendering.box.x0), (2, rendering.box.y0)):
        # 1-based pixel 1 is the parent's 0-based pixel 1 - CRPIX.
        assert 1 - header[f"CRPIX{axis}A"] == origin
        assert header[f"CRPIX{axis}W"] == header[f"CRPIX{axis}A"]


@pytest.mark.parametrize("detector", DETECTORS)
def test_astropy_agrees_on_the_spectral_wcs(detector):
    rendering, file, _ = one_cutout(detector)
    with opened(file) as hdus:
        wcs = WCS(hdus["IMAGE"].header, fobj=hdus, key="W")
        wcs.sip = None  # belongs to the celestial WCS
        wavelength, bandwidth = wcs.pixel_to_world_values([0.0, 30.0], [10.0, 44.0])
    box = rendering.box
    ours = wavelength_grid(detector).at(box.x0 + np.array([0.0, 30.0]), box.y0 + np.array([10, 44]))
    assert wavelength == pytest.approx(ours[0], abs=1e-9)
    assert bandwidth == pytest.approx(ours[1], abs=1e-9)


def test_identity_and_times_of_an_exposure():
    rendering, file, _ = one_cutout(3)
    exposure = exposures.exposure(rendering.pointing, 3)
    with opened(file) as hdus:
        header = hdus["IMAGE"].header
        flags = hdus["FLAGS"].header
    assert header["OBSID"] == exposure.obs_id
    assert header["EXPIDN"] == exposure.lvf_id
    assert header["DETECTOR"] == 3
    assert header["MJD-AVG"] == exposure.mjd
    length = header["MJD-END"] - header["MJD-BEG"]
    assert length * 86400 == pytest.approx(75 * 1.5349, abs=1e-4)
    assert header["XPOSURE"] == pytest.approx(113.5826)
    assert header["SPS_FLAGS"] == "all_sky"
    assert header["RADESYS"] == "ICRS"
    assert "CD1_1" not in header
    assert header["A_ORDER"] == header["BP_ORDER"] == 3
    assert header["A_0_0"] != 0
    assert flags["MP_SOURCE"] == BY_NAME["SOURCE"].bit
    assert flags["MP_DICHROIC"] == 7
    assert "OBSID" not in flags
    assert "MP_CROSSTALK" not in flags


def test_a_full_frame_and_its_cutout_differ_in_nothing_but_the_origin():
    number = 20_000
    whole = Box(0, 0, 2040, 40)
    part = Box(100, 5, 131, 36)
    sources = point_sources([10.0], [10.0], 1.0)
    headers = []
    for box in (whole, part):
        rendering = render_exposure(number, 1, box, sources)
        with opened(spectral_image(rendering, "file")) as hdus:
            headers.append([dict(hdu.header.items()) for hdu in hdus])
    for one, other in zip(*headers, strict=True):
        differing = {key for key in one if one[key] != other[key]}
        assert differing <= {
            "NAXIS1", "NAXIS2", "CRPIX1", "CRPIX2", "CRPIX1A", "CRPIX2A", "CRPIX1W", "CRPIX2W",
        }  # fmt: skip
        assert one.keys() == other.keys()
    assert headers[0][1]["CRPIX1"] == 1020.5
    assert headers[0][1]["CRPIX1A"] == headers[0][1]["CRPIX1W"] == 1
    assert headers[1][1]["CRPIX1"] == 920.5


@pytest.mark.parametrize("version", PIPELINE_VERSIONS)
def test_zones_are_named_as_the_version_did(version):
    _, file, _ = one_cutout(5, version)
    with opened(file) as hdus:
        header = hdus["PSF"].header
    assert hdus["PRIMARY"].header["VERSION"] == version
    assert header["OVERSAMP"] == 10
    assert header["NAXIS3"] == 121
    second = (header["XCTR_2"], header["YCTR_2"])
    corner = (header["XCTR_1"], header["YCTR_1"])
    if version == "6.5.4":
        assert corner == (93.2273, 93.2273)
        assert second == (93.2273, 278.6818)
        assert header["XWID_1"] == 186.4545
    else:
        assert corner == (92.7273, 92.7273)
        assert second == (278.1818, 92.7273)
        assert (header["XWID_1"], header["XWID_11"]) == (185.9545, 184.9545)
    assert header["XCTR_121"] == header["YCTR_121"]


@given(
    lengths=st.lists(st.integers(0, 7), min_size=1, max_size=6),
    start=st.integers(0, 40),
    length=st.integers(0, 40),
)
def test_a_segmented_file_reads_like_one_of_a_piece(lengths, start, length):
    whole = bytes(range(sum(lengths)))
    ends = np.cumsum(lengths)
    pieces = [whole[end - n : end] for end, n in zip(ends, lengths, strict=True)]
    file = SegmentedFile(pieces, "name")
    assert file.size == len(whole)
    assert file.read(start, start + length) == whole[start : start + length]


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("SIMPLE", True), ("NAXIS1", 61), ("OBSID", "2025W51_1A_0684_2"), ("BUNIT", ""),
        ("CRVAL1", 10.0880653194123), ("A_1_0", 8.92920093579e-05), ("CRPIX1", -271.5),
        ("CDELT1", 1.0), ("MP_TRANSIENT", 0), ("REFCAT.VERSION", "it's 1"), ("TINY", -1e-300),
    ],
)  # fmt: skip
def test_astropy_reads_every_card_as_it_was_meant(keyword, value):
    written = card(keyword, value, "a comment")
    assert len(written) == 80
    read = fits.Card.fromstring(written)
    read.verify("exception")
    assert read.keyword == keyword
    assert read.value == value
    assert type(read.value) is type(value)
    assert read.comment == "a comment"


def test_headers_fill_whole_blocks():
    for count in (0, 34, 35, 36):
        made = header([commentary("HISTORY", "x")] * count)
        assert len(made) % 2880 == 0
        assert made.rstrip().endswith(b"END")


def test_a_card_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="longer than 80"):
        card("OBJECT", "x" * 70)


class TestArchive:
    def test_finds_what_the_options_accept(self):
        archive = SimulatedArchive()
        targets = [Target(name="a", ra_deg=RA, dec_deg=DEC)]
        everything = archive.find_exposures(targets, MeasureOptions()).matches
        listed = [match.exposure for match in everything]
        assert listed == exposures.exposures_covering(RA, DEC)
        assert all(match.targets == (0,) for match in everything)
        middle = listed[len(listed) // 2].mjd
        fewer = archive.find_exposures(
            targets, MeasureOptions(detectors=(4, 1), mjd_range=(None, middle))
        ).matches
        expected = [e for e in listed if e.detector in (1, 4) and e.mjd <= middle]
        assert [match.exposure for match in fewer] == expected

    def test_targets_of_one_exposure_come_together(self):
        archive = SimulatedArchive()
        targets = [
            Target(name="a", ra_deg=RA, dec_deg=DEC),
            Target(name="b", ra_deg=RA + 0.3, dec_deg=DEC),
            Target(name="far", ra_deg=200.0, dec_deg=-40.0),
        ]
        matches = archive.find_exposures(targets, MeasureOptions()).matches
        assert {match.targets for match in matches} >= {(0, 1), (2,)}
        assert len({match.exposure.publisher_did for match in matches}) == len(matches)
        for index, target in enumerate(targets):
            alone = exposures.exposures_covering(target.ra_deg, target.dec_deg)
            assert sum(index in match.targets for match in matches) == len(alone)

    def test_cutouts_hold_the_rendered_pixels(self):
        archive = SimulatedArchive()
        target = Target(name="a", ra_deg=RA, dec_deg=DEC)
        exposure = exposures.exposures_covering(RA, DEC, (3,))[5]
        ((cutout, members),) = archive.read_cutouts(exposure, [target], 22)
        rendering, _, _ = one_cutout(3)
        assert members == (0,)
        assert cutout.origin_pix == (rendering.box.x0, rendering.box.y0)
        assert np.array_equal(cutout.image_mjy_sr, rendering.image_mjy_sr, equal_nan=True)
        assert np.array_equal(cutout.flags, rendering.flags)
        assert cutout.exposure == exposure

    def test_every_target_is_in_one_cutout(self):
        archive = SimulatedArchive()
        exposure = exposures.exposures_covering(RA, DEC, (3,))[5]
        offsets = (0.0, 0.004, 0.2, -0.3, 0.201)
        targets = [Target(name=str(d), ra_deg=RA + d, dec_deg=DEC) for d in offsets]
        wcs = survey.celestial_wcs(exposures.pointing_number(exposure), 3)
        x, _ = wcs.sky_to_pixel(np.array([t.ra_deg for t in targets]), np.full(5, DEC))
        targets = [t for t, at in zip(targets, x, strict=True) if 0 < at < 2039]
        found = archive.read_cutouts(exposure, targets, 20)
        members = [member for _, group in found for member in group]
        assert sorted(members) == list(range(len(targets)))
        assert len(found) < len(targets)

    def test_a_target_off_the_detector_is_in_no_cutout(self):
        exposure = exposures.exposures_covering(RA, DEC, (3,))[5]
        here = Target(name="here", ra_deg=RA, dec_deg=DEC)
        elsewhere = Target(name="elsewhere", ra_deg=RA + 20, dec_deg=DEC)
        [(_, members)] = SimulatedArchive().read_cutouts(exposure, [elsewhere, here], 20)
        assert members == (1,)
        match = ExposureMatch(exposure=exposure, targets=(0, 1))
        lost, found = measure_match(match, [elsewhere, here], SimulatedArchive(), MeasureOptions())
        assert lost.reason == "the position falls off the image"
        assert found.reason == ""

    def test_a_sky_of_ones_own(self):
        archive = SimulatedArchive(point_sources([RA], [DEC], 5000.0))
        exposure = exposures.exposures_covering(RA, DEC, (2,))[3]
        target = Target(name="a", ra_deg=RA, dec_deg=DEC)
        ((cutout, _),) = archive.read_cutouts(exposure, [target], 20)
        flagged = cutout.flags & BY_NAME["SOURCE"].mask != 0
        assert 9 < flagged.sum() < 150
        assert flagged[20, 20]


class TestCommand:
    def test_writes_cutouts_under_archive_names(self, tmp_path, capsys):
        arguments = ["SIMP", "J0136+0933", "--output", str(tmp_path), "--detectors", "2,5"]
        assert main([*arguments, "--count", "2", "--size", "31", "--version", "6.5.4"]) == 0
        written = sorted(tmp_path.iterdir())
        assert [str(path) for path in written] == sorted(capsys.readouterr().out.split())
        named = find_named("SIMP J0136+0933")
        expected = [
            exposures.file_name(exposure)
            for detector in (2, 5)
            for exposure in exposures.exposures_covering(named.ra_deg, named.dec_deg, (detector,))[
                :2
            ]
        ]
        assert sorted(path.name for path in written) == sorted(expected)
        with fits.open(written[0]) as hdus:
            assert hdus["IMAGE"].data.shape == (31, 31)
            assert hdus["PRIMARY"].header["VERSION"] == "6.5.4"

    def test_position_in_degrees(self, tmp_path):
        arguments = ["24.24125", "-9.5", "--output", str(tmp_path / "new"), "--detectors", "1"]
        assert main([*arguments, "--count", "1"]) == 0
        (path,) = (tmp_path / "new").iterdir()
        with fits.open(path) as hdus:
            wcs = WCS(hdus["IMAGE"].header)
            ny, nx = hdus["IMAGE"].data.shape
        x, y = wcs.all_world2pix([24.24125], [-9.5], 0)
        assert (0 <= x[0] < nx) & (0 <= y[0] < ny)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nowhere"], "neither RA and Dec in degrees nor a known name"),
            (["10", "95"], "dec: 95 is not a declination"),
            (["10", "5", "--detectors", "7"], "--detectors: '7' given; allowed: numbers 1 to 6"),
            (["10", "5", "--detectors", "x"], "--detectors: 'x' given"),
            (["10", "5", "--count", "0"], "--count: 0 given; allowed: 1 or more"),
            (["10", "5", "--size", "5000"], "--size: 5000 given; allowed: 1 to 2040 pixels"),
        ],
    )
    def test_says_what_is_wrong(self, tmp_path, capsys, arguments, message):
        assert main([*arguments, "--output", str(tmp_path / "out")]) == 2
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_releases_select_exposures(self, tmp_path, capsys):
        ra, dec = survey.celestial_wcs(280_000, 1).pixel_to_sky(900.0, 1000.0)
        arguments = [f"{ra:.5f}", f"{dec:.5f}", "--output", str(tmp_path), "--detectors", "1"]
        assert main([*arguments, "--releases", "qr3", "--count", "1", "--size", "15"]) == 0
        (path,) = tmp_path.iterdir()
        assert "_l2b-v27-" in path.name
        assert capsys.readouterr().out.split() == [str(path)]
        assert main([*arguments, "--releases", "qr4"]) == 2
        assert "releases: ['qr4'] given; allowed: one or more of" in capsys.readouterr().err

    def test_runs_as_a_module(self, tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "photometry_core.simulation", "M81", "--output", str(tmp_path),
             "--detectors", "1", "--count", "1", "--size", "15"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.stdout.strip()[-5:], done.stderr) == (".fits", "")
