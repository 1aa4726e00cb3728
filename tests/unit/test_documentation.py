"""README says what the program does."""

from pathlib import Path

from photometry_core import COLUMNS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_columns_of_the_readme_are_those_of_the_files():
    for column in COLUMNS:
        meaning = column.description.replace("|", "\\|")
        assert f"| `{column.name}` | {column.unit} | {meaning} |" in README
