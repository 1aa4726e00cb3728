"""What every test shares: an environment of its own, repeatable examples, the real files."""

import os
import tempfile
from pathlib import Path

import django
import pytest
from hypothesis import settings

# The processes that tests start inherit all of this. Nobody's settings and no job of this checkout
# may change a test, and none may be changed by one.
for _name in [name for name in os.environ if name.startswith("SPHEREX_")]:
    if _name != "SPHEREX_REAL_DATA":
        del os.environ[_name]
_data_folder = tempfile.TemporaryDirectory(prefix="spherex-tests-", ignore_cleanup_errors=True)
os.environ["SPHEREX_DATA_FOLDER"] = _data_folder.name
# It would hide output that nobody flushes.
os.environ.pop("PYTHONUNBUFFERED", None)
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

os.environ["DJANGO_SETTINGS_MODULE"] = "explorer.settings"
django.setup()

# The same examples on every machine, and no time limit for each: a shared machine is slow at times.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")
            if "SPHEREX_REAL_DATA" not in os.environ:
                item.add_marker(pytest.mark.skip(reason="SPHEREX_REAL_DATA names no folder"))


def pytest_unconfigure():
    _data_folder.cleanup()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real SPHEREx files; a test that asks for it is skipped where there is none."""
    return Path(os.environ["SPHEREX_REAL_DATA"]).resolve(strict=True)
