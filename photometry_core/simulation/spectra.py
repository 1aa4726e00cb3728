"""Template spectra of the simulated sources, and their means over bandpasses.

Continua are sums of Planck functions and power laws; molecular bands, dust features and
lines are laid on them as Gaussians at their laboratory wavelengths, with strengths chosen
by eye to look like the classes they are named after. They are plausible, not models of any
real object.

A template is tabulated as flux density F_nu in bins of 1 nm, constant within a bin; that
makes its mean over any bandpass exact from one cumulative sum. That mean is the truth of
the simulation: flux = scale x mean of the template over [wavelength - width / 2,
wavelength + width / 2].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from photometry_core.types import FloatArray, IntArray

Kind = Literal["star", "brown dwarf", "galaxy", "AGN", "quasar", "emission-line object", "test"]

FIRST_UM, LAST_UM = 0.65, 5.25
"""The tabulated range: every bandpass of the instrument lies well within."""

NORMALISATION_UM = (1.5, 2.3)
"""The mean of every template over this range is 1, so that a scale is a flux there."""

_BIN_UM = 0.001
_BINS = round((LAST_UM - FIRST_UM) / _BIN_UM)

_Features = Sequence[tuple[float, float, float]]
"""(centre in um, Gaussian sigma in um, strength)."""

_H2O: _Features = (
    (0.935, 0.018, 0.25), (1.135, 0.030, 0.5), (1.40, 0.055, 1.0), (1.88, 0.075, 1.1),
    (2.70, 0.20, 1.5),
)  # fmt: skip
_CO: _Features = (
    (1.60, 0.03, 0.12), (2.32, 0.025, 0.7), (2.36, 0.035, 0.6), (2.42, 0.04, 0.35),
    (4.55, 0.08, 0.7), (4.75, 0.15, 0.9),
)  # fmt: skip
_CH4: _Features = ((1.16, 0.030, 0.6), (1.68, 0.055, 1.0), (2.33, 0.10, 1.4), (3.32, 0.17, 1.8))
_H2_PRESSURE: _Features = ((2.02, 0.22, 1.0), (2.45, 0.12, 0.5))
_TIO: _Features = ((0.715, 0.012, 0.8), (0.77, 0.015, 0.9), (0.85, 0.012, 0.5), (0.99, 0.01, 0.2))
_CARBON: _Features = (
    (0.80, 0.02, 0.5), (0.93, 0.02, 0.6), (1.10, 0.02, 0.5), (1.42, 0.03, 0.4), (1.77, 0.02, 0.6),
    (2.40, 0.05, 0.5), (3.07, 0.10, 1.3), (3.85, 0.10, 0.4),
)  # fmt: skip
_HYDROGEN: _Features = (
    (0.9015, 0.003, 0.25), (0.9229, 0.003, 0.3), (0.9546, 0.003, 0.4), (1.0049, 0.003, 0.6),
    (1.0938, 0.003, 0.9), (1.2818, 0.003, 1.6), (1.8751, 0.004, 3.2), (1.9446, 0.004, 0.3),
    (2.1655, 0.004, 0.45), (2.6252, 0.005, 0.9), (3.2961, 0.006, 0.15), (3.7395, 0.006, 0.3),
    (4.0512, 0.006, 1.6), (4.6525, 0.007, 0.4),
)  # fmt: skip
_HELIUM: _Features = ((0.7065, 0.003, 0.5), (1.0830, 0.003, 4.0), (2.0581, 0.004, 0.45))
_IONISED: _Features = ((0.7325, 0.003, 0.8), (0.9069, 0.003, 1.3), (0.9531, 0.003, 3.0))
_HOT_GAS: _Features = ((1.0124, 0.003, 1.6), (1.1627, 0.003, 0.5), (2.1885, 0.004, 0.25),
                       (3.0908, 0.006, 0.5), (4.4867, 0.007, 2.5))  # fmt: skip
_MOLECULAR_HYDROGEN: _Features = ((1.9576, 0.004, 0.2), (2.1218, 0.004, 0.35), (2.8025, 0.005, 0.4))
_PAH: _Features = ((3.29, 0.022, 1.0), (3.40, 0.03, 0.25), (3.47, 0.06, 0.15), (4.65, 0.1, 0.05))
_QUASAR_LINES: _Features = (
    # Relative widths (sigma / centre) of 0.01 and equivalent widths at rest, in um.
    (0.1216, 0.0012, 0.0090), (0.1549, 0.0016, 0.0035), (0.1909, 0.002, 0.0022),
    (0.2798, 0.0025, 0.0035), (0.4341, 0.004, 0.003), (0.4861, 0.004, 0.007),
    (0.5007, 0.0018, 0.0025), (0.5876, 0.005, 0.001), (0.6563, 0.006, 0.030),
    (1.0830, 0.009, 0.006), (1.0938, 0.009, 0.004), (1.2818, 0.010, 0.008),
    (1.8751, 0.015, 0.018), (2.1655, 0.015, 0.002), (4.0512, 0.03, 0.006),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """One template spectrum.

    Parameters
    ----------
    name
        What it is, unique.
    kind
        The class of source it stands for.
    flux_density
        F_nu at rest wavelengths, function of wavelength in um, any scale.
    redshift
        By how much it is shifted.
    """

    name: str
    kind: Kind
    flux_density: Callable[[FloatArray], FloatArray]
    redshift: float = 0.0


def number_of(name: str) -> int:
    """Return the index of a template by its name.

    Raises
    ------
    KeyError
        There is no such template.
    """
    return _numbers()[name]


def numbers_of_kind(kind: Kind) -> tuple[int, ...]:
    """Return the indices of all templates of a kind."""
    return tuple(n for n, template in enumerate(TEMPLATES) if template.kind == kind)


def band_mean(
    template: npt.ArrayLike, wavelength_um: npt.ArrayLike, bandwidth_um: npt.ArrayLike
) -> FloatArray:
    """Return means of templates over bandpasses.

    Parameters
    ----------
    template
        Indices into `TEMPLATES`.
    wavelength_um, bandwidth_um
        Centres and full widths, um, within the tabulated range; all three broadcast.
    """
    center, width = np.asarray(wavelength_um, float), np.asarray(bandwidth_um, float)
    number, cumulative = np.asarray(template, np.int64), _cumulative()
    upper = _interpolated(cumulative, number, center + width / 2)
    lower = _interpolated(cumulative, number, center - width / 2)
    return np.asarray((upper - lower) / width)


def _interpolated(cumulative: FloatArray, template: IntArray, edge_um: FloatArray) -> FloatArray:
    position = (edge_um - FIRST_UM) / _BIN_UM
    below = position.astype(np.intp)
    fraction = position - below
    return np.asarray(
        cumulative[template, below] * (1 - fraction) + cumulative[template, below + 1] * fraction
    )


@cache
def _cumulative() -> FloatArray:
    """Integral of every template from the first bin edge to each, um; shape (n, bins + 1)."""
    centers = FIRST_UM + _BIN_UM * (np.arange(float(_BINS)) + 0.5)
    low, high = NORMALISATION_UM
    normal = (centers > low) & (centers < high)
    table = np.zeros((len(TEMPLATES), _BINS + 1))
    for row, template in zip(table, TEMPLATES, strict=True):
        values = template.flux_density(centers / (1 + template.redshift))
        row[1:] = np.cumsum(values / values[normal].mean()) * _BIN_UM
    table.setflags(write=False)
    return table


@cache
def _numbers() -> dict[str, int]:
    return {template.name: number for number, template in enumerate(TEMPLATES)}


def _planck(um: FloatArray, kelvin: float) -> FloatArray:
    return np.asarray(um**-3 / np.expm1(14387.77 / (um * kelvin)))


def _unit_planck(um: FloatArray, kelvin: float) -> FloatArray:
    """Planck function, 1 at 2 um."""
    at_2_um = float(_planck(np.full(1, 2.0), kelvin)[0])
    return _planck(um, kelvin) / at_2_um


def _bumps(um: FloatArray, features: _Features) -> FloatArray:
    total = np.zeros_like(um)
    for center, sigma, strength in features:
        total += strength * np.exp(-0.5 * ((um - center) / sigma) ** 2)
    return total


def _star(
    kelvin: float, *bands: tuple[_Features, float], hydrogen: float = 0.0
) -> Callable[[FloatArray], FloatArray]:
    """Planck function with absorption bands of given optical depths."""

    def flux_density(um: FloatArray) -> FloatArray:
        depth = hydrogen * _bumps(um, _HYDROGEN)
        for features, strength in bands:
            depth = depth + strength * _bumps(um, features)
        return _unit_planck(um, kelvin) * np.exp(-depth)

    return flux_density


def _dusty(
    star: Callable[[FloatArray], FloatArray], kelvin: float, dust: float
) -> Callable[[FloatArray], FloatArray]:
    """Add emission of dust, as bright as `dust` times the star at 2 um."""
    return lambda um: np.exp(-0.8 * dust / um) * star(um) + dust * _unit_planck(um, kelvin)


def _stellar_population(um: FloatArray, young: float) -> FloatArray:
    """Cool giants and a part of hot stars, with the break at 0.4 um and the 1.6 um bump."""
    old = _unit_planck(um, 3900) * np.exp(-0.35 * _bumps(um, _CO))
    total = (1 - young) * old + young * _unit_planck(um, 12000)
    return np.asarray(total * (1 - 0.45 / (1 + np.exp((um - 0.4) / 0.01))))


def _galaxy(
    *, young: float, dust: float = 0.0, pah: float = 0.0, lines: float = 0.0
) -> Callable[[FloatArray], FloatArray]:
    """Stars, dust continuum beyond 3 um, the 3.3 um feature and hydrogen lines."""

    def flux_density(um: FloatArray) -> FloatArray:
        warm = dust * (um / 4.0) ** 3 * np.exp(-((2.0 / um) ** 4))
        gas = _bumps(um, _HYDROGEN) + 0.4 * _bumps(um, _HELIUM) + 0.5 * _bumps(um, _IONISED)
        return _stellar_population(um, young) + warm + pah * _bumps(um, _PAH) + lines * gas

    return flux_density


def _active(um: FloatArray, slope: float, hot_dust: float, broad: float) -> FloatArray:
    """Power law F_nu ~ um**slope with a Lyman drop, hot dust at 1300 K and broad lines."""
    continuum = (um / 0.5) ** slope * np.where(um < 0.1216, 0.35, 1.0)
    continuum = continuum + hot_dust * _unit_planck(um, 1300)
    lines = [(center, sigma, ew / sigma / 2.5066) for center, sigma, ew in _QUASAR_LINES]
    return np.asarray(continuum * (1 + broad * _bumps(um, lines)))


def _nucleus_in_galaxy(nucleus: float, narrow: float) -> Callable[[FloatArray], FloatArray]:
    host = _galaxy(young=0.02, dust=0.2, pah=0.4, lines=narrow)
    return lambda um: host(um) + nucleus * _active(um, 0.5, 2.5, 1.0) / 2.5


def _nebula(
    *, helium: float, hot: float, dust: float, hydrogen: float = 1.0
) -> Callable[[FloatArray], FloatArray]:
    """Free-free continuum with strong recombination lines, dust features and warm dust."""

    def flux_density(um: FloatArray) -> FloatArray:
        lines = (
            hydrogen * _bumps(um, _HYDROGEN)
            + helium * _bumps(um, _HELIUM)
            + 0.6 * _bumps(um, _IONISED)
            + hot * _bumps(um, _HOT_GAS)
            + 0.5 * _bumps(um, _MOLECULAR_HYDROGEN)
        )
        return 0.6 * um**0.1 + 5.0 * lines + dust * (_bumps(um, _PAH) + 0.05 * um**1.5)

    return flux_density


def _series(
    kind: Kind, label: str, flux_density: Callable[[FloatArray], FloatArray], *redshifts: float
) -> tuple[Template, ...]:
    return tuple(
        Template(name=f"{label}, z = {z:g}", kind=kind, flux_density=flux_density, redshift=z)
        for z in redshifts
    )


def _star_template(label: str, flux_density: Callable[[FloatArray], FloatArray]) -> Template:
    return Template(name=label, kind="star", flux_density=flux_density)


def _brown_dwarf(label: str, kelvin: float, *bands: tuple[_Features, float]) -> Template:
    return Template(name=label, kind="brown dwarf", flux_density=_star(kelvin, *bands))


def _emission(label: str, flux_density: Callable[[FloatArray], FloatArray]) -> Template:
    return Template(name=label, kind="emission-line object", flux_density=flux_density)


TEMPLATES: tuple[Template, ...] = (
    Template(name="flat", kind="test", flux_density=np.ones_like),
    _star_template("white dwarf, 30000 K", _star(30000)),
    _star_template("B star, 15000 K", _star(15000, hydrogen=0.10)),
    _star_template("A star, 9700 K", _star(9700, hydrogen=0.22)),
    _star_template("A star, 8200 K", _star(8200, hydrogen=0.20)),
    _star_template("F star, 7000 K", _star(7000, hydrogen=0.12)),
    _star_template("F star, 6400 K", _star(6400, hydrogen=0.08)),
    _star_template("G star, 5800 K", _star(5800, (_CO, 0.05), hydrogen=0.04)),
    _star_template("G star, 5400 K", _star(5400, (_CO, 0.08))),
    _star_template("K dwarf, 4900 K", _star(4900, (_CO, 0.12))),
    _star_template("K dwarf, 4300 K", _star(4300, (_CO, 0.18), (_TIO, 0.05))),
    _star_template("K giant, 4700 K", _star(4700, (_CO, 0.30))),
    _star_template("K giant, 4200 K", _star(4200, (_CO, 0.45), (_TIO, 0.05))),
    _star_template("M giant, 3700 K", _star(3700, (_CO, 0.60), (_TIO, 0.5), (_H2O, 0.06))),
    _star_template("M giant, 3200 K", _star(3200, (_CO, 0.65), (_TIO, 1.0), (_H2O, 0.30))),
    _star_template("M dwarf, 3800 K", _star(3800, (_CO, 0.2), (_TIO, 0.4), (_H2O, 0.08))),
    _star_template("M dwarf, 3400 K", _star(3400, (_CO, 0.2), (_TIO, 0.8), (_H2O, 0.18))),
    _star_template("M dwarf, 3000 K", _star(3000, (_CO, 0.25), (_TIO, 1.1), (_H2O, 0.30))),
    _star_template("M dwarf, 2600 K", _star(2600, (_CO, 0.3), (_TIO, 1.2), (_H2O, 0.45))),
    _star_template("carbon star, 2800 K", _dusty(_star(2800, (_CARBON, 0.8)), 1100, 0.15)),
    _star_template("dusty giant, 2900 K", _dusty(_star(2900, (_H2O, 0.5), (_CO, 0.5)), 900, 0.8)),
    _brown_dwarf("L1 dwarf", 2200, (_H2O, 0.6), (_CO, 0.4), (_TIO, 0.4)),
    _brown_dwarf("L4 dwarf", 2000, (_H2O, 0.8), (_CO, 0.5)),
    _brown_dwarf("L7 dwarf", 1750, (_H2O, 1.1), (_CO, 0.55), (_CH4, 0.15)),
    _brown_dwarf("T2 dwarf", 1900, (_H2O, 1.6), (_CO, 0.5), (_CH4, 0.6), (_H2_PRESSURE, 0.3)),
    _brown_dwarf("T5 dwarf", 1800, (_H2O, 2.2), (_CO, 0.4), (_CH4, 1.4), (_H2_PRESSURE, 0.7)),
    _brown_dwarf("T8 dwarf", 1500, (_H2O, 2.8), (_CO, 0.3), (_CH4, 2.2), (_H2_PRESSURE, 1.3)),
    _brown_dwarf("Y0 dwarf", 1100, (_H2O, 3.2), (_CO, 0.2), (_CH4, 2.8), (_H2_PRESSURE, 1.7)),
    *_series("galaxy", "elliptical galaxy", _galaxy(young=0.0), 0.0, 0.05, 0.15, 0.35),
    *_series(
        "galaxy", "spiral galaxy", _galaxy(young=0.05, dust=0.12, pah=0.35, lines=0.02),
        0.0, 0.03, 0.1, 0.25,
    ),
    *_series(
        "galaxy", "starburst galaxy", _galaxy(young=0.12, dust=0.4, pah=1.1, lines=0.2),
        0.0, 0.02, 0.08, 0.2,
    ),
    *_series(
        "galaxy", "dusty starburst galaxy", _galaxy(young=0.05, dust=1.2, pah=2.0, lines=0.25),
        0.01, 0.05, 0.15,
    ),
    *_series("galaxy", "dwarf galaxy", _galaxy(young=0.3, lines=0.35), 0.0, 0.02),
    *_series("AGN", "Seyfert 1", _nucleus_in_galaxy(1.0, 0.1), 0.0, 0.04, 0.12),
    *_series("AGN", "Seyfert 2", _nucleus_in_galaxy(0.25, 0.35), 0.004, 0.05),
    *_series(
        "quasar", "quasar", lambda um: _active(um, 0.4, 0.9, 1.0),
        0.158, 0.5, 0.8, 1.2, 1.6, 2.0, 2.2, 2.56, 3.2, 4.0, 5.0, 6.2,
    ),
    _emission("planetary nebula, high excitation", _nebula(helium=0.8, hot=1.0, dust=1.0)),
    _emission("planetary nebula, low excitation", _nebula(helium=0.5, hot=0.0, dust=2.5)),
    _emission("compact H II region", _nebula(helium=0.3, hot=0.0, dust=6.0, hydrogen=0.7)),
    _emission("Be star", lambda um: 2 * _star(18000)(um) + 0.6 * _bumps(um, _HYDROGEN)),
)  # fmt: skip
