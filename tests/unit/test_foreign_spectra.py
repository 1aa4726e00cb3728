"""Spectra of files that somebody brings: ours, the official tool's, and other programs'."""

import gzip
import io
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from photometry_core.binning import bin_spectrum
from photometry_core.errors import ForeignFileError
from photometry_core.file_contents import contents_of_binned
from photometry_core.foreign_spectra import Answers, read_spectra
from photometry_core.foreign_spectra.writing import save_foreign
from photometry_core.spectrum import COLUMNS
from photometry_core.spectrum_files import (
    FORMATS,
    load_spectrum,
    load_stamps,
    save_product,
    spectrum_bytes,
    stamps_path,
)
from tests.foreign_files import (
    BIG_FLAGS,
    OFFICIAL_ROWS,
    fits_with_stamps,
    official_flat,
    official_raw,
    plain_values,
)
from tests.spectra import made_spectrum

JOB_ID = "A1234567890123456789_-"


@pytest.fixture(scope="module")
def spectrum():
    """Ours, with nulls and flags above 2^33."""
    made = made_spectrum(7, 2)
    made.table["flags"][2] = BIG_FLAGS
    return made


def values(read, name):
    return read.table.column(name).to_pylist()


def metadata(read, name):
    found = read.table.schema.field(name).metadata or {}
    return {key.decode(): text.decode() for key, text in found.items()}


@pytest.mark.parametrize("file_format", FORMATS)
def test_our_files_come_back_as_they_were(spectrum, file_format):
    [read] = read_spectra(spectrum_bytes(spectrum, file_format), f"x{FORMATS[file_format][0]}")
    assert read.origin == "explorer"
    assert read.table.schema.names == [column.name for column in COLUMNS]
    assert BIG_FLAGS in values(read, "flags")
    assert None in values(read, "flux")
    for column in COLUMNS:
        assert values(read, column.name) == plain_values(spectrum.table, column.name), column.name
        about = {"unit": column.unit, "ucd": column.ucd, "description": column.description}
        assert metadata(read, column.name) == {key: text for key, text in about.items() if text}
    assert read.table.schema.field("flags").type == pa.int64()
    assert (read.ra_deg, read.dec_deg) == (spectrum.target.ra_deg, spectrum.target.dec_deg)
    assert read.simulated is True
    if file_format != "csv":
        assert read.name == spectrum.target.name
        assert read.target == spectrum.target.to_json()
        assert read.options == spectrum.options.to_json()
        assert read.provenance == spectrum.provenance.to_json()
        assert read.facts["archive_description"] == "An invented sky"


@pytest.mark.parametrize(
    ("origins", "simulated", "is_kept"),
    [
        (("observed", "observed"), False, False),
        # Rows of two files put together: not all of it is an observation.
        (("observed", "simulated"), True, False),
        (("Hawaii", "observed"), None, True),
        (("", ""), None, True),
    ],
)
def test_rows_may_say_where_they_come_from(spectrum, origins, simulated, is_kept):
    header, *lines = spectrum_bytes(spectrum, "csv").decode().splitlines()
    assert header.endswith(",origin")
    rows = [line.replace("simulated", said) for line, said in zip(lines, origins, strict=False)]
    [read] = read_spectra("\n".join((header, *rows)).encode(), "x.csv")
    assert read.simulated is simulated
    assert ("origin" in read.table.schema.names) is is_kept


def test_a_product_of_an_opened_file_is_ours_again(spectrum, tmp_path):
    [read] = read_spectra(spectrum_bytes(spectrum, "fits"), "x.fits")
    save_foreign(read, tmp_path, 0, "x.fits")
    loaded = load_spectrum(tmp_path / "0.parquet")
    assert loaded.target == spectrum.target
    assert loaded.options == spectrum.options
    assert plain_values(loaded.table, "flux") == plain_values(spectrum.table, "flux")


def test_binned_spectra_keep_their_columns(spectrum):
    contents = contents_of_binned(bin_spectrum(spectrum))
    for file_format in ("votable", "csv"):
        [read] = read_spectra(FORMATS[file_format][1](contents), "binned")
        assert read.origin == "explorer"
        assert metadata(read, "scatter")["unit"] == "uJy"
        assert read.table.schema.field("channel").type in (pa.int16(), pa.int64())
        assert read.table.num_rows == len(contents.table)


def test_a_file_with_stamps_has_them_in_the_order_of_its_rows(spectrum, tmp_path):
    save_product(spectrum, tmp_path, 0)
    content = fits_with_stamps(spectrum, tmp_path)
    [read] = read_spectra(content, "x.fits")
    expected = load_stamps(stamps_path(tmp_path, 0))
    assert np.array_equal(read.stamps.image_mjy_sr, expected.image_mjy_sr, equal_nan=True)
    assert np.array_equal(read.stamps.origin_pix, expected.origin_pix)
    save_foreign(read, tmp_path, 5, "x.fits")
    again = load_stamps(stamps_path(tmp_path, 5))
    assert np.array_equal(again.flags, expected.flags)
    assert np.array_equal(again.cd_deg, expected.cd_deg, equal_nan=True)


