"""Light of a galaxy per pixel, from the transforms of its profile and of the PSF.

Frequencies are those of a box of whole pixels: column i is i / box cycles per pixel, row j
likewise, of either sign. Those with negative columns are left out: they are the complex
conjugates of the others, for the image is real.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.compiled import compiled
from photometry_core.types import Float32Array, FloatArray

IndexArray = npt.NDArray[np.int32]

Matrix = tuple[float, float, float, float]
"""Elements of a matrix of two rows and two columns, row by row."""

PlaneTransform = tuple[Float32Array, IndexArray]
"""Transform of a PSF plane and of the pixel, and where its rows start.

The first array, of shape (2, n), has the real and the imaginary parts, doubled but for column
0: rows, from the most negative on, one after the other, and of each as many columns as matter.
The second has one number more than there are rows, which is odd.
"""

MAX_RADIUS = 1024.0
"""End of the tables of surface brightness, in effective radii."""

MAX_FREQUENCY = 40.0
"""End of the tables of transforms, in cycles per effective radius."""


@compiled
def wave_amplitudes(
    planes: tuple[PlaneTransform, ...],
    weights: tuple[float, ...],
    hankel: Float32Array,
    to_pixels: Matrix,
    phase_pix: tuple[float, float],
    box_pix: int,
) -> Float32Array:
    """Return the image of a galaxy and of its periodic repetitions, as a sum of waves.

    Parameters
    ----------
    planes
        Transforms of four PSF planes.
    weights
        Share of each plane in the PSF; any plane may stand where the share is 0.
    hankel
        Transform of the round profile at equal steps of the root of the frequency; one more
        than up to `MAX_FREQUENCY`.
    to_pixels
        Map from the plane where the effective ellipse is the unit circle to pixel offsets.
    phase_pix
        Centre (x, y) from the middle of the pixel that holds it.
    box_pix
        Width of the box, even: the period of the repetitions.

    Returns
    -------
    ndarray
        Amplitudes of the products of waves along y and waves along x, from the middle of the
        pixel that holds the centre. Waves are cosines, then sines, of 0 to box_pix / 2 cycles
        per box.
    """
    n_rows = 0
    n_columns = 0
    for _, starts in planes:
        n_rows = max(n_rows, starts.size // 2 - 1)
        n_columns = max(n_columns, np.max(np.diff(starts)))
    places = (hankel.size - 2) ** 2 / MAX_FREQUENCY / box_pix
    along_x = np.empty((4, n_columns), np.float32)
    _ramp(along_x[2:], phase_pix[0] / box_pix)
    for column in range(n_columns):
        along_x[0, column] = places * to_pixels[0] * column
        along_x[1, column] = places * to_pixels[1] * column
    along_y = np.empty((2, n_rows + 1), np.float32)
    _ramp(along_y, phase_pix[1] / box_pix)

    work = np.empty((4, n_columns), np.float32)
    folded = np.zeros((2, box_pix, box_pix), np.float32)
    for row in range(-n_rows, n_rows + 1):
        end = _blend(work, planes, weights, row)
        u = np.float32(places * to_pixels[2] * row)
        v = np.float32(places * to_pixels[3] * row)
        _modulate(work, end, along_x, u, v, hankel)
        cosine = along_y[0, abs(row)]
        sine = along_y[1, abs(row)] if row >= 0 else -along_y[1, abs(row)]
        _fold(folded, work, end, row, cosine, sine)
    return _amplitudes(folded)


@compiled
def _ramp(ramp: Float32Array, cycles: float) -> None:
    """Fill in the cosine and the sine of a shift, at multiples of cycles."""
    for i in range(ramp.shape[1]):
        ramp[0, i] = np.cos(2 * np.pi * cycles * i)
        ramp[1, i] = -np.sin(2 * np.pi * cycles * i)


@compiled
def _blend(
    work: Float32Array, planes: tuple[PlaneTransform, ...], weights: tuple[float, ...], row: int
) -> int:
    """Blend a row of the planes into work[:2], and return its number of columns."""
    (values_a, starts_a), (values_b, starts_b), (values_c, starts_c), (values_d, starts_d) = planes
    first_a, count_a = _row(starts_a, row)
    first_b, count_b = _row(starts_b, row)
    first_c, count_c = _row(starts_c, row)
    first_d, count_d = _row(starts_d, row)
    a, b = np.float32(weights[0]), np.float32(weights[1])
    c, d = np.float32(weights[2]), np.float32(weights[3])
    common = min(count_a, count_b, count_c, count_d)
    end = max(count_a, count_b, count_c, count_d)
    for part in range(2):
        # In one loop as far as all have columns: each alone is twice as slow.
        for i in range(common):
            work[part, i] = (
                a * values_a[part, first_a + i]
                + b * values_b[part, first_b + i]
                + c * values_c[part, first_c + i]
                + d * values_d[part, first_d + i]
            )
        for i in range(common, end):
            value = np.float32(0)
            if i < count_a:
                value += a * values_a[part, first_a + i]
            if i < count_b:
                value += b * values_b[part, first_b + i]
            if i < count_c:
                value += c * values_c[part, first_c + i]
            if i < count_d:
                value += d * values_d[part, first_d + i]
            work[part, i] = value
    return int(end)


@compiled
def _row(starts: IndexArray, row: int) -> tuple[np.uint64, np.uint64]:
    """Start and number of columns of a row: unsigned, for these are never counted back."""
    at = row + starts.size // 2 - 1
    if at < 0 or at > starts.size - 2:
        return np.uint64(0), np.uint64(0)
    return np.uint64(starts[at]), np.uint64(starts[at + 1] - starts[at])


@compiled
def _modulate(
    work: Float32Array,
    end: int,
    along_x: Float32Array,
    u_y: np.float32,
    v_y: np.float32,
    hankel: Float32Array,
) -> None:
    """Multiply a row by the transform of the galaxy, and shift it along x."""
    # Loops of one kind of work each: those without look-ups run in vector registers.
    for i in range(end):
        u = along_x[0, i] + u_y
        v = along_x[1, i] + v_y
        work[2, i] = np.sqrt(np.sqrt(u * u + v * v))
    for i in range(end):
        place = work[2, i]
        node = np.uint32(np.int32(place))
        low = hankel[node]
        work[3, i] = low + (place - np.float32(node)) * (hankel[node + np.uint32(1)] - low)
    for i in range(end):
        real = work[3, i] * work[0, i]
        imag = work[3, i] * work[1, i]
        work[0, i] = real * along_x[2, i] - imag * along_x[3, i]
        work[1, i] = real * along_x[3, i] + imag * along_x[2, i]


@compiled
def _fold(
    folded: Float32Array,
    work: Float32Array,
    end: int,
    row: int,
    cosine: np.float32,
    sine: np.float32,
) -> None:
    """Shift a row along y, and add what is the same frequency at the centres of pixels."""
    into = row % folded.shape[1]
    # Unsigned numbers: no index is then looked at from the end of an array.
    box_pix = np.uint64(folded.shape[1])
    first = np.uint64(0)
    while first < np.uint64(end):
        for i in range(min(box_pix, np.uint64(end) - first)):
            real = work[0, first + i]
            imag = work[1, first + i]
            folded[0, into, i] += real * cosine - imag * sine
            folded[1, into, i] += real * sine + imag * cosine
        first += box_pix


@compiled
def _amplitudes(folded: Float32Array) -> Float32Array:
    """Amplitudes of the waves of an image, from its folded half plane of frequencies."""
    box_pix = folded.shape[1]
    n_waves = box_pix // 2 + 1
    amplitudes = np.empty((2 * n_waves, 2 * n_waves), np.float32)
    for row in range(n_waves):
        opposite = box_pix - row if row > 0 else 0
        # A frequency without an opposite is met twice.
        row_share = 0.5 if opposite == row else 1.0
        for column in range(n_waves):
            mirrored = box_pix - column if column > 0 else 0
            share = np.float32(row_share * (0.5 if mirrored == column else 1.0) / box_pix**2)
            real = folded[0, row, column] + folded[0, opposite, mirrored]
            imag = folded[1, row, column] - folded[1, opposite, mirrored]
            real_opposite = folded[0, opposite, column] + folded[0, row, mirrored]
            imag_opposite = folded[1, opposite, column] - folded[1, row, mirrored]
            amplitudes[row, column] = share * (real + real_opposite)
            amplitudes[row, n_waves + column] = -share * (imag + imag_opposite)
            amplitudes[n_waves + row, column] = -share * (imag - imag_opposite)
            amplitudes[n_waves + row, n_waves + column] = -share * (real - real_opposite)
    return amplitudes


@compiled
def repeated_light(
    brightness: FloatArray,
    to_unit: Matrix,
    phase_pix: tuple[float, float],
    nodes_pix: FloatArray,
    box_pix: int,
    count: int,
) -> FloatArray:
    """Return the light per pixel of the periodic repetitions of a galaxy, at nodes.

    Parameters
    ----------
    brightness
        Surface brightness of the round profile at equal steps of the root of the radius; one
        more than up to `MAX_RADIUS`. The last two are 0, and all beyond.
    to_unit
        Map from pixel offsets to the plane where the effective ellipse is the unit circle.
    phase_pix
        Centre (x, y) from the middle of the image.
    nodes_pix
        Nodes in x and in y, from the middle of the image.
    box_pix
        Period.
    count
        How many repetitions to every side are added up.
    """
    a, b, c, d = to_unit
    n_nodes = nodes_pix.size
    last = float(brightness.size - 2)
    steps = last / np.sqrt(MAX_RADIUS)
    # Nodes of one repetition after the other.
    offsets = (np.arange(-count, count + 1) * float(box_pix)).repeat(n_nodes)
    for i in range(2 * count + 1):
        offsets[i * n_nodes : (i + 1) * n_nodes] += nodes_pix
    places = np.empty(offsets.size)
    light = np.zeros((n_nodes, n_nodes))
    for j in range(2 * count + 1):
        for row in range(n_nodes):
            y = offsets[j * n_nodes + row] - phase_pix[1]
            for i in range(offsets.size):
                x = offsets[i] - phase_pix[0]
                u = a * x + b * y
                v = c * x + d * y
                places[i] = min(steps * np.sqrt(np.sqrt(u * u + v * v)), last)
            for i in range(2 * count + 1):
                if i == count and j == count:
                    continue
                for column in range(n_nodes):
                    place = places[i * n_nodes + column]
                    node = np.uint32(np.int32(place))
                    low = brightness[node]
                    step = brightness[node + np.uint32(1)] - low
                    light[row, column] += low + (place - node) * step
    return abs(a * d - b * c) * light


@compiled
def row_ends(power: Float32Array, left_out: float) -> IndexArray:
    """Return how many columns of every row are needed to leave out that little power.

    Parameters
    ----------
    power
        Power per frequency, finite.
    left_out
        Bound of the sum over the frequencies below a threshold, less than all of it; they
        are left out at the ends of rows.
    """
    threshold = np.float32(left_out / power.size)
    while _power_below(power, np.float32(2) * threshold) <= left_out:
        threshold *= np.float32(2)
    ends = np.zeros(power.shape[0], np.int32)
    for row in range(power.shape[0]):
        for column in range(power.shape[1]):
            if power[row, column] >= threshold:
                ends[row] = column + 1
    return ends


@compiled
def _power_below(power: Float32Array, threshold: np.float32) -> float:
    total = np.float32(0)
    for row in range(power.shape[0]):
        for column in range(power.shape[1]):
            total += power[row, column] if power[row, column] < threshold else np.float32(0)
    return float(total)
