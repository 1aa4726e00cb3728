"""What The Tractor is handed, and what is said when it is missing.

A stand-in with the same interface takes its place: its point sources are the nearest samples of
the PSF it is given, its galaxies are points, and its fit is a plain least-squares fit.
"""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from photometry_core.cutout import PsfGrid
from photometry_core.errors import EngineError, PhotometryError
from photometry_core.psf import PROFILE_SIZE_PIX, render_point_source
from photometry_core.tractor_engine import LocalWcs, fit_with_tractor, require_tractor
from photometry_core.types import SersicProfile

PIXEL_DEG = 6.15 / 3600
NORTH_UP = PIXEL_DEG * np.diag([-1.0, 1.0])
ORIGIN = (400, 700)
SHAPE = (25, 31)
GALAXY = SersicProfile(
    sersic_index=2.5, effective_radius_arcsec=4.0, axis_ratio=0.5, position_angle_deg=35.0
)


def gaussian(sigma: float, dx: float) -> np.ndarray:
    at = np.arange(-50, 51) / 10
    plane = np.outer(np.exp(-0.5 * (at / sigma) ** 2), np.exp(-0.5 * ((at - dx) / sigma) ** 2))
    return plane / plane.sum()


PSF = PsfGrid(
    planes=np.array([[gaussian(0.4, 0.05), gaussian(0.6, -0.1)]]),
    x_centers_pix=np.array([ORIGIN[0], ORIGIN[0] + 30.0]),
    y_centers_pix=np.array([0.0]),
    oversampling=10,
)


class Thing:
    """Keeps what it is made of, by the names of `fields`."""

    fields = ()

    def __init__(self, *given, **named):
        self.frozen = None
        self.__dict__.update(zip(self.fields, given, strict=False), **named)

    def freezeAllBut(self, name):
        self.frozen = f"all but {name}"

    def getBrightness(self):
        return self.brightness

    def getValue(self):
        return self.value


class PixPos(Thing):
    fields = ("x", "y")


class Flux(Thing):
    fields = ("value",)


class GalaxyShape(Thing):
    fields = ("re", "ab", "phi")


class Patch(Thing):
    fields = ("x0", "y0", "patch")

    def on(self, shape):
        image = np.zeros(shape)
        for (row, column), value in np.ndenumerate(self.patch):
            if 0 <= row + self.y0 < shape[0] and 0 <= column + self.x0 < shape[1]:
                image[row + self.y0, column + self.x0] = value
        return image


class PixelizedPSF(Thing):
    fields = ("img", "sampling")

    def getImage(self, px, py):
        raise AssertionError("the PSF of the position should be asked for")


class PointSource(Thing):
    fields = ("pos", "brightness")

    def getUnitFluxModelPatch(self, img, **_):
        psf, (x, y) = img.psf, img.wcs.positionToPixel(self.pos)
        stamp, finer = psf.getImage(x, y), round(1 / psf.sampling)
        middle = stamp.shape[0] // 2
        rows, columns = (
            middle + np.rint((np.arange(n) - at) * finer).astype(int)
            for n, at in zip(img.data.shape, (y, x), strict=True)
        )
        inside = np.ix_(*((r >= 0) & (r < stamp.shape[0]) for r in (rows, columns)))
        patch = np.zeros(img.data.shape)
        patch[inside] = stamp[np.ix_(rows[inside[0].ravel()], columns[inside[1].ravel()])]
        return Patch(0, 0, patch)


class SersicGalaxy(Thing):
    fields = ("pos", "brightness", "shape", "index")

    def getUnitFluxModelPatch(self, img, px, py, modelMask):
        self.fine = img
        stamp = img.psf.img
        half = stamp.shape[0] // 2
        patch = Patch(px - half, py - half, stamp).on((modelMask.h, modelMask.w))
        return Patch(modelMask.x0, modelMask.y0, patch)


class Tractor(Thing):
    fields = ("images", "sources")
    last = None

    def freezeParam(self, name):
        self.frozen = name

    def optimize_forced_photometry(self, **options):
        type(self).last, self.options = self, options
        [image] = self.images
        self.patches = [
            s.getUnitFluxModelPatch(image, minval=1e-3, modelMask=None) for s in self.sources
        ]
        profiles = np.array([patch.on(image.data.shape) for patch in self.patches])
        weighted = (profiles * image.inverr).reshape(len(profiles), -1)
        fluxes = np.linalg.lstsq(weighted.T, (image.data * image.inverr).ravel())[0]
        for source, flux in zip(self.sources, fluxes, strict=True):
            source.brightness.value = flux
        model = np.tensordot(fluxes, profiles, 1)
        better = None if np.all(fluxes == 0) else [(image.data, model, None, None, None)]
        return SimpleNamespace(IV=(weighted**2).sum(axis=1), ims1=better)


