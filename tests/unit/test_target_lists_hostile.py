"""Lists that are damaged, or made to do harm; numbers of cases are those of the catalogue."""

import base64
import gzip
import io
import json
import re
import socket
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables import isolation
from photometry_core.target_lists import limits
from photometry_core.target_lists.isolation import read_list_isolated
from photometry_core.target_lists.reading import read_list
from tests.foreign_files import votable
from tests.target_files import astropy_table, ecsv_bytes, fits_bytes, votable_bytes

CSV = b"name,ra,dec\nM31,1.5,2.5\n"
FIELD = '<FIELD name="a" datatype="double"/>'
ROW = "<TR><TD>1</TD></TR>"
TABLE = votable(FIELD, ROW)


def case(number, *values, id_=""):
    return pytest.param(*values, id=f"case_{number}" + (f"_{id_}" if id_ else ""))


def zipped(**members) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x.csv"))
    return stream.getvalue()


def binary(data: bytes, kind="BINARY", field=FIELD, encoding="base64") -> bytes:
    stream = f'<{kind}><STREAM encoding="{encoding}">{base64.b64encode(data).decode()}</STREAM>'
    rows = f"{stream}</{kind}>".encode()
    return votable(field, "@").replace(b"<TABLEDATA>@</TABLEDATA>", rows)


def streaming(href: str) -> bytes:
    stream = f'<BINARY><STREAM href="{href}"/></BINARY>'.encode()
    return votable(FIELD, "@").replace(b"<TABLEDATA>@</TABLEDATA>", stream)


def declared(what: bytes) -> bytes:
    return TABLE.replace(b"<VOTABLE", what + b"<VOTABLE")


def laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE v [<!ENTITY l0 "ha">{levels}]>'.encode()
    return declared(bomb).replace(b"<TD>1", b"<TD>&l9;")


def fits_with(card: str, value: object) -> bytes:
    """A good file with one keyword of its first table changed."""
    content = fits_bytes()
    found = re.compile(rf"{card:8}= +\S+ ".encode()).search(content, content.index(b"XTENSION"))
    new = f"{card:8}= {value!s:>20} ".encode()
    assert found
    width = max(found.end() - found.start(), len(new))
    return content[: found.start()] + new.ljust(width) + content[found.start() + width :]


def image(kind=fits.ImageHDU) -> bytes:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), kind(np.zeros((4, 4)))]).writeto(stream)
    return stream.getvalue()


def with_complex() -> bytes:
    stream = io.BytesIO()
    column = fits.Column("z", "C", array=np.ones(2, "c8"))
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]).writeto(stream)
    return stream.getvalue()


def parquet_of(**columns) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def ecsv_with(line: str) -> bytes:
    text = ecsv_bytes(astropy_table()).decode()
    return text.replace("# datatype:", f"# other:\n{line}\n# datatype:").encode()


