"""The README's examples run as they are written."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line
    for line in README.splitlines()
    if line.startswith(".venv/bin/python -m photometry_core") and "/data/" not in line
]


def run(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", PYTHON)
def test_python_examples(code, tmp_path):
    assert run(["-c", code], tmp_path).strip()


def test_commands_in_the_order_of_the_readme(tmp_path):
    assert len(COMMANDS) >= 3
    for command in COMMANDS:
        run(shlex.split(command, comments=True)[1:], tmp_path)
    assert len(list((tmp_path / "spectra").glob("*.vot"))) == 1
