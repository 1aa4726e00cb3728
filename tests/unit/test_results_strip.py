"""Cutouts on the results page: captions, wavelengths, limits, what lies around the target."""

import base64
import dataclasses

import astropy.units as u
import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord

from explorer.results.captions import captions
from explorer.results.columns import column_info
from explorer.results.cutouts import cutouts, image_flags, plane_offsets_deg
from explorer.results.dataset import Dataset
from explorer.results.flux_units import convert
from jobs import products
from jobs.models import Job, request_of
from photometry_core import flags
from photometry_core.channels import (
    CHANNELS_PER_DETECTOR,
    channel_at,
    nominal_band_um,
    nominal_wavelength_um,
)
from photometry_core.errors import InvalidInputError
from photometry_core.simulation.wavelengths import smooth_wavelength
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import DETECTORS, MeasureOptions, SersicProfile, Target
from tests.spectra import TRANSIENT_PIXEL, made_spectrum


def dataset_of(spectrum, index=0, without=()):
    """Return a spectrum as the page has it, without some columns."""
    table = pa.table(
        {
            name: pa.array(
                np.asarray(np.ma.getdata(spectrum.table[name])),
                mask=np.ma.getmaskarray(spectrum.table[name]),
            )
            for name in spectrum.table.colnames
            if name not in without
        }
    )
    return Dataset(
        job_id="x",
        index=index,
        target=spectrum.target.to_json(),
        metadata={},
        table=table,
        columns={field.name: column_info(field) for field in table.schema},
    )


@pytest.fixture
def saved(monkeypatch):
    """Makes a job of spectra whose stamps are those in memory."""

    def saved(*spectra):
        def stamps(job, index, rows):
            every = spectra[index].stamps
            return Stamps(
                **{
                    field.name: getattr(every, field.name)[list(rows)]
                    for field in dataclasses.fields(Stamps)
                }
            )

        monkeypatch.setattr(products, "stamps", stamps)
        targets = [spectrum.target for spectrum in spectra]
        return Job(request=request_of(targets, MeasureOptions(), "test"), n_targets=len(spectra))

    return saved


def unpack(packed):
    return np.frombuffer(base64.b64decode(packed["data"]), packed["dtype"])


class TestNominalWavelength:
    @pytest.mark.parametrize("detector", DETECTORS)
    def test_falls_with_y_through_the_bands_of_the_channels(self, detector):
        y = np.arange(0.0, 2040.0)
        found = nominal_wavelength_um(detector, 1020.0, y)
        assert np.all(np.diff(found) < 0)
        channels = channel_at(np.full(y.size, 1020.0), y)
        for channel in range(1, CHANNELS_PER_DETECTOR + 1):
            center, _ = nominal_band_um(detector, channel)
            inside = found[channels == channel]
            assert inside.min() < center < inside.max()

    @pytest.mark.parametrize("detector", DETECTORS)
    def test_is_that_of_the_filters_to_a_fraction_of_a_band(self, detector):
        x, y = np.meshgrid([100.0, 1020.0, 1900.0], [300.0, 1020.0, 1700.0])
        wavelength = smooth_wavelength(detector, x[0], y[:, 0])
        _, width = nominal_band_um(detector, CHANNELS_PER_DETECTOR)
        assert np.all(np.abs(nominal_wavelength_um(detector, x, y) - wavelength) < width)

    def test_is_the_same_along_an_arc(self):
        middle, edge = nominal_wavelength_um(3, [1020.0, 0.0], [1000.0, 1067.0])
        assert middle == pytest.approx(edge)

    def test_is_unknown_where_the_position_is(self):
        assert np.isnan(nominal_wavelength_um(1, [np.nan], [1.0])).all()


