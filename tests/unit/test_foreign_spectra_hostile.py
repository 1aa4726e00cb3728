"""Files made to do harm, or damaged: a sentence, in bounded time and memory."""

import gzip
import io
import json
import zipfile
import zlib
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra import Answers, read_spectra
from photometry_core.foreign_spectra.isolation import PRODUCT, open_isolated
from photometry_core.foreign_tables import isolation, limits
from photometry_core.spectrum_files import FORMATS, spectrum_bytes
from tests.foreign_files import official_flat, official_raw, votable
from tests.spectra import made_spectrum

OURS = {name: spectrum_bytes(made_spectrum(3, 1), name) for name in FORMATS}
FIELDS = (
    '<FIELD name="wavelength" datatype="double" unit="um"/>'
    '<FIELD name="flux" datatype="double" unit="uJy"/>'
)
ROW = "<TR><TD>1.0</TD><TD>2.0</TD></TR>"


def refused(content, message, name="x"):
    with pytest.raises(ForeignFileError, match=message):
        read_spectra(content, name)


def zipped(**members) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_entities_and_document_types_are_refused():
    table = votable(FIELDS, ROW)
    laughs = b'<!DOCTYPE v [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    external = b'<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for declared in (laughs, external, b'<!DOCTYPE v SYSTEM "http://x.example/v.dtd">'):
        refused(table.replace(b"<VOTABLE", declared + b"<VOTABLE"), "document types and entities")


def test_data_elsewhere_are_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"\0" * 64)
    for where in (secret.as_uri(), "http://127.0.0.1:9/x"):
        stream = f'<BINARY><STREAM href="{where}"/></BINARY>'.encode()
        content = votable(FIELDS, "@").replace(b"<TABLEDATA>@</TABLEDATA>", stream)
        refused(content, "its data are elsewhere")
    for other in (b"FITS", b"PARQUET"):
        data = b"<%s></%s>" % (other, other)
        content = votable(FIELDS, "@").replace(b"<TABLEDATA>@</TABLEDATA>", data)
        refused(content, "its data are " + other.decode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (votable(FIELDS, ROW).replace(b"<TABLE ", b'<TABLE nrows="2000000000" '), "nrows"),
        (votable(FIELDS.replace("/>", ' arraysize="20000000"/>', 1), ROW), "too large"),
        (votable(FIELDS.replace("um", "10**9999999 m"), ROW), "is not a unit"),
        (votable(FIELDS * 300, ROW), "more than 500 columns"),
        (votable("<RESOURCE>" * 40, ROW), "too deep|not well-formed"),
        (votable(FIELDS, ROW)[:-40], "not well-formed XML"),
        (votable(FIELDS, ROW).replace(b"TABLE", b"ELBAT"), "holds no table"),
        (votable("", "", '<INFO name="QUERY_STATUS" value="ERROR">no such row</INFO>').replace(
            b"<TABLE ", b"<X ").replace(b"</TABLE>", b"</X>"), "message of an error.*no such row"),
        (votable(FIELDS, ROW).decode().encode("utf-16"), "UTF-16"),
        (official_raw().replace(b"ivo://irsa", b"a b " * 20, 1), "characters are not 3 texts"),
        (official_raw().replace(b"101.5 NaN", b"101.5", 1), "column 'flux': 2 values"),
    ],
)  # fmt: skip
def test_votables_that_lie(content, message):
    refused(content, message)


def test_a_unit_with_a_huge_power_is_not_worked_out():
    stream = io.BytesIO(OURS["fits"])
    with fits.open(stream) as hdus:
        hdus[1].header["TUNIT1"] = "10**9999999 m"
        changed = io.BytesIO()
        hdus.writeto(changed, checksum=False)
    refused(changed.getvalue(), r"'10\*\*9999999 m' is not a unit")
    refused(b"wavelength (10**9999999 m),flux_uJy\n1,2\n", "does not say the unit")


