"""Settings as processes find them: a laptop needs none, a public site must be safe."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PUBLIC = {
    "SPHEREX_PRODUCTION": "1",
    "SPHEREX_SECRET_KEY": "an-invented-key-that-is-long-enough-for-the-check-0123456789",
    "SPHEREX_ALLOWED_HOSTS": "spherex.example.org, www.example.org",
}


def django(*arguments, folder, **variables):
    environment = {n: v for n, v in os.environ.items() if not n.startswith("SPHEREX_")}
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        env=environment | {"SPHEREX_DATA_FOLDER": str(folder)} | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def value_of(expression, folder, **variables):
    code = f"from django.conf import settings; print({expression})"
    result = django("shell", "--no-imports", "--command", code, folder=folder, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_laptop_needs_no_settings_and_keeps_its_key(tmp_path):
    folder = tmp_path / "data"
    expression = "settings.SECRET_KEY, settings.DEBUG, settings.SPHEREX_ARCHIVE"
    first = value_of(expression, folder)
    assert value_of(expression, folder) == first
    assert first.endswith(" False simulated")
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert len((folder / "secret_key").read_text()) == 50
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_a_public_site_passes_the_check_for_deployment(tmp_path):
    result = django("check", "--deploy", "--fail-level", "WARNING", folder=tmp_path, **PUBLIC)
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (PUBLIC | {"SPHEREX_SECRET_KEY": ""}, "SPHEREX_SECRET_KEY: a public site must set it"),
        (PUBLIC | {"SPHEREX_ALLOWED_HOSTS": " , "}, "SPHEREX_ALLOWED_HOSTS: a public site"),
        (PUBLIC | {"SPHEREX_DEBUG": "1"}, "SPHEREX_DEBUG: a public site must not"),
        ({"SPHEREX_DEBUG": "yes"}, "SPHEREX_DEBUG: 'yes' given; allowed: 0, 1"),
        ({"SPHEREX_MAX_TARGETS": "0"}, "SPHEREX_MAX_TARGETS: '0' given; allowed: a whole"),
        ({"SPHEREX_MAX_TARGETS": "many"}, "SPHEREX_MAX_TARGETS: 'many' given"),
    ],
)
def test_settings_that_can_not_be_used_are_named(tmp_path, variables, message):
    result = django("check", folder=tmp_path, **variables)
    assert result.returncode != 0
    assert message in result.stderr
