"""Files on disk and in memory deliver the same bytes, and never more than there are."""

import gzip

import numpy as np
import pytest

from photometry_core.byte_source import FileSource, MemorySource, opened
from photometry_core.errors import DataFormatError

DATA = np.random.default_rng(1).bytes(10_000)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.fits"
    path.write_bytes(DATA)
    return path


def test_ranges_and_pieces_are_the_same(path):
    memory = MemorySource(DATA, "file.fits")
    with FileSource(path) as file:
        assert file.name == memory.name
        for start, end in ((0, 10), (9_990, 10_020), (10_000, 10_001), (20_000, 30_000), (5, 5)):
            assert file.read(start, end) == memory.read(start, end) == DATA[start:end]
        for start, size, stride, count in ((3, 4, 100, 20), (0, 100, 100, 100), (9_996, 4, 1, 1)):
            expected = b"".join(
                DATA[start + k * stride : start + k * stride + size] for k in range(count)
            )
            assert file.read_pieces(start, size, stride, count) == expected
            assert memory.read_pieces(start, size, stride, count) == expected


def test_what_no_memory_could_hold_is_not_asked_for(path):
    with FileSource(path) as file:
        assert file.read(100, 10**30) == DATA[100:]
        assert file.read(10**30, 10**31) == b""
        assert len(file.read_pieces(0, 10, 1000, 11)) < 110
        assert len(file.read_pieces(10**30, 10, 1000, 11)) < 110


def test_compressed_files_are_recognised_by_their_content(tmp_path):
    path = tmp_path / "named_wrongly.fits"
    path.write_bytes(gzip.compress(DATA))
    with opened(path) as source:
        assert source.read(0, 10**6) == DATA
    path.write_bytes(gzip.compress(DATA)[:-100])
    with pytest.raises(DataFormatError, match=r"named_wrongly\.fits: damaged gzip"), opened(path):
        pass