def test_bombs_are_stopped_while_they_unpack():
    zeros = b"0" * 1_000_000
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(zeros) for _ in range(210)) + packer.flush()
    assert len(bomb) < 1_000_000
    refused(bomb, "unpacks to more than 200 MB")
    refused(zipped(**{"a.csv": zeros * 110, "b.csv": zeros * 110}), "unpacks to more than 200 MB")
    refused(gzip.compress(gzip.compress(b"x")), "packed twice")
    refused(zipped(**{"a.zip": zipped(a=b"x")}), "packed twice")


def test_zips_that_are_none_or_hold_nothing():
    good = zipped(**{"a.csv": b"wavelength_um,flux_uJy\n1,2\n"})
    refused(good[:40], "damaged zip file")
    refused(good.replace(b"wavelength", b"xavelength")[:-30], "damaged zip file")
    refused(zipped(**{"readme.txt": b"x", "plot.png": b"x"}), "holds no table")
    refused(zipped(**{"[Content_Types].xml": b"x"}), "office document")
    refused(zipped(**{f"{n}.csv": b"x" for n in range(limits.MAX_MEMBERS + 1)}), "holds 401 files")
    traversing = zipped(**{"../../../tmp/evil.csv": b"wavelength_um,flux_uJy\n1,2\n"})
    [read] = read_spectra(traversing, "x.zip")
    assert read.name == "evil"


def test_gzip_that_is_damaged():
    good = gzip.compress(OURS["csv"])
    refused(good[:-20], "truncated|damaged")
    refused(good + b"more", "something follows")
    refused(good[:20] + b"\xff" * 20 + good[40:], "damaged")


def test_yaml_that_is_more_than_a_header():
    ecsv = OURS["ecsv"].decode()
    for line in ("# - {name: x, a: &a [1], b: *a}", "# - !!python/object/apply:os.system [id]"):
        refused(ecsv.replace("# datatype:", f"# other:\n{line}\n# datatype:").encode(), "header")