def test_stamps_of_another_number_of_rows_are_refused(spectrum, tmp_path):
    save_product(made_spectrum(3, 0), tmp_path, 0)
    with pytest.raises(ForeignFileError, match="9 rows and stamps of 3"):
        read_spectra(fits_with_stamps(spectrum, tmp_path), "x.fits")


def test_a_zip_of_several_opens_all_and_pairs_stamps(spectrum, tmp_path):
    save_product(spectrum, tmp_path, 0)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run/manifest.json", "{}")
        archive.writestr("run/targets.csv", "name,ra,dec\nM 81,1,2\n")
        archive.writestr("run/a.vot", spectrum_bytes(spectrum, "votable"))
        archive.writestr("run/b.ecsv", spectrum_bytes(spectrum, "ecsv"))
        archive.writestr("run/b.stamps.fits", stamps_path(tmp_path, 0).read_bytes())
        archive.writestr("run/c.csv.gz", gzip.compress(b"wavelength_nm,flux_mJy\n900,1.5\n"))
    first, second, third = read_spectra(stream.getvalue(), "several.zip")
    assert first.stamps is None
    assert second.stamps is not None
    assert [first.name, second.name, third.name] == ["M 81", "M 81", "c"]
    assert values(third, "wavelength") == [0.9]
    assert values(third, "flux") == [1500.0]
    assert third.where == "several.zip/run/c.csv.gz"


def check_official(read):
    assert read.origin == "official"
    assert (read.ra_deg, read.dec_deg) == (10.5, -3.25)
    assert values(read, "wavelength") == [0.9, 1.25, 2.25]
    assert values(read, "flux") == [None, -7.25, 101.5]
    assert values(read, "flags") == [BIG_FLAGS, 1 << 21, 0]
    assert values(read, "flux_bkg") == [None, -0.5, 0.25]
    assert values(read, "local_bkg_flg") == [False, True, True]
    assert values(read, "obs_publisher_did") == [OFFICIAL_ROWS[n][9] for n in (1, 2, 0)]
    assert read.columns_taken["wavelength"] == {"from": "lambda", "unit": "um"}
    assert read.table.schema.names[:5] == [
        "wavelength", "lambda_width", "flux", "flux_err", "flags",
    ]  # fmt: skip
    # What the file does not have is not made up.
    assert not {"n_pix", "reason", "deep_flg", "x_image"} & set(read.table.schema.names)
    assert metadata(read, "flux")["unit"] == "uJy"
    assert read.simulated is None


def test_the_official_tool_s_votable():
    [read] = read_spectra(official_flat(), "10.5_-3.25.xml")
    check_official(read)


@pytest.mark.parametrize("pad", [True, False])
def test_the_official_tool_s_raw_result_has_one_spectrum_per_row(pad):
    first, second = read_spectra(official_raw(pad), "result.xml")
    check_official(first)
    assert (first.name, second.name) == ("first", "second")
    assert values(second, "flux") == [101.5]
    assert values(second, "obs_publisher_did") == [OFFICIAL_ROWS[0][9]]


@pytest.mark.parametrize("file_format", ["ascii.csv", "ascii.ipac", "ascii.ecsv", "fits"])
def test_what_the_official_tool_saves_otherwise(file_format, tmp_path):
    table = Table.read(io.BytesIO(official_flat()), format="votable")
    table.meta = {}
    table["obs_publisher_did"] = [str(name) for name in table["obs_publisher_did"]]
    if file_format == "ascii.ipac":
        for column in table.itercols():
            column.description = None
    path = tmp_path / "table"
    table.write(path, format=file_format)
    [read] = read_spectra(path.read_bytes(), "table_photometry.dat")
    assert read.origin == "official"
    assert values(read, "flags") == [BIG_FLAGS, 1 << 21, 0]
    assert values(read, "flux") == [None, -7.25, 101.5]
    assert metadata(read, "wavelength")["unit"] == "um"


def test_units_of_others_are_converted():
    text = "wave [Angstrom],f_nu [mJy],f_nu_err [mJy],flags,night\n20000,0.25,0.01,3,first\n"
    text += "10000,-0.5,,8589934593,second\n"
    [read] = read_spectra(text.encode(), "mine.csv")
    assert read.origin == "other"
    assert read.name == "mine"
    assert read.ra_deg is None
    assert values(read, "wavelength") == pytest.approx([1.0, 2.0], rel=1e-15)
    assert values(read, "flux") == [-500.0, 250.0]
    assert values(read, "flux_err") == [None, 10.0]
    assert values(read, "flags") == [8589934593, 3]
    assert values(read, "night") == ["second", "first"]
    assert read.columns_taken["flux"] == {"from": "f_nu [mJy]", "unit": "mJy"}