class TestCaptions:
    def test_numbers_have_the_digits_of_the_error(self):
        first = captions(dataset_of(made_spectrum(24, 2)), [0], "uJy")[0]
        assert first["error_text"] == "15"
        assert first["flux_text"].isdigit()
        assert first["unit_label"] == "\u00b5Jy"
        assert first["wavelength_text"].startswith("0.")
        assert first["date_text"].startswith("2025-05-")

    @pytest.mark.parametrize("unit", ["mJy", "flam", "flam_cgs", "nufnu", "nufnu_cgs", "abmag"])
    def test_fluxes_are_those_of_the_unit(self, unit):
        dataset = dataset_of(made_spectrum(24, 2))
        found = captions(dataset, list(range(24)), unit)
        converted = convert(
            dataset.numbers("flux"),
            dataset.numbers("flux_err"),
            dataset.numbers("wavelength"),
            unit,
        )
        for row, caption in enumerate(found):
            shown = float(caption["flux_text"].replace("\u2212", "-"))
            # With a power of ten, digits are those of the typical flux.
            assert shown == pytest.approx(
                converted.value[row], rel=0.01, abs=0.06 * _error(converted, row)
            )
            assert caption["is_limit"] == converted.is_limit[row]

    def test_a_negative_flux_is_a_limit_in_magnitudes_and_a_number_elsewhere(self):
        dataset = dataset_of(made_spectrum(24, 0))
        [row] = np.flatnonzero(dataset.numbers("flux") < 0)[:1]
        [micro] = captions(dataset, [int(row)], "uJy")
        [limit] = captions(dataset, [int(row)], "abmag")
        assert micro["flux_text"] == "\u22124"
        assert not micro["is_limit"]
        assert limit["is_limit"]
        assert limit["error_text"] is None
        assert float(limit["flux_text"]) == pytest.approx(8.90 - 2.5 * np.log10(45e-6), abs=0.01)

    def test_failed_exposures_have_a_reason_and_no_numbers(self):
        [failed] = captions(dataset_of(made_spectrum(3, 1)), [3], "uJy")
        assert failed["flux_text"] is failed["error_text"] is failed["wavelength_text"] is None
        assert failed["reason"] == "level2_x.fits: HDU VARIANCE is missing"
        assert [chip["name"] for chip in failed["flags"]] == ["FIT_ERROR"]

    def test_files_may_have_nothing_but_wavelength_and_flux(self):
        spectrum = made_spectrum(3, 0)
        without = set(spectrum.table.colnames) - {"wavelength", "flux"}
        [caption] = captions(dataset_of(spectrum, without=without), [1], "uJy")
        assert caption["flux_text"] is not None
        for name in ("error_text", "detector", "snr_text", "mjd_text", "date_text", "exposure"):
            assert caption[name] is None
        assert caption["flags"] == []

    def test_a_unit_that_does_not_exist_is_refused(self):
        with pytest.raises(InvalidInputError, match="'Jy' given; allowed: uJy"):
            captions(dataset_of(made_spectrum(3, 0)), [0], "Jy")


def _error(converted, row):
    return 0.1 if np.isnan(converted.error[row]) else abs(converted.error[row])


def test_the_legend_has_every_flag_of_pixels_once():
    listed = image_flags()
    assert len(listed) == len({one["bit"] for one in listed}) == 28
    assert all(one["bit"] < flags.IMAGE_BITS and one["meaning"] for one in listed)