@pytest.fixture
def stand_in(monkeypatch):
    package = ModuleType("tractor")
    for one in (PixPos, Flux, GalaxyShape, Patch, PixelizedPSF, PointSource, Tractor):
        setattr(package, one.__name__, one)
    for name, fields in (
        ("ConstantSky", ("level",)),
        ("Image", ()),
        ("LinearPhotoCal", ("scale",)),
        ("ModelMask", ("x0", "y0", "w", "h")),
    ):
        setattr(package, name, type(name, (Thing,), {"fields": fields}))
    package.sersic = ModuleType("tractor.sersic")
    package.sersic.SersicGalaxy = SersicGalaxy
    package.sersic.SersicIndex = type("SersicIndex", (Thing,), {"fields": ("val",)})
    monkeypatch.setitem(sys.modules, "tractor", package)
    monkeypatch.setitem(sys.modules, "tractor.sersic", package.sersic)
    for part in (
        "tractor.mp_fourier",
        "astrometry",
        "astrometry.util",
        "astrometry.util.util",
    ):
        monkeypatch.setitem(sys.modules, part, ModuleType(part))
    return package


def native(x: float, y: float) -> np.ndarray:
    """The profile of a point source on the pixels of the array."""
    profile, (left, bottom) = render_point_source(PSF, x + ORIGIN[0], y + ORIGIN[1])
    return Patch(left - ORIGIN[0], bottom - ORIGIN[1], profile).on(SHAPE)


def fit(data, positions, profiles, *, fitted=None, variance=None, cd_deg=NORTH_UP):
    return fit_with_tractor(
        data_ujy=data,
        variance_ujy2=np.full(SHAPE, 4.0) if variance is None else variance,
        fitted=np.ones(SHAPE, bool) if fitted is None else fitted,
        positions_pix=np.array(positions, float),
        profiles=profiles,
        cd_deg=cd_deg,
        psf=PSF,
        origin_pix=ORIGIN,
    )


def test_without_the_tractor_the_error_says_what_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "tractor", None)
    with pytest.raises(EngineError, match=r"not installed: see https://github.com/dstndstn") as e:
        require_tractor()
    assert isinstance(e.value, PhotometryError)
    with pytest.raises(EngineError, match="not installed"):
        fit(np.zeros(SHAPE), [(10, 10)], [None])


def test_another_package_of_that_name_is_recognised(monkeypatch):
    wrong = ModuleType("tractor")
    wrong.open_nursery = wrong.run_daemon = wrong.Context = print
    monkeypatch.setitem(sys.modules, "tractor", wrong)
    with pytest.raises(EngineError, match=r"is not The Tractor.*no ConstantSky.*PointSource"):
        require_tractor()


def test_a_package_that_can_not_be_imported_is_named_with_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "tractor", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "tractor.py"
    package.write_text("import a_module_that_is_nowhere\n")
    with pytest.raises(EngineError, match="needs 'a_module_that_is_nowhere', which is missing"):
        require_tractor()
    package.write_text("raise ImportError('built for another Python: no good')\n")
    with pytest.raises(EngineError, match="can't be imported: built for another Python"):
        require_tractor()


@pytest.mark.parametrize("part", ["tractor.mp_fourier", "astrometry.util.util", "tractor.sersic"])
def test_missing_parts_are_named(stand_in, monkeypatch, part):
    assert require_tractor() is stand_in
    monkeypatch.setitem(sys.modules, part, None)
    with pytest.raises(EngineError, match=f"installed without {part}, which it needs"):
        require_tractor()


@pytest.mark.usefixtures("stand_in")
def test_fluxes_of_blended_stars_come_back():
    positions = [(12.3, 11.6), (15.1, 13.2)]
    truth = [native(*position) for position in positions]
    found = fit(300 * truth[0] - 20 * truth[1], positions, [None, None])
    # The stand-in takes the nearest of 40 samples per pixel: 0.0125 pixels off at most, and
    # 0.28 % of the flux per 0.01 pixel.
    assert found.flux_ujy == pytest.approx([300, -20], abs=300 * 0.006)
    expected = [2 / np.sqrt((profile**2).sum()) for profile in truth]
    assert found.flux_err_ujy == pytest.approx(expected, rel=0.006)
    assert found.model_ujy == pytest.approx(300 * truth[0] - 20 * truth[1], abs=300 * 0.02)


@pytest.mark.usefixtures("stand_in")
def test_the_psf_is_the_effective_one_at_every_source():
    fit(np.ones(SHAPE), [(3.0, 12.0), (27.0, 12.0)], [None, None])
    psf = Tractor.last.images[0].psf
    assert psf.sampling == pytest.approx(1 / 40)
    assert psf.img.shape == (519, 519)
    left, right = psf.getImage(3.0, 12.0), psf.getImage(27.0, 12.0)
    assert left.dtype == np.float32
    assert left.sum() == pytest.approx(1600, rel=1e-5)
    for stamp, x in ((left, 3.0), (right, 27.0)):
        profile, _ = render_point_source(PSF, x + ORIGIN[0], 12.0 + ORIGIN[1])
        assert stamp[19:-19:40, 19:-19:40] == pytest.approx(profile, abs=1e-6)
        assert profile.shape == (PROFILE_SIZE_PIX, PROFILE_SIZE_PIX)


