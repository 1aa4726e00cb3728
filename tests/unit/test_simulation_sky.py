"""The simulated sky is the same for everybody, never empty, and holds what it says."""

import numpy as np
import pytest

from photometry_core.archive.regions import Box
from photometry_core.simulation.names import NAMED, find_named
from photometry_core.simulation.seeds import uniforms
from photometry_core.simulation.sky import (
    BRIGHTEST_MAG,
    FAINTEST_MAG,
    cells_around,
    sources_around,
    sources_near_box,
)
from photometry_core.simulation.sources import concatenate, make_sources, point_sources
from photometry_core.simulation.spectra import (
    FIRST_UM,
    LAST_UM,
    NORMALISATION_UM,
    TEMPLATES,
    band_mean,
    number_of,
    numbers_of_kind,
)
from photometry_core.simulation.survey import celestial_wcs
from photometry_core.simulation.truth import true_flux_ujy, truth

GOLDEN = {
    "count": 7,
    "source_id": 446600368,
    "ra_deg": 150.1045781196921,
    "dec_deg": 2.1892995573612235,
    "scale_ujy": 453.26606901893217,
    "template": "white dwarf, 30000 K",
}

POSITIONS = [
    (0.0, 90.0),
    (0.0, -90.0),
    (359.9999, 0.001),
    (266.4, -29.0),
    (150.1, 2.2),
    (45.0, 41.8),
]


