"""The names that the package exports."""

import subprocess
import sys

import pytest

import photometry_core


def test_every_exported_name_is_there():
    for name in photometry_core.__all__:
        assert getattr(photometry_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        photometry_core.nothing  # noqa: B018


def test_types_alone_do_not_load_the_pipeline():
    code = "import photometry_core.types, sys; print('astropy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