ALIASES = "# - &a0 [x]\n" + "\n".join(f"# - &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 10))
ERROR_TABLE = votable("", "", '<INFO name="QUERY_STATUS" value="ERROR">no such row</INFO>')
TWICE = gzip.compress(gzip.compress(CSV))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        case(1, b"", "is empty"),
        case("1_blank", b" \n\t\r\n", "is empty"),
        case(2, b"ra,dec,name\n", "has no rows"),
        case("2_comments", b"# ra dec\n# nothing\n", "has no rows"),
        case("2_ipac", b"|ra   |dec  |\n", "has no rows"),
        case(7, zipped(a=CSV), "zip archive; unpack it, and bring the table"),
        case("7_xlsx", zipped(**{"[Content_Types].xml": b"x"}),
             r"Excel spreadsheet \(xlsx\); open it there and save the table as CSV"),
        case("7_xls", b"\xd0\xcf\x11\xe0\xa1\xb1", r"Excel file \(xls\).*save the table as CSV"),
        case("7_ods", zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
             r"OpenDocument spreadsheet \(ods\); open it there and save the table as CSV"),
        case("7_pdf", b"%PDF-1.7\n", "PDF document"),
        case("7_7z", b"7z\xbc\xaf\x27\x1c", "7z archive"),
        case("7_exe", b"MZ\x90\0\3", "program"),
        case("8_bz2", b"BZh91AY&SY", "bzip2"),
        case("8_xz", b"\xfd7zXZ\0", "xz"),
        case(9, TWICE, "packed twice"),
        case("10_garbage", gzip.compress(CSV) + b"more", "something follows"),
        case("10_truncated", gzip.compress(CSV)[:-6], "truncated"),
        case("10_crc", gzip.compress(CSV)[:-8] + b"abcdefgh", "damaged"),
        case("10_empty", gzip.compress(b""), "empty"),
        case("10_pieces", gzip.compress(b"") * 10_001, "10,000 pieces"),
        case("11_gif", b"GIF89a=1;/*\nra,dec\n1,2\n*/", "picture"),
        case("11_html", b"<html>\nra,dec\n1,2\n", "web page"),
        case(15, tarred(), "tar archive"),
        case("18_utf16", "name,ra\nS,1\n".encode("utf-16-le"), "UTF-16|NUL"),
        case("18_utf32", "name,ra\nS,1\n".encode("utf-32"), "UTF-32"),
        case("18_ebcdic", "name,ra,dec\nm31,1,2\n".encode("cp037"), "neither a text"),
        case(20, "a,b\nSé,1\n".encode() + b"S\xe9,1\n", "line 3: this line is not in UTF-8"),
        case(21, b"a,b\nx\0y,1\n", "line 2: it holds a NUL byte"),
        case("23_surrogate", b"a,b\n\xed\xa0\x80,1\n", "line 2: it holds bytes that stand for no"),
        case("23_overlong", b"a,b\n\xc0\xafxxxxxx,1\n", "line 2: it holds bytes that stand for no"),
        case("23_utf16", b"\xff\xfea\0\n\0\x00\xd8b\0", "begins as UTF-16"),
        case(24, np.random.default_rng(1).bytes(5_000), "neither a text"),
        case(34, b'ra,dec\n1,2\n"3,4\n5,6\n', "line 3: a quote"),
        case("34_more", b'ra,dec\n"1"x,2\n', "line 2: its quotes do not fit"),
        case("37_many", b",".join([b"c"] * 501) + b"\n" + b",".join([b"1"] * 501), "501 columns"),
        case("37_long", b"ra," + b"x" * 129 + b"\n1,2\n", "column 2: its name has 129"),
        case(38, b"ra,dec\n1,2\n3," + b"x" * 4_001, "line 3, column 2: a cell of 4,001"),
        case("38_huge", b"ra,dec\n1," + b"x" * 1_000_000, "more than 131,072"),
        case(40, b"ra,dec\n" + b"1,2\n" * 1_000_000, "1,000,001 lines; allowed: at most 20,000"),
        case("40_rows", b"ra,dec\n" + b"1,2\n" * 20_001, "20,001 rows; allowed: at most 20,000"),
        case("40_cells", b"1,2,3\n" + (b"," * 499 + b"1\n") * 4_100, "more than 1,000,000 cells"),
        case("42_html", b"<!DOCTYPE html><table><tr><td>1", "web page"),
        case("42_latex", b"\\begin{tabular}{ll}\n ra & dec \\\\\n", "LaTeX"),
        case("42_rst", b"===== =====\nra    dec\n===== =====\n1     2\n", "reStructuredText"),
        case("42_cut", b"Title: x\n====\nByte-by-byte Description of file: t\n---\n 1- 3 I3\n",
             "line 3: no line with Bytes, Format, Units, Label"),
        case(43, laughs(), "document types and entities"),
        case("43_parameter", declared(b'<!DOCTYPE v [<!ENTITY % p "x">]>'), "document types"),
        case(44, declared(b'<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "document"),
        case("44_dtd", declared(b'<!DOCTYPE v SYSTEM "http://x.example/v.dtd">'), "document types"),
        case("45_fits", TABLE.replace(b"TABLEDATA", b"FITS"), "its data are FITS"),
        case("45_ftp", streaming("ftp://x.example/t"), "its data are elsewhere"),
        case("46_nrows", TABLE.replace(b"<TABLE ", b'<TABLE nrows="2000000000" '), "nrows"),
        case("46_size", votable(FIELD.replace("/>", ' arraysize="20000000"/>'), ROW), "too large"),
        case("47_base64", binary(b"12345678").replace(b"base64\">", b'base64">*'), "not in base64"),
        case("47_short", binary(b"1234"), "row 1: its data end too early"),
        case("47_long", binary(struct.pack(">i", 2_000_000_000), field=FIELD.replace(
            'double"', 'char" arraysize="*"')), "its data end too early"),
        case("47_endless", binary(b"1", field=FIELD.replace("/>", ' arraysize="0"/>')), "no width"),
        case("47_gzip", binary(b"12345678", encoding="gzip"), "allowed is base64"),
        case("48_depth", votable("<RESOURCE>" * 40, ROW), "too deep|not well-formed"),
        case("48_fields", votable(FIELD * 501, ROW), "more than 500 columns"),
        case("48_tables", TABLE.replace(b"<TABLE ", b"<TABLE/>" * 60 + b"<TABLE "), "50 tables"),
        case("48_rows", votable(FIELD, "<TR/>" * 20_001), "more than 20,000 rows"),
        case("50", ERROR_TABLE.replace(b"<TABLE ", b"<X ").replace(b"</TABLE>", b"</X>"),
             "message of an error.*no such row"),
        case("50_none", TABLE.replace(b"TABLE name", b"X name").replace(b"</TABLE>", b"</X>"),
             "holds no table"),
        case("56_rows", fits_with("NAXIS2", 2_000_000_000), "truncated|rows"),
        case("56_negative", fits_with("NAXIS2", -5), "negative"),
        case("56_naxis", fits_with("NAXIS", 999), "damaged|NAXIS"),
        case("56_pcount", fits_with("PCOUNT", 10**12), "truncated|ends"),
        case("56_tform", fits_with("TFORM3", "'9999D   '"), "damaged|bytes|columns"),
        case(57, image(), "holds images and no table"),
        case(58, with_complex(), "has no rows|no column"),
        case("58_compressed", image(fits.CompImageHDU), "holds images and no table"),
        case(59, fits_bytes()[:-3_000], "truncated|ends|damaged"),
        case("59_end", fits_bytes()[:2_000], "truncated|ends|damaged"),
        case(61, ecsv_with(ALIASES), "more than plain values"),
        case("61_tags", ecsv_with("# - !!python/object/apply:os.system [id]"), "more than plain"),
        case("61_long", ecsv_with("# - " + "x" * 64_001), "allowed: at most 64,000"),
        case("61_deep", ecsv_with("# " + "[" * 3_000), "can't be read as YAML|damaged"),
        case("63_npy", b"\x93NUMPY\x01\0", "array of numpy"),
        case("63_npz", zipped(a=b"\x93NUMPY"), "zip archive"),
        case("63_pickle", b"\x80\x04\x95\x0f\0\0\0", "pickle"),
        case("63_hdf5", b"\x89HDF\r\n\x1a\n", "HDF5"),
        case("63_asdf", b"#ASDF 1.0.0\n", "ASDF"),
        case(64, parquet_of(a=np.zeros(30_000)), "30,000 rows"),
        case("64_encrypted", b"PARE" + b"\0" * 40 + b"PARE", "neither|NUL"),
        case("64_cells", parquet_of(**{f"c{n}": np.zeros(11_000) for n in range(100)}),
             "1,100,000 cells"),
        case("S6", b"|objname|ra     |dec    |\n neg    -125.0  -89.0\n", "under a bar"),
        case("S7_beyond", b"|objname|\n m31     12.5\n", "right of the last bar"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_with_words(content, message):
    with pytest.raises(ForeignFileError, match=message) as error:
        read_list(content, "evil.csv")
    assert str(error.value).startswith("evil.csv")
    assert len(str(error.value)) < 500


def test_columns_of_unknown_types_are_left_out():
    columns = [fits.Column("z", "C", array=np.ones(2, "c8")),
               fits.Column("ra", "D", array=np.ones(2))]  # fmt: skip
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(stream)
    file = read_list(stream.getvalue(), "x.fits")
    assert [column.name for column in file.tables[0].columns] == ["ra"]
    assert "column 'z' is of the type" in file.notes[0]


def test_case_3_files_that_are_too_large_are_refused_while_they_come():
    with pytest.raises(ForeignFileError, match="has 10 MB; allowed: at most 10 MB"):
        read_list(b" " * (limits.MAX_FILE_BYTES + 1), "x")

    def endless():
        while True:
            yield b"x" * 1_000_000

    with pytest.raises(ForeignFileError, match=r"x\.csv is too large"):
        read_list_isolated(endless(), "x.csv")


def gzip_bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(b"0" * 1_000_000) for _ in range(60)) + packer.flush()


def dictionary_bomb() -> bytes:
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(9_000, np.int32)), ["x" * 1_000_000])
    return parquet_of(text=texts)


def many_elements() -> bytes:
    return TABLE.replace(b"<TABLE ", b"<a/>" * 2_000_000 + b"<TABLE ")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        case("8_bomb", gzip_bomb, "unpacks to more than"),
        case("38_cell", lambda: b"ra,dec\n1," + b"x" * 1_000_000 + b"\n1,2" * 5_000, "131,072"),
        case("40_blanks", lambda: b"1 2\n" * 2_000_000, "2,000,000 lines"),
        case("42_ipac", lambda: b"|" + b"a|" * 400_000 + b"\n", "400,000 columns"),
        case("43_laughs", laughs, "document types"),
        case("48_elements", many_elements, "too many elements"),
        case("61_aliases", lambda: ecsv_with(ALIASES), "plain values"),
        case("64_rows", lambda: parquet_of(a=np.zeros(20_000_000, "i1")), "20,000,000 rows"),
        case("64_dictionary", dictionary_bomb, "memory"),
    ],
)
def test_bombs_are_answered_by_the_process(make, message):
    with pytest.raises(ForeignFileError, match=message):
        read_list_isolated([make()], "x")