def test_uniforms_depend_on_their_keys_alone():
    many = uniforms(7, np.arange(200_000))
    assert many[[5, 1234]].tolist() == [float(uniforms(7, 5)), float(uniforms(7, 1234))]
    assert not np.any(many[:1000] == uniforms(8, np.arange(1000)))
    assert uniforms(7, 1, 2) != uniforms(7, 2, 1)
    # 200,000 uniform numbers: mean 0.5 +- 0.00065; neighbouring keys are uncorrelated to 0.0022.
    assert abs(many.mean() - 0.5) < 5 * 0.00065
    assert abs(np.corrcoef(many[1:], many[:-1])[0, 1]) < 5 * 0.0022
    counts = np.histogram(many, 100, (0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 99 + 5 * np.sqrt(2 * 99)


def test_the_sky_does_not_change():
    """Numbers written down once: a change of the sky must be wanted, and raise its version."""
    field = sources_around(150.1, 2.2, 0.02)
    brightest = field.take(np.argsort(-field.scale_ujy)[:1])
    assert len(field) == GOLDEN["count"]
    assert brightest.source_id.tolist() == [GOLDEN["source_id"]]
    assert brightest.ra_deg[0] == pytest.approx(GOLDEN["ra_deg"], abs=1e-9)
    assert brightest.dec_deg[0] == pytest.approx(GOLDEN["dec_deg"], abs=1e-9)
    assert brightest.scale_ujy[0] == pytest.approx(GOLDEN["scale_ujy"], rel=1e-9)
    assert TEMPLATES[brightest.template[0]].name == GOLDEN["template"]


@pytest.mark.parametrize(("ra", "dec"), POSITIONS)
def test_a_small_cone_holds_what_a_large_one_has_there(ra, dec):
    large = sources_around(ra, dec, 0.3)
    small = sources_around(ra, dec, 0.05)
    assert np.array_equal(np.sort(large.source_id), large.source_id)
    assert np.unique(large.source_id).size == len(large)
    inside = large.take(np.isin(large.source_id, small.source_id))
    for column in ("ra_deg", "dec_deg", "template", "scale_ujy", "sersic_index"):
        assert np.array_equal(getattr(inside, column), getattr(small, column))
    # Nothing was missed: the large cone has no others that near.
    cosine = np.cos(np.radians(0.05))
    near = large.direction @ _unit(ra, dec) >= cosine
    assert np.array_equal(large.source_id[near], small.source_id)


def test_every_field_shows_something():
    rng = np.random.default_rng(4)
    for _ in range(150):
        ra, dec = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
        assert len(sources_around(ra, dec, 0.6 * np.sqrt(2) / 60)) >= 1
        # 4.6 arcmin, the size of a large cutout.
        assert len(sources_around(ra, dec, 2.3 / 60)) >= 10


def test_density_rises_towards_the_galactic_plane_within_bounds():
    pole, plane = sources_around(192.86, 27.13, 1.0), sources_around(266.4, -29.0, 1.0)
    area = np.pi * 3600
    assert 1.8 < len(pole) / area < 2.2
    assert 2.8 < len(plane) / area < 3.6


def test_kinds_shapes_and_brightness_are_in_their_ranges():
    field = sources_around(30.0, -40.0, 1.2)
    kinds = {TEMPLATES[number].kind for number in np.unique(field.template)}
    assert kinds == {"star", "galaxy", "AGN", "quasar", "brown dwarf", "emission-line object"}
    magnitude = 23.9 - 2.5 * np.log10(field.scale_ujy)
    assert magnitude.min() >= BRIGHTEST_MAG
    assert magnitude.max() <= FAINTEST_MAG + 1e-9
    extended = field.take(field.sersic_index > 0)
    assert set(np.unique(extended.sersic_index)) == {1.0, 4.0}
    assert np.isin(extended.template, numbers_of_kind("galaxy")).all()
    assert extended.effective_radius_arcsec.min() >= 3.0
    assert extended.effective_radius_arcsec.max() < 20.0
    assert (extended.axis_ratio.min() >= 0.3) & (extended.axis_ratio.max() <= 1.0)
    # About 0.2 clearly resolved galaxies in a cutout of 4.5 arcmin.
    resolved = np.count_nonzero(extended.effective_radius_arcsec > 5)
    assert 0.1 < resolved / (np.pi * 72**2) * 4.5**2 < 0.4


def test_the_sources_near_a_box_are_all_that_can_shine_into_it():
    wcs = celestial_wcs(12345, 3)
    box = Box(700, 900, 761, 961)
    ra, dec = wcs.pixel_to_sky(np.array([730.0]), np.array([930.0]))
    around = sources_around(float(ra[0]), float(dec[0]), 0.4)
    x, y = wcs.sky_to_pixel(around.ra_deg, around.dec_deg)
    margin = 41
    near = (abs(x - 730) < 30.5 + margin) & (abs(y - 930) < 30.5 + margin)
    assert near.sum() > 50
    assert np.isin(around.source_id[near], sources_near_box(wcs, box).source_id).all()


def test_cells_of_a_cone_are_those_of_its_sources():
    cells = cells_around(10.0, 89.5, 0.2)
    assert list(cells) == sorted(set(cells))
    assert len(cells) > 4


@pytest.mark.parametrize("source", NAMED, ids=lambda source: source.name)
def test_named_sources_are_in_the_sky(source):
    nearest = truth(source.ra_deg, source.dec_deg, 29.0)
    # Nothing else disturbs them.
    assert [s.name for s in nearest] == [source.name]
    assert nearest[0].separation_arcsec < 1e-3
    assert nearest[0].kind == source.kind
    assert nearest[0].scale_ujy == pytest.approx(10 ** ((23.9 - source.ab_mag) / 2.5))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("M81", "M 81"), ("m 81", "M 81"), ("Messier 81", "M 81"), ("NGC3031", "M 81"),
        ("ngc 1068", "NGC 1068"), ("TON618", "TON 618"), ("trappist 1", "TRAPPIST-1"),
        ("bode's galaxy", "M 81"), ("  3c273 ", "3C 273"), ("simp j0136+0933", "SIMP J0136+0933"),
    ],
)  # fmt: skip
def test_names_are_understood(text, name):
    found = find_named(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "M", "M 8", "M 811", "NGC", "messier", "81", "M-81-B"])
def test_other_names_are_not(text):
    assert find_named(text) is None


