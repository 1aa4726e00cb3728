"""PSF planes: the right ones, and only these, whatever the zones, and where their light is."""

import io

import numpy as np
import pytest
from astropy.io import fits

from photometry_core.archive.regions import Box
from photometry_core.byte_source import MemorySource
from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import read_hdus
from photometry_core.psf_hdus import QR2_CORE_OFFSET_PIX, read_psf_cube, read_psf_table
from photometry_core.simulation.lookup_hdus import effective_psf_hdu, psf_hdu

PITCH = 2040 / 21
REGULAR = [(PITCH * (i + 0.5), PITCH * (j + 0.5)) for j in range(21) for i in range(21)]


def table(centers, **cards) -> fits.BinTableHDU:
    """Columns as in real tables; every element of a plane is the number of its row."""
    x, y = np.array(centers, float).T
    rows = x.size
    planes = np.broadcast_to(np.arange(rows, dtype=float)[:, None, None], (rows, 33, 33))
    zeros = np.zeros(rows)
    columns = [
        fits.Column("BINX", "J", array=zeros), fits.Column("BINY", "J", array=zeros),
        fits.Column("XCENTER", "E", array=x), fits.Column("YCENTER", "E", array=y),
        fits.Column("XWIDTH", "E", array=zeros), fits.Column("YWIDTH", "E", array=zeros),
        fits.Column("NSTAR", "J", array=zeros), fits.Column("NEFF_MEAN", "E", array=zeros),
        fits.Column("CWAVE", "E", array=zeros), fits.Column("CBAND", "E", array=zeros),
        fits.Column("EPSF", "1089D", dim="(33,33)", array=planes.reshape(rows, 33, 33)),
    ]  # fmt: skip
    hdu = fits.BinTableHDU.from_columns(columns, name="EPSF")
    hdu.header.update({"OVSMPX": 5, "OVSMPY": 5, **cards})
    return hdu


def read(hdu: fits.BinTableHDU, box: Box) -> tuple[PsfGrid | PsfZones, int]:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
    source = MemorySource(stream.getvalue(), "file.fits")
    found = read_hdus(source)["EPSF"]
    read_bytes = 0

    class Counting:
        name = source.name

        def read(self, start, end):
            nonlocal read_bytes
            read_bytes += end - start
            return source.read(start, end)

        def read_pieces(self, start, size, stride, count):
            nonlocal read_bytes
            read_bytes += size * count
            return source.read_pieces(start, size, stride, count)

    return read_psf_table(Counting(), found, box), read_bytes


def test_a_real_row_has_8752_bytes():
    assert table(REGULAR).header["NAXIS1"] == 8752


@pytest.mark.parametrize("box", [Box(680, 1200, 721, 1241), Box(0, 0, 30, 20)])
def test_the_zones_around_a_box_in_any_order_of_rows(box):
    order = np.random.default_rng(1).permutation(441)
    for rows in (np.arange(441), order):
        psf, read_bytes = read(table([REGULAR[n] for n in rows]), box)
        assert isinstance(psf, PsfGrid)
        assert psf.pixel_included
        assert psf.oversampling == 5
        # Zones to either side of the box, as far as there are any.
        for centers, first, last in (
            (psf.x_centers_pix, box.x0, box.x1 - 1), (psf.y_centers_pix, box.y0, box.y1 - 1),
        ):  # fmt: skip
            assert centers[-1] >= last
            assert centers[0] <= first or centers[0] == pytest.approx(PITCH / 2)
            assert np.diff(centers) == pytest.approx(PITCH, abs=1e-3)
        for j, y in enumerate(psf.y_centers_pix):
            for i, x in enumerate(psf.x_centers_pix):
                assert REGULAR[rows[int(psf.planes[j, i, 3, 4])]] == pytest.approx((x, y), abs=1e-3)
        # Two numbers of every row, and a few rows; of another file with the same zones only
        # these rows.
        row_bytes = psf.planes[:, :, 0, 0].size * 8752
        assert read_bytes <= 441 * 8 + 2 * row_bytes
        again, read_bytes = read(table([REGULAR[n] for n in rows]), box)
        assert read_bytes == row_bytes
        assert np.shares_memory(again.planes, psf.planes)
        assert max(psf.planes.shape[:2]) <= 3


