"""What is compiled when the environment is made is all that measurements need."""

from dataclasses import replace

import numba
import pytest

from photometry_core.archive import open_archive
from photometry_core.kernel import batch, byte_order, celestial, rice, sersic
from photometry_core.pipeline import measure
from photometry_core.prepare import compile_all
from photometry_core.simulation.frames import write_files
from photometry_core.types import MeasureOptions, SersicProfile, Target


def compiled_functions():
    """Every compiled function with the signatures that it was compiled for so far."""
    return {
        f"{module.__name__}.{name}": list(function.signatures)
        for module in (batch, byte_order, celestial, rice, sersic)
        for name, function in vars(module).items()
        if isinstance(function, numba.core.registry.CPUDispatcher)
    }


@pytest.mark.parametrize("center", ["light", "array"])
def test_no_measurement_has_to_wait_for_the_compiler(tmp_path, center):
    compile_all()
    before = compiled_functions()
    assert len(before["photometry_core.kernel.batch.measure_batch"]) == 1
    star = Target(name="star", ra_deg=150.3, dec_deg=60.2)
    near = replace(star, name="neighbour", dec_deg=60.202)
    galaxy = replace(
        star,
        name="galaxy",
        dec_deg=60.21,
        profile=SersicProfile(
            sersic_index=4.0, effective_radius_arcsec=9.0, axis_ratio=0.4, position_angle_deg=1.0
        ),
    )
    targets, options = [star, near, galaxy], MeasureOptions(detectors=(2,), psf_center=center)
    files = write_files(
        star.ra_deg,
        star.dec_deg,
        tmp_path,
        detectors=(2,),
        count=1,
        size_pix=200,
        version="6.5.6",
    )
    assert len(list(files)) == 2
    for archive in (open_archive(str(tmp_path)), open_archive("simulated")):
        assert all(spectrum.n_found for spectrum in measure(targets, archive, options))
    assert compiled_functions() == before