def test_aliases_are_unambiguous():
    names = [name for source in NAMED for name in (source.name, *source.aliases)]
    assert all(find_named(name).name == source.name
               for source in NAMED for name in (source.name, *source.aliases))  # fmt: skip
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize("number", range(len(TEMPLATES)), ids=lambda n: TEMPLATES[n].name)
def test_band_means_are_means(number):
    edges = np.linspace(*NORMALISATION_UM, 801)
    parts = band_mean(number, (edges[1:] + edges[:-1]) / 2, np.diff(edges))
    assert parts.mean() == pytest.approx(1.0, rel=1e-9)
    assert band_mean(number, 1.9, 0.8) == pytest.approx(1.0, rel=1e-9)
    # Against the formula behind the table, in a band where some templates are steep.
    um = np.linspace(2.25, 2.35, 20001)
    template = TEMPLATES[number]
    values = template.flux_density(um / (1 + template.redshift))
    grid = np.linspace(*NORMALISATION_UM, 20001)
    norm = template.flux_density(grid / (1 + template.redshift)).mean()
    assert band_mean(number, 2.30, 0.1) == pytest.approx(values.mean() / norm, rel=2e-3)


def test_templates_are_positive_over_the_whole_range():
    wavelength = np.arange(FIRST_UM + 0.02, LAST_UM - 0.02, 0.01)
    table = band_mean(np.arange(len(TEMPLATES))[:, None], wavelength, 0.02)
    assert table.min() > 0
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES) > 55


def test_spectra_show_the_features_of_their_class():
    def ratio(name, one, other):
        return float(
            band_mean(number_of(name), one, 0.03) / band_mean(number_of(name), other, 0.03)
        )

    assert ratio("planetary nebula, high excitation", 4.052, 3.95) > 3  # Brackett alpha
    assert ratio("planetary nebula, high excitation", 1.083, 1.05) > 3  # helium
    assert ratio("T8 dwarf", 1.27, 1.40) > 5  # water
    assert ratio("T8 dwarf", 2.05, 2.30) > 5  # methane
    assert ratio("K giant, 4200 K", 2.34, 2.20) < 0.8  # carbon monoxide
    assert ratio("starburst galaxy, z = 0", 3.29, 3.10) > 1.4  # dust
    assert ratio("quasar, z = 2.2", 0.6563 * 3.2, 2.3) > 1.5  # H alpha
    assert ratio("A star, 9700 K", 0.8, 4.0) > 5
    assert ratio("flat", 0.8, 4.9) == pytest.approx(1)


def test_truth_tells_the_nearest_first_and_its_flux():
    sources = truth(150.1, 2.2, 90.0)
    separations = [source.separation_arcsec for source in sources]
    assert separations == sorted(separations)
    assert max(separations) <= 90
    first = sources[0]
    flux = true_flux_ujy(first.ra_deg, first.dec_deg, 2.0, 0.05)
    assert flux == first.flux_ujy(2.0, 0.05) > 0
    assert true_flux_ujy(first.ra_deg, first.dec_deg, 1.9, 0.8) == pytest.approx(first.scale_ujy)


def test_truth_of_empty_sky_is_nothing():
    m81 = find_named("M 81")
    assert true_flux_ujy(m81.ra_deg, m81.dec_deg + 15 / 3600, 2.0, 0.05) == 0.0


def test_own_scenes_are_lists_of_sources_too():
    points = point_sources([10.0, 20.0], [-5.0, 5.0], 100.0)
    assert points.flux_ujy(3.0, 0.1) == pytest.approx([100.0, 100.0])
    galaxy = make_sources(
        source_id=np.array([7]), ra_deg=np.array([11.0]), dec_deg=np.array([0.0]),
        template=np.array([number_of("elliptical galaxy, z = 0")]), scale_ujy=np.array([50.0]),
        sersic_index=np.array([4.0]), effective_radius_arcsec=np.array([5.0]),
    )  # fmt: skip
    both = concatenate([galaxy, points])
    assert both.source_id.tolist() == [0, 1, 7]
    assert both.sersic_index.tolist() == [0, 0, 4]
    assert both.axis_ratio.tolist() == [1, 1, 1]


def _unit(ra, dec):
    ra, dec = np.radians([ra, dec])
    return np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