class TestCutouts:
    def test_planes_are_those_of_the_stamps(self, saved):
        spectrum = made_spectrum(24, 2)
        found = cutouts(saved(spectrum), dataset_of(spectrum), [4, 2], "uJy")
        for row, cutout in zip([4, 2], found, strict=True):
            pixels = cutout["pixels"]
            assert cutout["row"] == row
            for name, plane in (
                ("image", spectrum.stamps.image_mjy_sr),
                ("model", spectrum.stamps.model_mjy_sr),
                ("variance", spectrum.stamps.variance_mjy2_sr2),
                ("flags", spectrum.stamps.flags),
            ):
                np.testing.assert_array_equal(unpack(pixels[name]), plane[row].ravel())
            assert pixels["origin"] == spectrum.stamps.origin_pix[row].tolist()
            assert all(-0.5 <= value - 15 <= 0.5 for value in pixels["target"])
            assert pixels["aperture_pix"] == 2.5
            assert pixels["ellipse"] is None
            assert pixels["sigma"] == pytest.approx(0.05)

    def test_the_transient_pixel_carries_its_flag(self, saved):
        spectrum = made_spectrum(24, 0)
        dataset = dataset_of(spectrum)
        row = int(np.flatnonzero(dataset.flags() & 1)[0])
        [cutout] = cutouts(saved(spectrum), dataset, [row], "uJy")
        plane = unpack(cutout["pixels"]["flags"]).reshape(31, 31)
        assert np.argwhere(plane & 1).tolist() == [list(TRANSIENT_PIXEL)]
        [chip] = [chip for chip in cutout["flags"] if chip["name"] == "TRANSIENT"]
        assert (chip["n_pix"], chip["n_near"]) == (1, 21)

    def test_limits_are_in_order_and_those_of_the_residual_symmetric(self, saved):
        spectrum = made_spectrum(3, 0)
        [cutout] = cutouts(saved(spectrum), dataset_of(spectrum), [0], "uJy")
        limits = cutout["pixels"]["limits"]
        assert limits.keys() == {"image", "variance", "residual"}
        for intervals in limits.values():
            assert intervals.keys() == {"zscale", "99", "95", "minmax"}
            assert all(low < high for low, high in intervals.values())
        assert all(low == -high for low, high in limits["residual"].values())
        assert limits["residual"]["zscale"][1] == pytest.approx(5 * 0.05)
        image = spectrum.stamps.image_mjy_sr[0]
        assert limits["image"]["minmax"] == [np.nanmin(image), np.nanmax(image)]

    def test_wavelengths_run_as_those_of_the_channels(self, saved):
        spectrum = made_spectrum(24, 0)
        dataset = dataset_of(spectrum)
        [cutout] = cutouts(saved(spectrum), dataset, [5], "uJy")
        wavelength = cutout["pixels"]["wavelength"]
        assert wavelength["at_target_um"] == dataset.numbers("wavelength")[5]
        detector = int(dataset.numbers("det_id")[5])
        x, y = dataset.numbers("x_image")[5], dataset.numbers("y_image")[5]
        low, high = nominal_wavelength_um(detector, x, [y - 3, y + 3])
        assert wavelength["per_pix_um"][1] == pytest.approx((high - low) / 6, rel=0.2)
        assert abs(wavelength["per_pix_um"][0]) < abs(wavelength["per_pix_um"][1])

    def test_rows_without_pixels_say_why(self, saved):
        spectrum = made_spectrum(3, 1)
        job = saved(spectrum)
        [failed] = cutouts(job, dataset_of(spectrum), [3], "uJy")
        assert failed["pixels"] is None
        assert failed["missing"] == "level2_x.fits: HDU VARIANCE is missing"
        [silent] = cutouts(job, dataset_of(spectrum, without=["reason"]), [3], "uJy")
        assert silent["missing"] == "The pixels of this exposure are not saved with this spectrum."

    def test_captions_alone_need_no_stamps(self):
        spectrum = made_spectrum(3, 0)
        [caption] = cutouts(Job(), dataset_of(spectrum), [1], "mJy", with_pixels=False)
        assert "pixels" not in caption
        assert caption["unit"] == "mJy"

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([3], "rows: 3 does not exist; allowed: 0 to 2"),
            ([], "rows: 0 given; allowed: 1 to 30"),
            ([0] * 31, "rows: 31 given; allowed: 1 to 30"),
        ],
    )
    def test_wrong_rows_are_refused(self, rows, message):
        with pytest.raises(InvalidInputError, match=message):
            cutouts(Job(), dataset_of(made_spectrum(3, 0)), rows, "uJy")

    def test_neighbours_are_the_other_targets_in_the_stamp(self, saved):
        spectrum = made_spectrum(3, 0)
        here = SkyCoord(spectrum.target.ra_deg, spectrum.target.dec_deg, unit="deg")
        near = here.directional_offset_by(30 * u.deg, 40 * u.arcsec)
        far = here.directional_offset_by(200 * u.deg, 200 * u.arcsec)
        others = [
            made_spectrum(1, 0, target=Target(name=name, ra_deg=at.ra.deg, dec_deg=at.dec.deg))
            for name, at in (("near", near), ("far", far), ("antipode", _antipode(here)))
        ]
        [cutout] = cutouts(saved(spectrum, *others), dataset_of(spectrum), [0], "uJy")
        pixels = cutout["pixels"]
        [neighbour] = pixels["neighbours"]
        assert neighbour["name"] == "near"
        step = np.subtract(neighbour["at"], pixels["target"])
        east, north = np.array(pixels["cd"]) @ step * 3600
        assert east == pytest.approx(40 * np.sin(np.radians(30)), abs=0.01)
        assert north == pytest.approx(40 * np.cos(np.radians(30)), abs=0.01)

    def test_galaxies_have_their_ellipse_and_their_larger_aperture(self, saved):
        shape = SersicProfile(
            sersic_index=1.0, effective_radius_arcsec=18.45, axis_ratio=0.5, position_angle_deg=40.0
        )
        target = Target(name="galaxy", ra_deg=10.0, dec_deg=-5.0, profile=shape)
        spectrum = made_spectrum(3, 0, target=target)
        [cutout] = cutouts(saved(spectrum), dataset_of(spectrum), [0], "uJy")
        assert cutout["pixels"]["ellipse"] == {
            "radius_arcsec": 18.45,
            "axis_ratio": 0.5,
            "position_angle_deg": 40.0,
        }
        assert cutout["pixels"]["aperture_pix"] == pytest.approx(3.0)

    def test_files_without_positions_have_pixels_and_no_marks(self, saved):
        spectrum = made_spectrum(3, 0)
        dataset = dataset_of(spectrum, without=["x_image", "y_image", "ra", "dec", "det_id"])
        [cutout] = cutouts(saved(spectrum), dataset, [0], "uJy")
        pixels = cutout["pixels"]
        assert pixels["target"] is pixels["sky"] is pixels["wavelength"] is None
        assert pixels["neighbours"] == []


def _antipode(position):
    return SkyCoord((position.ra.deg + 180) % 360, -position.dec.deg, unit="deg")


@pytest.mark.parametrize("dec", [-89.99, -30.0, 0.0, 89.99])
def test_offsets_on_the_plane_are_those_of_astropy(dec):
    center = SkyCoord(359.999, dec, unit="deg")
    angles = np.array([0.0, 77.0, 180.0, 300.0])
    around = center.directional_offset_by(angles * u.deg, 60 * u.arcsec)
    east, north = plane_offsets_deg(around.ra.deg, around.dec.deg, (359.999, dec)) * 3600
    np.testing.assert_allclose(east, 60 * np.sin(np.radians(angles)), atol=1e-4)
    np.testing.assert_allclose(north, 60 * np.cos(np.radians(angles)), atol=1e-4)
