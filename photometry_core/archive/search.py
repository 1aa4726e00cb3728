"""What an archive answers when it is asked for exposures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from photometry_core.types import Exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureMatch:
    """An exposure and the targets it covers: as many rows to come as it has targets.

    Parameters
    ----------
    exposure
        The exposure.
    targets
        Indices into the list of targets that was searched for, ascending, never empty.
    """

    exposure: Exposure
    targets: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the match as plain JSON values."""
        return {"exposure": self.exposure.to_json(), "targets": list(self.targets)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ExposureMatch:
        """Inverse of `to_json`."""
        return cls(
            exposure=Exposure.from_json(values["exposure"]), targets=tuple(values["targets"])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureSearch:
    """What an archive answers to a search.

    Parameters
    ----------
    matches
        Exposures that cover at least one target, ordered by mid-time, then detector.
    problems
        One sentence per file that could not be considered at all, naming it.
    """

    matches: tuple[ExposureMatch, ...]
    problems: tuple[str, ...] = ()
