"""Spectra in every format: the same numbers, nulls, units and provenance."""

import io
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse, validate
from astropy.table import Table

from photometry_core.cutout import Stamp
from photometry_core.errors import DataFormatError
from photometry_core.measurement import Measurement, Provenance
from photometry_core.spectrum import COLUMNS, build_spectrum, file_stem
from photometry_core.spectrum_files import (
    FORMATS,
    load_spectrum,
    load_stamps,
    product_path,
    save_product,
    stamps_path,
    write_spectrum,
)
from photometry_core.stamp_cubes import STAMP_FIELDS
from photometry_core.stamp_selection import write_stamp_hdus
from photometry_core.types import STAMP_SIZE_PIX, Exposure, MeasureOptions, SersicProfile, Target

EXPOSURE = Exposure(
    publisher_did="ivo://irsa.ipac/spherex_qr2?2025W51_1A_0684_2/D3",
    obs_id="2025W51_1A_0684_2",
    detector=3,
    lvf_id=202551101068423,
    collection="spherex_qr2",
    deep=False,
    mjd=61027.215650564,
    simulated=False,
    access="somewhere",
)
PROVENANCE = Provenance(
    software="SPHEREx Explorer test",
    archive="simulated",
    archive_description="The simulated sky",
    simulated=True,
    calibration="wavelengths from WCS-WAVE",
    created="2026-01-02T03:04:05+00:00",
)
TARGET = Target(name="NGC <1> & Zoë", ra_deg=10.6847, dec_deg=-41.269)
BIG_FLAGS = (1 << 32) | (1 << 21) | 1


def make_stamp(value: float) -> Stamp:
    shape = (STAMP_SIZE_PIX, STAMP_SIZE_PIX)
    image = np.full(shape, value, np.float32)
    image[0, 0] = np.nan
    return Stamp(
        image_mjy_sr=image,
        variance_mjy2_sr2=np.full(shape, 1e-4, np.float32),
        flags=np.full(shape, 1 << 21, np.int32),
        model_mjy_sr=np.full(shape, value / 2, np.float32),
        origin_pix=(1335, 906),
        cd_deg=np.array([[1e-3, 2e-4], [3e-4, -1e-3]]),
    )


@pytest.fixture
def spectrum():
    common = {"exposure": EXPOSURE, "ra_deg": TARGET.ra_deg, "dec_deg": TARGET.dec_deg}
    measurements = [
        Measurement(**common, flags=1 << 33, reason='file "a.fits" is truncated'),
        Measurement(**common, wavelength_um=2.5, bandwidth_um=0.05, flux_ujy=-3.25,
                    flux_err_ujy=1 / 3, flags=BIG_FLAGS, fit_quality=0.8,
                    background_mjy_sr=0.3, background_err_mjy_sr=0.001, n_pix=160,
                    background_is_local=True, x_pix=1349.7, y_pix=921.2,
                    stamp=make_stamp(2.0)),
        Measurement(**common | {"exposure": replace(EXPOSURE, mjd=61000.5)},
                    wavelength_um=1.0, flux_ujy=1e5, flux_err_ujy=20.0,
                    stamp=make_stamp(1.0)),
    ]  # fmt: skip
    return build_spectrum(
        TARGET, measurements, MeasureOptions(mjd_range=(60000.0, None)), PROVENANCE
    )


def assert_same_rows(found: Table, expected: Table) -> None:
    for column in COLUMNS:
        values, wanted = found[column.name], expected[column.name]
        null = np.ma.getmaskarray(wanted)
        if column.dtype == "f8":
            # A column of nulls only may come back as one of any type.
            values = np.ma.asarray(values, float)
            missing = np.ma.getmaskarray(values) | np.isnan(values.filled(np.nan))
            assert missing.tolist() == null.tolist(), column.name
            assert np.ma.getdata(values)[~null].tolist() == np.ma.getdata(wanted)[~null].tolist()
        elif column.dtype == "str":
            read = ["" if v is np.ma.masked else str(v) for v in values]
            assert read == wanted.tolist(), column.name
        elif column.dtype == "bool":
            assert [str(v) for v in values] == [str(v) for v in wanted], column.name
        else:
            assert values.tolist() == wanted.tolist(), column.name