def test_flux_per_wavelength_is_converted_at_each_wavelength():
    text = "wavelength_um flux\n#\n1.0 1e-15\n2.0 1e-15\n"
    answers = Answers(flux_unit="erg / (s cm2 Angstrom)")
    [read] = read_spectra(text.encode(), "x.txt", answers)
    # F_nu = F_lambda lambda^2 / c
    expected = 1e-15 * (1e4) ** 2 / 2.99792458e18 / 1e-29
    assert values(read, "flux") == pytest.approx([expected, 4 * expected], rel=1e-12)


def test_a_column_without_a_unit_is_asked_about():
    content = b"wavelength,flux,flux_err\n1.0,3,1\n2.0,4,1\n"
    with pytest.raises(
        ForeignFileError, match="does not say the unit of 'wavelength' and 'flux'"
    ) as e:
        read_spectra(content, "x.csv")
    assert e.value.questions == {"wavelength_unit": ["wavelength"], "flux_unit": ["flux"]}
    [read] = read_spectra(content, "x.csv", Answers(wavelength_unit="um", flux_unit="mJy"))
    assert values(read, "flux") == [3000.0, 4000.0]
    assert values(read, "flux_err") == [1000.0, 1000.0]


def test_flux_mjy_may_be_milli_or_mega_and_is_asked_about():
    with pytest.raises(ForeignFileError, match="flux_mjy") as e:
        read_spectra(b"wavelength_um,flux_mjy\n1.0,3\n", "x.csv")
    assert list(e.value.questions) == ["flux_unit"]


def test_columns_that_could_both_be_meant_are_asked_about():
    content = b"a_wave_um,b_wave_um,a_flux_uJy,a_flux_uJy_err,b_flux_uJy\n1.0,1.1,3,0.5,4\n"
    with pytest.raises(ForeignFileError, match="2 columns that could be the wavelength") as e:
        read_spectra(content, "x.csv")
    assert e.value.questions == {
        "wavelength_column": ["a_wave_um", "b_wave_um"],
        "flux_column": ["a_flux_uJy", "b_flux_uJy"],
    }
    answers = Answers(wavelength_column="b_wave_um", flux_column="a_flux_uJy")
    [read] = read_spectra(content, "x.csv", answers)
    assert (values(read, "wavelength"), values(read, "flux")) == ([1.1], [3.0])
    assert values(read, "flux_err") == [0.5]
    assert values(read, "b_flux_uJy") == [4]


