"""Fluxes and backgrounds under gradients, undetected sources, and source masks.

The same noise with and without what is tried: differences show a bias long before sums do.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from photometry_core.archive.regions import Box
from photometry_core.extent import FOOTPRINT_RADIUS_PIX
from photometry_core.flags import SOURCE
from photometry_core.forced import measure_exposures
from photometry_core.kernel.background import ENOUGH_PIXELS
from photometry_core.simulation.diffuse import airglow
from photometry_core.simulation.wavelengths import smooth_wavelength
from tests.fields import OPTIONS, POINTING, Field, column, field_of_snr, grid, make_field, pulls_of


def pulls_with(field, light, seeds):
    """Pulls of a field with more light; a seed is always the same noise, in units of sigma."""
    noisy = [field.noisy(np.random.default_rng(seed), light) for seed in seeds]
    problems = [(cutout, field.targets) for cutout in noisy]
    return pulls_of(field, measure_exposures(problems, OPTIONS)).ravel()


@pytest.mark.parametrize("sigma_per_pixel", [0.3, 3.0])
def test_linear_gradients_of_any_direction_leave_fluxes_alone(sigma_per_pixel):
    """The brightness added is never negative; the noise grows with it, up to six times."""
    rng = np.random.default_rng(7)
    field = field_of_snr(rng, 2, 1400, 1100, rng.uniform(0, 15, 25))
    sigma = np.sqrt(np.median(field.cutout.variance_mjy2_sr2))
    rows, columns = np.indices(field.cutout.image_mjy_sr.shape)
    noise_free, noisy = [], []
    [before] = measure_exposures([(field.cutout, field.targets)], OPTIONS)
    for angle in np.arange(8) * np.pi / 4 + 0.2:
        ramp = sigma_per_pixel * sigma * (np.cos(angle) * columns + np.sin(angle) * rows)
        ramp -= ramp.min()
        [after] = measure_exposures([(field.brighter(ramp), field.targets)], OPTIONS)
        change = column(after, "flux_ujy") - column(before, "flux_ujy")
        noise_free.append(change / column(before, "flux_err_ujy"))
        noisy.append(pulls_with(field, ramp, range(25)) - pulls_with(field, 0.0, range(25)))
        assert all(row.background_is_local for row in after)
    noise_free, noisy = np.array(noise_free), np.concatenate(noisy)
    error = noisy.std() / np.sqrt(noisy.size)
    print(
        f"{sigma_per_pixel} sigma per pixel: {np.abs(noise_free).max():.1e} without noise, "
        f"{noisy.mean():+.4f} +- {error:.4f} with noise"
    )
    # The images are rounded to 24 bits: 1e-5 of the noise at a hundred times its brightness.
    assert np.abs(noise_free).max() < 1e-3
    assert abs(noisy.mean()) <= 0.02
    assert error < 0.01


def stars_near_helium(rng, detector) -> Field:
    """Stars on both sides of the arc of 1.083 um, up to 100 pixels from it."""
    at = np.arange(150.0, 1900.0)
    row, column_pix = np.unravel_index(
        np.argmin(np.abs(smooth_wavelength(detector, at, at) - 1.083)), (at.size, at.size)
    )
    return make_field(detector, *grid(rng, at[column_pix], at[row], across=9), 300.0)


@pytest.mark.parametrize("detector", [1, 2])
def test_curved_airglow_costs_a_quarter_of_a_sigma_at_most(detector):
    """The helium line as the simulated instrument has it, at its brightest 0.6 MJy/sr.

    A plane follows the slope of a stripe; its curvature k remains, k / 2 times the mean square
    distance of the background's pixels from the source.
    """
    rng = np.random.default_rng(detector)
    field = stars_near_helium(rng, detector)
    ny, nx = field.cutout.image_mjy_sr.shape
    x0, y0 = field.cutout.origin_pix
    glow = airglow(POINTING, detector, Box(x0, y0, x0 + nx, y0 + ny))
    brightest = 0.6 * glow / glow.max()
    curvature = sum(np.gradient(np.gradient(brightest, axis=axis), axis=axis) for axis in (0, 1))
    [without] = measure_exposures([(field.brighter(-glow), field.targets)], OPTIONS)
    [with_glow] = measure_exposures([(field.brighter(brightest - glow), field.targets)], OPTIONS)
    change = column(with_glow, "flux_ujy") - column(without, "flux_ujy")
    pulls = change / column(with_glow, "flux_err_ujy")
    excess = column(with_glow, "background_mjy_sr") - column(without, "background_mjy_sr")
    excess -= map_coordinates(brightest, field.pixels()[::-1])
    print(
        f"D{detector}: flux {np.abs(pulls).max():.2f} sigma at most, rms {pulls.std():.2f}; "
        f"background {np.abs(excess).max():.4f} MJy/sr at most, curvature "
        f"{np.abs(curvature).max():.1e} MJy/sr per square pixel at most"
    )
    # Pixels beyond 5.5 pixels from the source and within a box of 15 are 27 square pixels from it
    # along either axis, half of which counts; a tenth for what is no parabola.
    assert np.abs(excess).max() < 1.1 * 27 / 2 * np.abs(curvature).max()
    assert np.abs(pulls).max() < 0.3


def test_undetected_sources_hardly_move_backgrounds_and_fluxes():
    """Point sources whose brightest pixel is below 3 sigma, one in 20 pixels."""
    rng = np.random.default_rng(9)
    shift, change, light_there = [], [], []
    for _ in range(4):
        field = field_of_snr(rng, 2, 1400, 1100, rng.uniform(0, 15, 25))
        ny, nx = field.cutout.image_mjy_sr.shape
        x0, y0 = field.cutout.origin_pix
        count = nx * ny // 20
        sigma = np.sqrt(np.median(field.cutout.variance_mjy2_sr2))
        # Numbers fall with the power 1.5 of flux from a tenth of the brightest on. A star in
        # the middle of a pixel has about half of its light there, 890 uJy are 1 MJy/sr.
        flux = 3 * sigma * 890 / 0.6 * (1 + rng.uniform(size=count) * (10**1.5 - 1)) ** (-1 / 1.5)
        x, y = rng.uniform(8, nx - 8, count), rng.uniform(8, ny - 8, count)
        here_x, here_y = field.pixels()
        # Blends are another matter: nothing lies on the targets themselves.
        apart = np.hypot(x[:, None] - here_x, y[:, None] - here_y).min(axis=1) > 3.5
        stars = make_field(2, x[apart] + x0, y[apart] + y0, flux[apart], background_on=False)
        light = np.zeros((ny, nx))
        dx, dy = np.subtract(stars.cutout.origin_pix, field.cutout.origin_pix)
        own = stars.cutout.image_mjy_sr
        left, bottom = max(dx, 0), max(dy, 0)
        part = own[bottom - dy : bottom - dy + ny - bottom, left - dx : left - dx + nx - left]
        light[bottom : bottom + part.shape[0], left : left + part.shape[1]] = part
        assert light.max() < 4 * sigma
        rows, columns = np.indices((ny, nx))
        boxes = [
            (np.maximum(abs(columns - round(a)), abs(rows - round(b))) <= 7)
            & (np.hypot(columns - a, rows - b) > FOOTPRINT_RADIUS_PIX)
            for a, b in zip(here_x, here_y, strict=True)
        ]
        for seed in range(8):
            [before], [after] = (
                measure_exposures(
                    [(field.noisy(np.random.default_rng(seed), more), field.targets)], OPTIONS
                )
                for more in (0.0, light)
            )
            level = column(after, "background_mjy_sr") - column(before, "background_mjy_sr")
            mean_light = np.array([light[box].mean() for box in boxes])
            light_there.append(mean_light / column(before, "background_err_mjy_sr"))
            shift.append(level / column(before, "background_err_mjy_sr"))
            flux_change = column(after, "flux_ujy") - column(before, "flux_ujy")
            change.append(flux_change / column(before, "flux_err_ujy"))
    shift, change = np.concatenate(shift), np.concatenate(change)
    print(
        f"background {shift.mean():+.2f} +- {shift.std():.2f} of its error "
        f"(the mean light is {np.mean(light_there):.2f} of it), "
        f"flux {change.mean():+.3f} +- {change.std():.3f} of its error"
    )
    # Such sources are diffuse light: clipping takes the cores of some, and adds nothing.
    assert 0 < shift.mean() < np.mean(light_there)
    # The background has a share in the flux of one in N_eff / n: a tenth of its variance at most.
    assert abs(change.mean()) < 0.35 * np.mean(light_there)
    assert change.std() < 0.1


def masks(field, rng, share):
    """A SOURCE mask of blobs over a share of the pixels, and the light of sources on them."""
    ny, nx = field.cutout.image_mjy_sr.shape
    rows, columns = np.indices((ny, nx))
    covered, light = np.zeros((ny, nx), bool), np.zeros((ny, nx))
    sigma = np.sqrt(np.median(field.cutout.variance_mjy2_sr2))
    here_x, here_y = field.pixels()
    near = np.min(
        [np.hypot(columns - x, rows - y) for x, y in zip(here_x, here_y, strict=True)], axis=0
    )
    while covered.mean() < share:
        x, y = rng.uniform(0, nx), rng.uniform(0, ny)
        distance2 = (columns - x) ** 2 + (rows - y) ** 2
        covered |= distance2 < rng.uniform(1.5, 3.5) ** 2
        light += 100 * sigma * rng.uniform() * np.exp(-0.5 * distance2 / 0.6**2)
    # Blends are another matter; and no light beyond the mask.
    light[~covered | (near < 10)] = 0
    return covered, light


def test_seventy_percent_of_source_masks():
    """Pulls are those of free fields, and `background_is_local` says when the box grew."""
    rng = np.random.default_rng(70)
    pulls, local, level = [], [], []
    for detector, at_x, at_y in ((2, 1400, 1100), (4, 1000, 1000)):
        for _ in range(4):
            field = field_of_snr(rng, detector, at_x, at_y, rng.uniform(0, 15, 25))
            covered, light = masks(field, rng, 0.7)
            flags = np.where(covered, SOURCE, 0).astype(np.int32)
            problems = [(field.noisy(rng, light), field.targets) for _ in range(30)]
            problems = [(replace(cutout, flags=flags), targets) for cutout, targets in problems]
            measured = measure_exposures(problems, OPTIONS)
            pulls.append(pulls_of(field, measured).ravel())
            [truth] = measure_exposures([(field.cutout, field.targets)], OPTIONS)
            true_level = column(truth, "background_mjy_sr")
            for rows in measured:
                error = column(rows, "background_err_mjy_sr")
                level.append((column(rows, "background_mjy_sr") - true_level) / error)
            rows, columns = np.indices(covered.shape)
            for number, (x, y) in enumerate(zip(*field.pixels(), strict=True)):
                column_pix, row_pix = round(x), round(y)
                box = np.maximum(abs(columns - column_pix), abs(rows - row_pix)) <= 7
                free = box & ~covered & (np.hypot(columns - x, rows - y) > FOOTPRINT_RADIUS_PIX)
                expected = free.sum() >= ENOUGH_PIXELS
                assert all(m[number].background_is_local == expected for m in measured)
                local.append(expected)
    pulls, level = np.concatenate(pulls), np.concatenate(level)
    print(
        f"flux: mean {pulls.mean():+.3f}, width {pulls.std():.3f}; background: mean "
        f"{level.mean():+.3f}, width {level.std():.3f}; local {np.mean(local):.0%}"
    )
    assert pulls.size == 6000
    # Both happen; the standard errors are 0.013 and 0.009.
    assert 0.1 < np.mean(local) < 0.9
    assert abs(pulls.mean()) < 0.05
    assert pulls.std() == pytest.approx(1, abs=0.03)
    # Errors of a background of few pixels are up to 6 % low: noise beyond 3 sigma is clipped.
    # They share pixels of one mask, and are compared with the light of wider boxes.
    assert level.std() == pytest.approx(1.05, abs=0.05)
    assert abs(level.mean()) < 0.1