def test_rows_are_ordered_by_wavelength_and_nothing_is_lost(spectrum):
    assert spectrum.table["wavelength"].tolist() == [1.0, 2.5, None]
    assert spectrum.table["flags"].tolist() == [0, BIG_FLAGS, 1 << 33]
    assert spectrum.n_found == 3
    assert spectrum.n_measured == 2
    assert spectrum.table.colnames[:18] == [
        "wavelength", "lambda_width", "flux", "flux_err", "flags", "fit_ql", "flux_bkg",
        "local_bkg_flg", "det_id", "lvf_id", "deep_flg", "mjd", "x_image", "y_image", "ra",
        "dec", "obs_publisher_did", "data_collection",
    ]  # fmt: skip


def test_product_is_read_back_as_it_was(spectrum, tmp_path):
    save_product(spectrum, tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.parquet", "3.stamps.fits"]
    loaded = load_spectrum(product_path(tmp_path, 3))
    assert loaded.target == spectrum.target
    assert loaded.options == spectrum.options
    assert loaded.provenance == spectrum.provenance
    assert_same_rows(loaded.table, spectrum.table)
    stamps = load_stamps(stamps_path(tmp_path, 3), [2, 0])
    assert np.isnan(stamps.image_mjy_sr[0]).all()
    assert stamps.origin_pix.tolist() == [[-1, -1], [1335, 906]]
    assert np.array_equal(stamps.image_mjy_sr[1], make_stamp(1.0).image_mjy_sr, equal_nan=True)
    assert np.array_equal(stamps.model_mjy_sr[1], make_stamp(1.0).model_mjy_sr)
    assert stamps.flags[1, 3, 4] == 1 << 21
    assert np.array_equal(stamps.cd_deg[1], make_stamp(1.0).cd_deg)
    with pytest.raises(IndexError, match="row 3 of 3"):
        load_stamps(stamps_path(tmp_path, 3), [3])


@pytest.mark.parametrize(
    ("radius_arcsec", "model", "engine"),
    [
        (3.5, "sersic", "native forced photometry, Sersic profile, total untruncated flux"),
        (0.5, "point (Re < 1 arcsec)",
         "native forced photometry, point source (effective radius below 1 arcsec)"),
    ],
)  # fmt: skip
def test_files_of_galaxies_say_what_was_fitted(tmp_path, radius_arcsec, model, engine):
    shape = SersicProfile(
        sersic_index=4.0,
        effective_radius_arcsec=radius_arcsec,
        axis_ratio=0.25,
        position_angle_deg=-30.0,
    )
    galaxy = replace(TARGET, profile=shape)
    rows = [Measurement(exposure=EXPOSURE, flux_ujy=1.0, model=galaxy.model)]
    spectrum = build_spectrum(galaxy, rows, MeasureOptions(), PROVENANCE)
    write_spectrum(spectrum, tmp_path / "s.vot", "votable")
    document = parse(tmp_path / "s.vot", verify="exception")
    params = {p.name: (p.value, str(p.unit)) for p in document.get_first_table().params}
    assert params["sersic_index"][0] == 4.0
    assert params["effective_radius"] == (radius_arcsec, "arcsec")
    assert params["axis_ratio"][0] == 0.25
    assert params["position_angle"] == (-30.0, "deg")
    infos = {info.name: info.value for info in document.resources[0].infos}
    assert infos["engine"] == engine
    assert infos["source_model"] == model
    assert Table.read(tmp_path / "s.vot")["model"].tolist() == [model]
    save_product(spectrum, tmp_path, 0)
    loaded = load_spectrum(tmp_path / "0.parquet")
    assert loaded.target == galaxy
    assert loaded.table["model"].tolist() == [model]


def test_votable_is_valid_and_self_describing(spectrum, tmp_path):
    path = tmp_path / "s.vot"
    write_spectrum(spectrum, path, "votable")
    document = parse(path, verify="exception")
    report = io.StringIO()
    validate(str(path), output=report)
    assert "found no violations" in report.getvalue()
    table = document.get_first_table()
    fields = {field.name: field for field in table.fields}
    for column in COLUMNS:
        assert fields[column.name].ucd == column.ucd
        assert fields[column.name].description == column.description
    assert fields["flags"].datatype == "long"
    assert fields["reason"].arraysize == "*"
    assert {p.name: p.value for p in table.params}["target_dec"] == TARGET.dec_deg
    infos = {info.name: info.value for info in document.resources[0].infos}
    assert infos["QUERY_STATUS"] == "OK"
    assert infos["target_name"] == TARGET.name
    assert infos["data"] == "simulated"
    assert infos["server_software"] == PROVENANCE.software
    assert document.resources[0].time_systems[0].timescale == "UTC"
    utypes = [ref.utype for group in table.groups for ref in group.entries]
    assert "spec:Spectrum.Data.FluxAxis.Value" in utypes


READERS = {
    "votable": "votable", "fits": "fits", "ecsv": "ascii.ecsv", "csv": "ascii.csv",
    "ipac": "ascii.ipac",
}  # fmt: skip


@pytest.mark.parametrize("file_format", READERS)
def test_every_format_holds_the_same_numbers(spectrum, tmp_path, file_format):
    path = tmp_path / f"s{FORMATS[file_format][0]}"
    write_spectrum(spectrum, path, file_format)
    found = Table.read(path, format=READERS[file_format])
    assert_same_rows(found, spectrum.table)
    if file_format != "csv":
        for column in COLUMNS:
            assert (found[column.name].unit or "") == (column.unit or ""), column.name


def test_parquet_carries_the_votable(spectrum, tmp_path):
    import pyarrow.parquet as pq

    write_spectrum(spectrum, tmp_path / "s.parquet", "parquet")
    schema = pq.read_schema(tmp_path / "s.parquet")
    header = schema.metadata[b"IVOA.VOTable-Parquet.content"].decode()
    assert 'ucd="em.wl"' in header
    assert "Parquet-local-XML" in header
    assert load_spectrum(tmp_path / "s.parquet").n_found == 3


def test_an_empty_spectrum_can_be_written_in_every_format(tmp_path):
    empty = build_spectrum(TARGET, [], MeasureOptions(), PROVENANCE)
    for file_format, (extension, _) in FORMATS.items():
        write_spectrum(empty, tmp_path / f"s{extension}", file_format)
    assert len(Table.read(tmp_path / "s.vot", format="votable")) == 0
    save_product(empty, tmp_path, 0)
    assert load_spectrum(product_path(tmp_path, 0)).n_found == 0
    assert len(load_stamps(stamps_path(tmp_path, 0)).flags) == 0


def test_other_files_are_not_taken_for_products(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(DataFormatError, match="not a Parquet file"):
        load_spectrum(tmp_path / "text.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(DataFormatError, match="not a spectrum saved by this program"):
        load_spectrum(tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("M 81", "M_81_J004244.32-411608.4"),
        ("../../etc/passwd", "etc_passwd_J004244.32-411608.4"),
        ("", "J004244.32-411608.4"),
        ("J004244.32-411608.4", "J004244.32-411608.4"),
        ("x" * 300, "x" * 40 + "_J004244.32-411608.4"),
        ("名前\n", "J004244.32-411608.4"),
    ],
)
def test_file_names_tell_targets_apart_and_are_safe(name, stem):
    assert file_stem(replace(TARGET, name=name)) == stem


def test_files_say_which_engine_measured(spectrum, tmp_path):
    measured = replace(spectrum, options=replace(spectrum.options, engine="tractor"))
    write_spectrum(measured, tmp_path / "s.vot", "votable")
    infos = parse(tmp_path / "s.vot").resources[0].infos
    assert {info.name: info.value for info in infos}["engine"] == (
        "forced photometry by The Tractor, point source"
    )


def test_stamps_are_written_row_by_row(spectrum, tmp_path):
    save_product(spectrum, tmp_path, 0)
    source = stamps_path(tmp_path, 0)
    asked = []

    def read(rows):
        asked.append(list(rows))
        return load_stamps(source, rows)

    rows = np.array([2, 0, 1] * 200)
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU()]).writeto(stream)
    write_stamp_hdus(read, rows, stream)
    assert max(map(len, asked)) == 256
    (tmp_path / "chosen.fits").write_bytes(stream.getvalue())
    found, wanted = load_stamps(tmp_path / "chosen.fits"), load_stamps(source, rows)
    for name in STAMP_FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    with fits.open(tmp_path / "chosen.fits") as hdus:
        hdus.verify("exception")