def test_columns_of_others_with_our_names_and_other_meanings_keep_their_values():
    content = b"wavelength_um,flux_uJy,lambda_width,x_image,det_id,flags,row\n"
    content += b"1.0,3,12,7,red,0x10,5\n"
    [read] = read_spectra(content, "x.csv")
    assert values(read, "lambda_width_as_given") == [12]
    assert values(read, "x_image_as_given") == [7]
    assert values(read, "det_id_as_given") == ["red"]
    assert values(read, "flags_as_given") == ["0x10"]
    assert values(read, "row_as_given") == [5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.csv is empty"),
        (b"wavelength_um,flux_uJy\n", "x.csv has no rows"),
        (b"wavelength_um,counts\n1,2\n", "x.csv has no column that can be recognised as flux"),
        (b"ra,dec\n1,2\n", "no column that can be recognised as wavelength; its columns: ra, dec"),
        (b"1.0,2.0\n1.1,2.1\n", "line 1: '1.0' stands where the column names should be"),
        (b"wavelength_um,flux_uJy\n1,2\n1,2,3\n", "line 3: 3 cells; the first line has 2"),
        (b'wavelength_um,flux_uJy\n1,"2\n', "x.csv, line 3: unexpected end of data"),
        (b"wavelength_um,flux_uJy\n1,2\n2,no\n", "column 'flux_uJy', row 2: 'no' is not a number"),
        (b"wavelength_um;flux_uJy\n1;2,5\n", "column 'flux_uJy', row 1: '2,5' is not a number"),
        (b"wavelength_um,flux_uJy\n-1,2\n", "row 1: -1 is not a wavelength; allowed: above 0"),
        (b"wavelength_um,flux [mag]\n1,2\n", "no column that can be recognised as flux"),
        (b"wavelength_um,flux_uJy\n1,\x00\n", "neither a text nor in a format"),
        (b"<!DOCTYPE html><html></html>", "x.csv is a web page"),
        (b"%PDF-1.4", "x.csv is a PDF document"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(content, message):
    with pytest.raises(ForeignFileError) as e:
        read_spectra(content, "x.csv")
    assert message in str(e.value)


def test_a_minus_sign_under_a_bar_is_not_lost():
    content = (
        b"|wavelength|flux  |\n|double    |double|\n|um        |uJy   |\n"
        b" 1.0        3.0    \n 2.0       -4.0    \n"
    )
    with pytest.raises(ForeignFileError, match="line 5: '-' stands under a bar"):
        read_spectra(content, "x.tbl")


@pytest.mark.parametrize(
    "content",
    [
        b"# wavelength_um flux_uJy\n1.0 3.0\n2.0 -1.5\n",
        b"#comment\nwavelength_um\tflux_uJy\n1.0\t3.0\n2.0\t-1.5\n",
        "wavelength (µm);flux (µJy)\r\n1.0;3.0\r\n2.0;-1.5\r\n".encode("utf-8-sig"),
        "wavelength (µm);flux (µJy)\n1.0;3.0\n2.0;-1.5\n".encode("cp1252"),
        "wavelength,flux\num,uJy\n1.0,3.0\n2.0,-1.5\n".encode("utf-16"),
        b"WAVELENGTH_UM   FLUX_UJY\n1.0d0   3.0\n\n2.0     -1.5\n",
    ],
)
def test_ways_of_writing_the_same_table(content):
    [read] = read_spectra(content, "x.txt")
    assert values(read, "wavelength") == [1.0, 2.0]
    assert values(read, "flux") == [3.0, -1.5]


def test_ids_with_leading_zeros_or_twenty_digits_stay_texts():
    content = b"wavelength_um,flux_uJy,id,long_id\n1.0,3,007,12345678901234567890\n"
    [read] = read_spectra(content, "x.csv")
    assert values(read, "id") == ["007"]
    assert values(read, "long_id") == ["12345678901234567890"]


def test_parquet_of_pandas_and_of_astropy(tmp_path):
    table = pa.table({"wavelength_um": [2.0, 1.0], "flux_uJy": [None, 3.5], "n": [1, None]})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    [read] = read_spectra(stream.getvalue(), "x.parquet")
    assert values(read, "flux") == [3.5, None]
    assert values(read, "n") == [None, 1]
    described = Table({"wavelength": [900.0], "flux": [2.0]}, units=["nm", "mJy"])
    described.write(tmp_path / "x.parquet", format="parquet")
    [read] = read_spectra((tmp_path / "x.parquet").read_bytes(), "x.parquet")
    assert values(read, "wavelength") == [0.9]
    assert values(read, "flux") == [2000.0]


def test_a_file_may_say_which_job_it_comes_from(spectrum):
    content = spectrum_bytes(spectrum, "votable")
    added = f'<INFO name="job_id" value="{JOB_ID}"/><INFO name="target_index" value="2"/>'
    told = content.replace(b"<TABLE ", added.encode() + b"<TABLE ")
    assert told != content
    [read] = read_spectra(told, "x.vot")
    assert read.source_job == (JOB_ID, 2)
    [read] = read_spectra(told.replace(JOB_ID.encode(), b"../../etc"), "x.vot")
    assert read.source_job is None


def test_a_request_that_we_could_not_have_written_is_only_a_text(spectrum):
    content = spectrum_bytes(replace(spectrum), "votable")
    broken = content.replace(b"ra_deg", b"ra_bad")
    [read] = read_spectra(broken, "x.vot")
    assert read.target is None
    assert (read.ra_deg, read.name) == (spectrum.target.ra_deg, "M 81")


def test_spectra_of_another_program_that_measured_real_data(real_data):
    folder = real_data / "spiff"
    [binned] = read_spectra((folder / "simp_j0136_binned.csv").read_bytes(), "binned.csv")
    assert binned.table.num_rows == 102
    assert values(binned, "wavelength")[0] == pytest.approx(0.744)
    assert values(binned, "flux")[0] == 102.80128558559929
    assert binned.columns_taken["flux_err"]["from"] == "flux_ujy_weighted_sem"
    content = (folder / "simp_j0136_unbinned.csv").read_bytes()
    with pytest.raises(ForeignFileError, match="3 columns that could be the wavelength") as e:
        read_spectra(content, "unbinned.csv")
    assert "psf_un_flux_uJy" in e.value.questions["flux_column"]
    answers = Answers(wavelength_column="psf_un_wv_um", flux_column="psf_un_flux_uJy")
    [read] = read_spectra(content, "unbinned.csv", answers)
    assert read.name == "SIMP J013656.5+093347.3"
    assert read.columns_taken["flux_err"]["from"] == "psf_un_flux_uJy_err"
