"""Saving what somebody brought, and opening again what was saved."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse

from explorer.results.dataset import open_dataset
from explorer.results.save_request import FORMAT_NAMES
from jobs import folders, products
from jobs.uploads import open_upload
from photometry_core.types import Target
from tests.integration.test_results_download import (
    VIEW,
    assert_holds,
    content_of,
    name_of,
    plan,
    provenance_of,
    read,
    save,
    shown_rows,
    values_of,
)  # fmt: skip
from tests.spectra import made_spectrum

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spectra_read_here")]

FOREIGN = {
    "wavelength": pa.array([1.0, 2.0, None]),
    "flux": pa.array([5.0, -1.0, 3.0], pa.float32()),
    "visits": pa.array([1, None, 2**40]),
    "is_good": pa.array([True, None, False]),
    "small": pa.array([1, None, 255], pa.uint8()),
    "huge": pa.array([2**64 - 1, None, 1], pa.uint64()),
    "note": pa.array(["=1+1", None, "\x00bell\x07\nand more"]),
    "odd name": pa.array([1.5, 2.5, float("nan")]),
}


@pytest.fixture
def foreign(complete):
    """A job whose spectrum somebody brought: few columns, strange ones, no position."""
    job = complete(made_spectrum(3, 0))
    metadata = {
        "target": {"name": "brought", "ra_deg": None, "dec_deg": None},
        "upload": {"file_name": "theirs.csv", "simulated": None},
    }
    schema = pa.schema(
        [
            pa.field(name, values.type, metadata={"unit": unit} if unit else None)
            for (name, values), unit in zip(
                FOREIGN.items(), ["um", "uJy", "", "", "", "", "", "furlongs"], strict=True
            )
        ],
        metadata={"spherex_explorer": json.dumps(metadata)},
    )
    table = pa.Table.from_arrays(list(FOREIGN.values()), schema=schema)
    folder = folders.published(job.pk)
    pq.write_table(table, folder / "0.parquet")
    (folder / "0.stamps.fits").unlink()
    return job


@pytest.mark.parametrize("file_format", FORMAT_NAMES)
def test_what_somebody_brought_is_saved_with_its_nulls(client, foreign, file_format):
    response = save(client, foreign, format=file_format)
    table = read(content_of(response), file_format)
    assert name_of(response).startswith("brought_spherex.")

    def values(name):
        found = table[name] if file_format == "parquet" else values_of(table, name)
        return [None if one in (None, "") else one for one in found]

    odd = "odd_name" if file_format in ("votable", "ipac") else "odd name"
    assert values("wavelength") == [1.0, 2.0, None]
    assert values("flux") == [5.0, -1.0, 3.0]
    assert values("visits") == [1, None, 2**40]
    assert [str(one) for one in values("is_good")] in (
        ["True", "None", "False"], ["1", "None", "0"],
    )  # fmt: skip
    assert values("small") == [1, None, 255]
    assert [str(one) for one in values("huge")] == [str(2**64 - 1), "None", "1"]
    assert values(odd) == [1.5, 2.5, None]
    note = values("note")
    assert note[1] is None
    assert note[0] == ("'=1+1" if file_format == "csv" else "=1+1")


def test_what_somebody_brought_says_no_more_than_it_knows(client, foreign):
    content = content_of(save(client, foreign))
    document = parse(io.BytesIO(content), verify="exception")
    infos = {info.name: info.value for info in document.resources[0].infos}
    assert infos["data"] == "not stated"
    assert infos["upload_file_name"] == "theirs.csv"
    assert "citation" not in infos
    assert "engine" not in infos
    params = {param.name for param in document.get_first_table().params}
    assert params == {"target_index"}
    field = document.get_first_table().get_field_by_id_or_name("odd name")
    assert field.description == "(unit: furlongs)"
    said = plan(client, foreign)
    assert said["choices"]["has_images"] is False
    assert said["choices"]["averages_need"] == ["x_image", "y_image", "det_id", "flux_err"]
    assert not any("simulated" in words for words in said["remarks"])
    assert "averages of channels need" in plan(client, foreign, data="averages")["error"]


@pytest.mark.parametrize("file_format", ["votable", "fits", "ecsv", "ipac", "parquet"])
@pytest.mark.parametrize("rows", ["all", "shown"])
def test_a_saved_file_that_is_opened_again_has_its_images(client, complete, file_format, rows):
    spectrum = made_spectrum(20, 2)
    job = complete(spectrum)
    response = save(client, job, view=VIEW, rows=rows, format=file_format)
    opened = open_upload(
        owner=job.owner, file_name=name_of(response), pieces=[content_of(response)]
    )
    wanted = shown_rows(spectrum) if rows == "shown" else list(range(22))
    found, saved = products.stamps(opened, 0), products.stamps(job, 0, wanted)
    np.testing.assert_array_equal(found.image_mjy_sr, saved.image_mjy_sr)
    again = save(client, opened, format=file_format, images="1")
    content_of(again)
    infos, params = provenance_of(content_of(save(client, opened)))
    assert (params["exposures_found"], params["exposures_measured"]) == (22, 20)
    assert infos["upload_file_name"] == name_of(response)
    dataset = open_dataset(opened, 0)
    assert dataset.is_simulated is True
    assert dataset.n_rows == len(wanted)
    # What is saved of it once more is what was saved first.
    assert_holds(content_of(save(client, opened)), "votable", spectrum, wanted)
    fits_file = content_of(save(client, opened, format="fits", images="1"))
    with fits.open(io.BytesIO(fits_file)) as hdus:
        np.testing.assert_array_equal(hdus["IMAGE"].data, saved.image_mjy_sr)


def test_a_zip_file_that_is_opened_again_has_its_spectra_once(client, complete):
    other = made_spectrum(6, 0, target=Target(name="other", ra_deg=10.0, dec_deg=-5.0))
    job = complete(made_spectrum(20, 2), other)
    response = save(client, job, what="all", images="1")
    opened = open_upload(owner="somebody else", file_name="s.zip", pieces=[content_of(response)])
    names = [open_dataset(opened, index).name for index in range(opened.n_targets)]
    assert names == ["M 81", "other"]
    for index in range(2):
        wanted = products.stamps(job, index)
        np.testing.assert_array_equal(
            products.stamps(opened, index).image_mjy_sr, wanted.image_mjy_sr
        )