def test_a_grid_of_other_pitches_is_a_grid():
    centers = [(50.0 + 180 * i, 25.0 + 49.7 * j) for j in range(41) for i in range(11)]
    assert len(centers) == 451
    psf, _ = read(table(centers), Box(680, 1200, 721, 1241))
    assert isinstance(psf, PsfGrid)
    assert psf.x_centers_pix == pytest.approx([590.0, 770.0])
    assert psf.y_centers_pix[0] <= 1200
    assert psf.y_centers_pix[-1] >= 1240


def test_451_rows_that_are_a_grid_with_some_zones_more():
    extra = [(PITCH * (i + 1), 30.0) for i in range(10)]
    whole = table(REGULAR + extra)
    psf, read_bytes = read(whole, Box(680, 1200, 721, 1241))
    assert isinstance(psf, PsfZones)
    assert read_bytes < 451 * 8 + 40 * 8712
    # Where the extra zones are far away, the four around a position are used.
    around = psf.around(700.3, 1210.8)
    expected = [[12 * 21 + 6, 12 * 21 + 7], [13 * 21 + 6, 13 * 21 + 7]]
    assert around.planes[:, :, 0, 0].tolist() == (np.array(expected) - 21).tolist()
    # The choice does not depend on the box that was read.
    wide, _ = read(whole, Box(0, 0, 2040, 2040))
    for x, y in np.random.default_rng(2).uniform((680, 1200), (720, 1240), (50, 2)):
        one, other = psf.around(x, y), wide.around(x, y)
        assert np.array_equal(one.planes, other.planes)
    near = wide.around(PITCH * 3 + 1, 31.0)
    assert near.planes[:, :, 0, 0].tolist() == [[443.0]]


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ({"OVSMPX": 0, "OVSMPY": 0}, "OVSMPX is 0, expected 1 to 50"),
        ({"OVSMPY": 4}, "OVSMPY is 4, expected 5"),
        ({"TTYPE3": "X"}, "column XCENTER is missing"),
        ({"TFORM3": "J"}, "column XCENTER has the format 'J', expected E or D"),
        ({"TFORM11": "PD(9)"}, r"column EPSF has the format 'PD\(9\)'"),
        ({"TDIM11": "(33,32)"}, "column EPSF has 1089 numbers for the shape"),
        ({"TDIM11": "(1089)"}, "column EPSF has the dimensions '\\(1089\\)', expected two"),
        ({"TFORM1": "K"}, "NAXIS1 is 8752, expected 8756"),
    ],
)
def test_tables_that_are_not_as_described_are_refused(cards, message):
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table(REGULAR)]).writeto(stream)
    data = bytearray(stream.getvalue())
    for keyword, value in cards.items():
        at = data.index(f"{keyword:<8}= ".encode())
        data[at : at + 80] = str(fits.Card(keyword, value)).encode()
    source = MemorySource(bytes(data), "file.fits")
    with pytest.raises(DataFormatError, match=f"file.fits: .*{message}"):
        read_psf_table(source, read_hdus(source)["EPSF"], Box(0, 0, 40, 40))


@pytest.mark.parametrize("version", ["6.5.4", "6.5.6"])
def test_the_light_of_planes_of_qr2_is_before_their_middle(version):
    source = MemorySource(primary() + psf_hdu(3, version), "file.fits")
    grid = read_psf_cube(source, read_hdus(source)["PSF"], Box(680, 1200, 721, 1241))
    assert grid.core_offset_pix == QR2_CORE_OFFSET_PIX == (-0.05, -0.05)


def test_the_light_of_planes_of_qr3_is_in_their_middle():
    source = MemorySource(primary() + effective_psf_hdu(3), "file.fits")
    grid = read_psf_table(source, read_hdus(source)["EPSF"], Box(680, 1200, 721, 1241))
    assert grid.core_offset_pix == (0.0, 0.0)
    extra = table([*REGULAR, (PITCH, 30.0)])
    zones, _ = read(extra, Box(680, 1200, 721, 1241))
    assert isinstance(zones, PsfZones)
    assert zones.around(700.0, 1210.0).core_offset_pix == (0.0, 0.0)


def primary() -> bytes:
    stream = io.BytesIO()
    fits.PrimaryHDU().writeto(stream)
    return stream.getvalue()


def test_a_centre_that_is_no_number():
    centers = [(float("nan"), 10.0), *REGULAR[1:]]
    with pytest.raises(DataFormatError, match=r"file\.fits: HDU EPSF: the centre of a zone"):
        read(table(centers), Box(0, 0, 40, 40))
