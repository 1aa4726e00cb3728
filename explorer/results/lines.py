"""Spectral features that the plot can mark: wavelengths at rest, in vacuum.

Lines are marked where they are, bands over the range in which they take away or add light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_RYDBERG_H_PER_UM = 10.967758
"""Rydberg constant for the reduced mass of hydrogen, 1/um (CODATA 2018)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A feature narrower than a channel.

    Parameters
    ----------
    label
        As at its mark.
    wavelength_um
        At rest, in vacuum.
    """

    label: str
    wavelength_um: float


@dataclass(frozen=True, slots=True)
class Band:
    """A feature of some width.

    Parameters
    ----------
    label
        As at its mark.
    low_um, high_um
        Where it begins and ends, at rest, in vacuum.
    """

    label: str
    low_um: float
    high_um: float


@dataclass(frozen=True, slots=True)
class LineList:
    """Features that are switched on together.

    Parameters
    ----------
    key
        As in the address of the page.
    name
        For people.
    lines, bands
        In order of wavelength.
    """

    key: str
    name: str
    lines: tuple[Line, ...] = ()
    bands: tuple[Band, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as the page's scripts want it."""
        return {
            "key": self.key,
            "name": self.name,
            "lines": [[line.label, line.wavelength_um] for line in self.lines],
            "bands": [[band.label, band.low_um, band.high_um] for band in self.bands],
        }


def hydrogen_line_um(lower: int, upper: int) -> float:
    """Return the wavelength of a transition of hydrogen, um, in vacuum.

    Parameters
    ----------
    lower, upper
        Principal quantum numbers, `lower` the smaller.

    Notes
    -----
    Fine structure, below 1e-4 of the wavelength, is left out.
    """
    return 1 / (_RYDBERG_H_PER_UM * (lower**-2 - upper**-2))


def _hydrogen() -> tuple[Line, ...]:
    series = (
        ("Ly", 1, 2, 2),
        ("H", 2, 3, 4),
        ("Pa", 3, 4, 9),
        ("Br", 4, 5, 10),
        ("Pf", 5, 7, 10),
        ("Hu", 6, 11, 14),
    )
    greek = "\u03b1\u03b2\u03b3\u03b4\u03b5"
    lines = []
    for name, lower, first, last in series:
        for upper in range(first, last + 1):
            place = upper - lower - 1
            label = f"{name}{greek[place]}" if place < len(greek) else f"{name} {upper}"
            lines.append(Line(label, round(hydrogen_line_um(lower, upper), 5)))
    return tuple(sorted(lines, key=lambda line: line.wavelength_um))


LINE_LISTS: tuple[LineList, ...] = (
    LineList("hydrogen", "H: Paschen, Brackett, Pfund, Humphreys; H\u03b1", _hydrogen()),
    LineList("helium", "He I", (Line("He I", 1.08333), Line("He I", 2.05869))),
    LineList("iron", "[Fe II]", (Line("[Fe II]", 1.25702), Line("[Fe II]", 1.64400))),
    LineList(
        "h2",
        "H\u2082",
        (
            Line("H\u2082 1-0 S(3)", 1.95756),
            Line("H\u2082 1-0 S(2)", 2.03376),
            Line("H\u2082 1-0 S(1)", 2.12183),
            Line("H\u2082 1-0 S(0)", 2.22330),
            Line("H\u2082 2-1 S(1)", 2.24772),
            Line("H\u2082 1-0 Q(1)", 2.40659),
            Line("H\u2082 1-0 O(3)", 2.80251),
            Line("H\u2082 1-0 O(5)", 3.23499),
            Line("H\u2082 0-0 S(11)", 4.1813),
            Line("H\u2082 0-0 S(10)", 4.4098),
            Line("H\u2082 0-0 S(9)", 4.6946),
        ),
    ),
    LineList("pah", "PAH", bands=(Band("PAH 3.3", 3.25, 3.33), Band("PAH 3.4", 3.37, 3.44))),
    LineList(
        "ices",
        "Ices",
        bands=(
            Band("H\u2082O ice", 2.75, 3.40),
            Band("CH\u2083OH", 3.50, 3.57),
            Band("CO\u2082 ice", 4.20, 4.34),
            Band("OCN\u207b", 4.58, 4.645),
            Band("CO ice", 4.65, 4.70),
        ),
    ),
    LineList(
        "co",
        "CO bandheads",
        (
            Line("CO 2-0", 2.2935),
            Line("CO 3-1", 2.3227),
            Line("CO 4-2", 2.3525),
            Line("CO 5-3", 2.3829),
        ),
    ),
    LineList(
        "molecules",
        "Molecular bands of cool atmospheres",
        bands=(
            Band("TiO", 0.759, 0.785),
            Band("TiO", 0.843, 0.867),
            Band("H\u2082O", 0.925, 0.955),
            Band("FeH", 0.986, 1.010),
            Band("H\u2082O", 1.110, 1.160),
            Band("H\u2082O", 1.340, 1.500),
            Band("CH\u2084", 1.600, 1.760),
            Band("H\u2082O", 1.780, 2.040),
            Band("CH\u2084", 2.150, 2.290),
            Band("CO", 2.294, 2.420),
            Band("H\u2082O", 2.500, 3.050),
            Band("CH\u2084", 3.150, 3.550),
            Band("CO\u2082", 4.190, 4.340),
            Band("CO", 4.420, 4.900),
        ),
    ),
)
"""Every list, in the order of the menu."""
