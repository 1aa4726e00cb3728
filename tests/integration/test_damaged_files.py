"""Whatever a damaged header says, the answer is an error about this exposure, or a number."""

import io
import random

import pytest
from astropy.io import fits

from photometry_core.archive.regions import Box
from photometry_core.byte_source import MemorySource
from photometry_core.errors import ExposureError
from photometry_core.fits_layout import read_hdus
from photometry_core.forced import measure_exposure
from photometry_core.image_header import read_exposure, read_footprint
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import MeasureOptions, Target

POINTINGS, DETECTOR = {"qr2": 20_000, "qr3": 280_000}, 3
VALUES = (
    "NaN",
    "1e400",
    "-1e300",
    "1E-300",
    "-1",
    "0",
    "3",
    "1000000000000",
    "1.5",
    "'x'",
    "T",
    "",
)
N_FILES = 400


@pytest.fixture(scope="module", params=["qr2", "qr3"])
def pointing(request) -> int:
    return POINTINGS[request.param]


@pytest.fixture(scope="module")
def target(pointing) -> Target:
    ra, dec = survey.celestial_wcs(pointing, DETECTOR).pixel_to_sky(700.3, 1210.8)
    return Target(name="star", ra_deg=float(ra), dec_deg=float(dec))


@pytest.fixture(scope="module")
def sound_file(pointing, target) -> bytes:
    star = point_sources(target.ra_deg, target.dec_deg, 3000.0)
    rendering = render_exposure(pointing, DETECTOR, Box(665, 1175, 735, 1245), star)
    return spectral_image(rendering, "sound.fits").read(0, 10**9)


def damage(data: bytes, headers: list[tuple[int, int]], dice: random.Random) -> bytes:
    """Change values, letters or whole cards of headers, or cut the file off."""
    damaged = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 5))):
        start, end = dice.choice(headers)
        card = start + 80 * dice.randrange((end - start) // 80)
        match dice.randrange(8):
            case 0:
                damaged[dice.randrange(start, end)] = dice.randrange(256)
            case 1:
                damaged[card : card + 80] = b" " * 80
            case 2:
                return bytes(damaged[: dice.randrange(len(damaged))])
            case _:
                damaged[card + 10 : card + 80] = dice.choice(VALUES).ljust(70).encode()
    return bytes(damaged)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_headers(sound_file, pointing, target, seed):
    with fits.open(io.BytesIO(sound_file), disable_image_compression=True) as hdus:
        headers = [(h.fileinfo()["hdrLoc"], h.fileinfo()["datLoc"]) for h in hdus]
    exposure = exposures.exposure(pointing, DETECTOR)
    dice = random.Random(seed)
    reasons = []
    for _ in range(N_FILES):
        source = MemorySource(damage(sound_file, headers, dice), "damaged.fits")
        try:
            index = read_hdus(source, until=frozenset({"IMAGE"}))
            if "IMAGE" in index:
                read_exposure(index["PRIMARY"].header, index["IMAGE"].header, "")
                read_footprint(index["IMAGE"]).covers([target.ra_deg], [target.dec_deg])
            for cutout, _ in read_cutouts(source, exposure, [target], 20):
                measure_exposure(cutout, [target], MeasureOptions())
        except ExposureError as error:
            reasons.append(str(error))
    # Most cards are not read at all, and many values are as good as others.
    assert 0.2 * N_FILES < len(reasons) < 0.95 * N_FILES
    assert all(reasons)