@pytest.mark.parametrize("where", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("file_format", ["votable", "fits", "parquet"])
def test_truncated_files_are_refused(file_format, where):
    content = OURS[file_format]
    refused(content[: int(len(content) * where)], "truncated|well-formed|damaged|incomplete|ends")


def test_fits_files_without_tables_or_with_lies():
    stream = io.BytesIO()
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(stream)
    refused(stream.getvalue(), "holds images and no table")
    content = OURS["fits"]
    rows = f"NAXIS2  = {4:20d}".encode()
    assert rows in content
    refused(content.replace(rows, f"NAXIS2  = {2_000_000_000:20d}".encode()), "truncated|rows")
    refused(content.replace(rows, f"NAXIS2  = {-5:20d}".encode()), "negative")


def test_sizes_are_bounded():
    refused(b"wavelength_um,flux_uJy\n" + b"1,2\n" * (limits.MAX_ROWS + 1), "100,001 rows")
    refused(b"|" + b"a|" * 40_000 + b"\n", "40,000 columns")
    wide = ",".join(["wavelength_um", "flux_uJy", *(f"c{n}" for n in range(600))])
    refused(wide.encode() + b"\n" + b"1," * 601 + b"1\n", "602 columns")
    refused(b"wavelength_um,flux_uJy," + b"x" * 1_100_000, "line of 1,100,023 characters")
    refused(b" " * (limits.MAX_FILE_BYTES + 1), "51|50 MB")
    stream = io.BytesIO()
    one = pa.array(np.zeros(200_000))
    pq.write_table(pa.table({"wavelength_um": one, "flux_uJy": one}), stream)
    refused(stream.getvalue(), "200,000 rows")


def test_names_are_cleaned():
    text = 'wavelength_um,flux_uJy,"<b>\u202ea\tb",,flux_uJy,FLUX_UJY\n1,2,3,4,5,6\n'
    with pytest.raises(ForeignFileError) as error:
        read_spectra(text.encode(), "evil\n\x07\u202e.csv")
    assert error.value.questions == {"flux_column": ["flux_uJy", "flux_uJy_2", "FLUX_UJY_3"]}
    [read] = read_spectra(text.encode(), "x\n.csv", Answers(flux_column="flux_uJy"))
    assert read.name == "x"
    assert read.table.schema.names[2:4] == ["<b>a b", "column_4"]


@hypothesis_settings(max_examples=150)
@given(st.binary(max_size=300))
@example(b"SIMPLE  =                    T")
@example(b"PAR1")
@example(b"PK\x03\x04")
@example(b"\x1f\x8b")
@example(b"# %ECSV 1.0\n# ---\n")
@example(b"|")
@example(b"\\")
@example(b"<VOTABLE/>")
@example(b"\xff\xfe<")
def test_any_bytes_are_answered_with_a_sentence(content):
    with pytest.raises(ForeignFileError) as error:
        read_spectra(content, "x")
    assert str(error.value)


@hypothesis_settings(max_examples=150)
@given(
    st.sampled_from(sorted([*OURS, "official", "raw"])),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damage_anywhere_is_answered_with_a_spectrum_or_a_sentence(which, damage):
    content = bytearray({**OURS, "official": official_flat(), "raw": official_raw()}[which])
    for where, value in damage:
        content[int(where * (len(content) - 1))] = value
    spectra = []
    with suppress(ForeignFileError):
        spectra = read_spectra(bytes(content), "x")
    assert all(spectrum.table.num_columns >= 2 for spectrum in spectra)


def test_a_process_of_its_own_opens_files(tmp_path):
    [report] = open_isolated(
        [OURS["fits"][:500], OURS["fits"][500:]], "x.fits", Answers(), tmp_path
    )
    assert report["target"]["name"] == "M 81"
    assert report["origin"] == "explorer"
    assert [path.name for path in (tmp_path / PRODUCT).iterdir()] == ["0.parquet"]


def test_questions_come_back_from_the_process(tmp_path):
    with pytest.raises(ForeignFileError) as error:
        open_isolated([b"wavelength,flux_uJy\n1,2\n"], "x.csv", Answers(), tmp_path)
    assert error.value.questions == {"wavelength_unit": ["wavelength"]}


def test_memory_is_bounded(tmp_path):
    stream = io.BytesIO()
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(9000, np.int32)), ["x" * 1_000_000])
    one = pa.array(np.ones(9000))
    table = pa.table({"wavelength_um": one, "flux_uJy": one, "text": text})
    pq.write_table(table, stream)
    assert len(stream.getvalue()) < 200_000
    with pytest.raises(ForeignFileError, match="memory"):
        open_isolated([stream.getvalue()], "x.parquet", Answers(), tmp_path)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import time; time.sleep(60)", "takes too long to be opened"),
        ("while True: pass", "takes too long to be opened"),
        ("import os; os.kill(os.getpid(), 11)", "reading it failed"),
        ("raise RuntimeError", "reading it failed"),
    ],
)
def test_a_process_that_does_not_survive_is_told_in_words(tmp_path, monkeypatch, code, message):
    # A module of the same name that is found first, with the same bounds on time.
    package = tmp_path / "modules" / "photometry_core" / "foreign_spectra"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    bound = "import signal; signal.setitimer(signal.ITIMER_REAL, 0.3)"
    (package / "__main__.py").write_text(f"{bound}\n{code}\n")
    monkeypatch.setattr(isolation, "_ROOT", tmp_path / "modules")
    folder = tmp_path / "work"
    folder.mkdir()
    with pytest.raises(ForeignFileError, match=message):
        open_isolated([b"x"], "x.csv", Answers(), folder)


def test_what_is_reported_can_be_sent_as_json(tmp_path):
    [report] = open_isolated([official_flat()], "x.xml", Answers(), tmp_path)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