def test_a_hostile_votable_reads_no_file_and_opens_no_connection(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("<TR><TD>42</TD></TR>")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        include = (
            f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}"/>'
        )
        located = f'xsi:schemaLocation="x http://127.0.0.1:{port}/v.xsd" '.encode()
        hostile = [
            streaming(f"http://127.0.0.1:{port}/x"),
            streaming(secret.as_uri()),
            declared(f'<!DOCTYPE v SYSTEM "http://127.0.0.1:{port}/v.dtd">'.encode()),
            votable(FIELD, ROW + include),
            TABLE.replace(
                b"<VOTABLE ",
                b'<VOTABLE xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' + located,
            ),
        ]
        for content in hostile:
            with suppress(ForeignFileError):
                file = read_list_isolated([content], "x.xml")
                assert "42" not in json.dumps(file.to_json()["tables"])
        with pytest.raises(BlockingIOError):
            server.accept()


CONFINED = """
import sys
from pathlib import Path
from photometry_core.foreign_tables.confinement import confine
from photometry_core.target_lists.limits import PROCESS
folder = Path(sys.argv[1])
confine(folder, PROCESS)
(folder / "mine").write_text("x")
{code}
"""


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd')",
        "open('../outside', 'w')",
        "Path('../secret').unlink()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
    ],
)
def test_the_process_reaches_nothing_but_its_folder(tmp_path, code):
    folder = tmp_path / "own"
    folder.mkdir()
    (tmp_path / "secret").touch()
    done = subprocess.run(
        [sys.executable, "-c", CONFINED.format(code=code), str(folder)],
        cwd=folder, env={"PYTHONPATH": str(isolation._ROOT)}, capture_output=True, check=False,
    )  # fmt: skip
    assert b"PermissionError" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own", "secret"]


def test_case_41_plain_texts_are_read_by_readers_of_our_own_without_guessing():
    code = (
        "import sys; import photometry_core.target_lists.__main__ as m; "
        f"m.read_list({CSV!r}, 'x.csv'); m.read_list({votable_bytes('binary')!r}, 'x.vot'); "
        "print([n for n in ('numpy', 'astropy', 'pyarrow') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_list_of_5000_rows_comes_back_quickly():
    rows = "".join(f"{n},NGC {n},{n * 0.07:.6f},{n % 180 - 90}.5\n" for n in range(5_000))
    content = ("id,name,ra,dec\n" + rows).encode()
    started = time.process_time()
    file = read_list(content, "x.csv")
    assert len(file.tables[0].rows) == 5_000
    took = time.process_time() - started
    print(f"{took:.2f} s of the processor for 5,000 rows; allowed: 1")
    assert took < 1
