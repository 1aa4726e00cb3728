"""What every test shares: one thread for linear algebra, repeatable examples, the real files."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # The processes that tests start inherit it.
    os.environ.setdefault(_variable, "1")

# The same examples on every machine, and no time limit for each: a shared machine is slow at times.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real SPHEREx files; a test that asks for it is skipped where there is none."""
    return Path(os.environ["SPHEREX_REAL_DATA"]).resolve(strict=True)


def pytest_collection_modifyitems(items):
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")
            if "SPHEREX_REAL_DATA" not in os.environ:
                item.add_marker(pytest.mark.skip(reason="SPHEREX_REAL_DATA names no folder"))