@pytest.mark.usefixtures("stand_in")
def test_pixels_that_take_no_part_have_no_weight_and_no_content():
    rng = np.random.default_rng(3)
    fitted = rng.uniform(size=SHAPE) > 0.2
    variance = rng.uniform(1, 4, SHAPE)
    data = 50 * native(12.0, 12.0)
    expected = fit(data, [(12.0, 12.0)], [None], fitted=fitted, variance=variance)
    data[~fitted] = np.nan
    variance[~fitted] = -1
    found = fit(data, [(12.0, 12.0)], [None], fitted=fitted, variance=variance)
    image = Tractor.last.images[0]
    assert np.all(image.inverr[~fitted] == 0)
    assert image.inverr[fitted] == pytest.approx(variance[fitted] ** -0.5)
    assert np.all(image.data[~fitted] == 0)
    assert found.flux_ujy == expected.flux_ujy
    assert found.flux_ujy == pytest.approx([50], rel=1e-5)


@pytest.mark.usefixtures("stand_in")
def test_only_fluxes_are_free_and_their_errors_are_asked_for():
    fit(np.ones(SHAPE), [(9.0, 9.0), (20.0, 9.0)], [None, GALAXY])
    engine = Tractor.last
    assert engine.frozen == "images"
    assert [source.frozen for source in engine.sources] == ["all but brightness"] * 2
    assert engine.options["variance"] is True
    assert "sky" not in engine.options
    assert engine.images[0].sky.level == 0
    assert engine.images[0].photocal.scale == 1


@pytest.mark.parametrize("parity", [-1.0, 1.0])
@pytest.mark.usefixtures("stand_in")
def test_a_galaxy_has_the_opposite_angle_and_the_map_of_its_finer_pixels(parity):
    angle = np.radians(20)
    roll = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    cd_deg = PIXEL_DEG * np.diag([parity, 1.0]) @ roll
    fit(np.ones(SHAPE), [(15.0, 12.0)], [GALAXY], cd_deg=cd_deg)
    [galaxy] = Tractor.last.sources
    assert (galaxy.shape.re, galaxy.shape.ab, galaxy.shape.phi) == (4.0, 0.5, -35.0)
    assert galaxy.index.val == 2.5
    assert galaxy.fine.wcs.cdAtPixel(0, 0) == pytest.approx(cd_deg / 5)
    assert galaxy.fine.psf.img.sum() == pytest.approx(25, rel=1e-6)


@pytest.mark.parametrize(("x", "y"), [(15.0, 12.0), (14.5, 11.5), (15.37, 11.81), (1.2, 23.9)])
@pytest.mark.usefixtures("stand_in")
def test_a_galaxy_is_sampled_at_the_centres_of_native_pixels(x, y):
    found = fit(80 * native(x, y), [(x, y)], [GALAXY])
    [patch] = Tractor.last.patches
    # The stand-in's galaxies are points, so that the profile of a point must come out exactly.
    # The native profile's coefficients and their weights are rounded to 24 bits.
    rounding = 2**-23 * native(x, y).max()
    assert patch.on(SHAPE) == pytest.approx(native(x, y), abs=rounding)
    assert found.flux_ujy == pytest.approx([80])
    assert found.model_ujy == pytest.approx(80 * native(x, y), abs=160 * rounding)


@pytest.mark.usefixtures("stand_in")
def test_sources_without_light_in_fitted_pixels_have_no_flux():
    fitted = np.ones(SHAPE, bool)
    fitted[:, 10:] = False
    found = fit(5 * native(4.0, 12.0), [(4.0, 12.0), (25.0, 12.0)], [None, None], fitted=fitted)
    assert found.flux_ujy == pytest.approx([5, np.nan], rel=1e-5, nan_ok=True)
    assert np.isfinite(found.flux_err_ujy).tolist() == [True, False]
    nothing = fit(np.full(SHAPE, np.nan), [(4.0, 12.0)], [None], fitted=np.zeros(SHAPE, bool))
    assert np.isnan([nothing.flux_ujy, nothing.flux_err_ujy]).all()
    assert np.all(nothing.model_ujy == 0)


@pytest.mark.usefixtures("stand_in")
def test_an_empty_image_has_flux_zero():
    found = fit(np.zeros(SHAPE), [(12.0, 12.0)], [None])
    assert found.flux_ujy == 0
    assert np.all(found.model_ujy == 0)


@pytest.mark.usefixtures("stand_in")
def test_the_local_wcs_answers_what_the_tractor_asks():
    wcs = LocalWcs(cd_deg=NORTH_UP)
    assert wcs.positionToPixel(PixPos(1.5, 2.5)) == (1.5, 2.5)
    back = wcs.pixelToPosition(1.5, 2.5)
    assert (back.x, back.y) == (1.5, 2.5)
    assert wcs.cdInverseAtPixel(0, 0) @ wcs.cdAtPixel(0, 0) == pytest.approx(np.eye(2))
    assert wcs.pixscale_at(3, 4) == pytest.approx(6.15)
