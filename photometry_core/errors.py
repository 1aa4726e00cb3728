"""Everything that photometry_core raises on purpose.

An exception ends a job; trouble with one exposure marks a row. The pipeline therefore
catches `ExposureError` (and only that) around a single exposure and keeps its text as
the row's reason.
"""


class PhotometryError(Exception):
    """Base of all errors of this package; its text is fit for a user to read."""


class InvalidInputError(PhotometryError, ValueError):
    """A target or an option can't be used.

    The message names the field (and the row, where there is one), the value and the
    allowed range.
    """


class ForeignFileError(InvalidInputError):
    """A file that somebody brings, with spectra or a list of targets, can't be opened.

    Parameters
    ----------
    message
        Names the file, the table, the column and the row, as far as they are known.
    questions
        What a person has to say before the file can be opened, as fields of
        `photometry_core.foreign_spectra.Answers`, each with the columns to choose from.
    """

    def __init__(self, message: str, questions: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.questions = questions or {}


class NoSpectrumError(ForeignFileError):
    """A table has no column of wavelengths, or none of fluxes."""


class ArchiveError(PhotometryError):
    """An archive can't be opened or searched; nothing can be measured."""


class ExposureError(PhotometryError):
    """One exposure can't be read or measured; the others are not affected."""


class DataFormatError(ExposureError):
    """A file lacks something or contradicts the format.

    The message names the file, the HDU and the keyword or the size that was expected.
    """


class FitError(ExposureError):
    """No flux can be fitted: no usable pixels, no background, or degenerate profiles."""


class EngineError(PhotometryError):
    """An engine of photometry that was asked for is not installed, or not wholly."""
