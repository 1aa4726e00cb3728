"""Wavelengths of spectral features, in vacuum."""

import pytest

from explorer.results.lines import LINE_LISTS, hydrogen_line_um


@pytest.mark.parametrize(
    ("lower", "upper", "wavelength_um"),
    [(2, 3, 0.656461), (3, 4, 1.875613), (3, 5, 1.282159), (4, 5, 4.052262), (4, 7, 2.166120),
     (5, 7, 4.653780), (5, 8, 3.740560), (1, 2, 0.121567)],
)  # fmt: skip
def test_hydrogen_is_where_it_is_measured(lower, upper, wavelength_um):
    assert hydrogen_line_um(lower, upper) == pytest.approx(wavelength_um, rel=3e-5)


def test_labels_of_the_series():
    labels = {line.label: line.wavelength_um for line in LINE_LISTS[0].lines}
    assert labels["H\u03b1"] == pytest.approx(0.6565, abs=1e-4)
    assert labels["Pa\u03b1"] == pytest.approx(1.8756, abs=1e-4)
    assert labels["Br\u03b1"] == pytest.approx(4.0523, abs=1e-4)
    assert labels["Br\u03b3"] == pytest.approx(2.1661, abs=1e-4)
    assert labels["Pf\u03b2"] == pytest.approx(4.6538, abs=1e-4)


def test_what_people_ask_for_is_there():
    marked = [
        (line.wavelength_um, line.wavelength_um) for one in LINE_LISTS for line in one.lines
    ] + [(band.low_um, band.high_um) for one in LINE_LISTS for band in one.bands]
    for wavelength in (1.0833, 1.257, 1.644, 2.1218, 3.29, 3.05, 4.27, 4.67, 2.2935, 4.6946):
        assert any(low - 5e-4 <= wavelength <= high + 5e-4 for low, high in marked), wavelength


def test_lists_are_in_order_and_bands_have_a_width():
    for one in LINE_LISTS:
        wavelengths = [line.wavelength_um for line in one.lines]
        assert wavelengths == sorted(wavelengths)
        assert all(band.low_um < band.high_um for band in one.bands)
    (hydrogen,) = (one for one in LINE_LISTS if one.key == "h2")
    assert all(line.label.startswith("H\u2082 ") for line in hydrogen.lines)
    assert len({one.key for one in LINE_LISTS}) == len(LINE_LISTS)
