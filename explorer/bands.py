"""The six bands in words and numbers, as forms, legends and captions show them.

Ranges and resolving powers: SPHEREx Explanatory Supplement; one detector per band.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """One band.

    Parameters
    ----------
    detector
        1 to 6.
    start_um, end_um
        Its wavelengths in um.
    resolving_power
        Typical wavelength / bandwidth.
    """

    detector: int
    start_um: float
    end_um: float
    resolving_power: int

    @property
    def name(self) -> str:
        """Name as in the captions."""
        return f"D{self.detector}"


BANDS = (
    Band(1, 0.75, 1.09, 39),
    Band(2, 1.10, 1.62, 41),
    Band(3, 1.63, 2.41, 41),
    Band(4, 2.42, 3.82, 35),
    Band(5, 3.83, 4.41, 112),
    Band(6, 4.42, 5.00, 128),
)
