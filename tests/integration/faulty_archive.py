"""An archive for tests of the jobs: as many exposures as asked for, and faults on demand.

What it does is written in its name, so that worker processes learn it from the job:
``faulty:{"n": 60, "delay_s": 0.01, "faults": {"17": "exit"}}``. Its pixels are those of a star on
a flat background with repeatable noise.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import json
import os
import time
from pathlib import Path

import numpy as np

from photometry_core import archive as archives
from photometry_core.archive.search import ExposureMatch, ExposureSearch
from photometry_core.celestial import TanSip
from photometry_core.cutout import Cutout, PsfGrid
from photometry_core.errors import ArchiveError, ExposureError
from photometry_core.types import Exposure

PREFIX = "faulty:"
SIZE_PIX = 41
PIXEL_DEG = 6.15 / 3600
OVERSAMPLING = 5
FWHM_PIX = 1.2


def name_of(**behaviour):
    return PREFIX + json.dumps(behaviour)


def open_archive(name):
    if name.startswith(PREFIX):
        return FaultyArchive(name, json.loads(name.removeprefix(PREFIX)))
    return archives.open_archive(name)


class FaultyArchive:
    description = "stars for tests"
    simulated = True

    def __init__(self, name, behaviour):
        self.name = name
        self.n = behaviour.get("n", 60)
        self.delay_s = behaviour.get("delay_s", 0.0)
        self.faults = behaviour.get("faults", {})
        self.log = behaviour.get("log")
        # Files whose presence means: the archive is closed.
        self.closed_by = behaviour.get("closed_by")
        if self.closed_by and Path(self.closed_by).exists():
            raise ArchiveError("archive: closed for maintenance")

    def find_exposures(self, targets, options):
        if self.faults.get("search") == "error":
            raise ValueError("a fault nobody thought of")
        matches = [
            ExposureMatch(exposure=_exposure(number), targets=tuple(range(len(targets))))
            for number in range(self.n)
        ]
        return ExposureSearch(
            matches=tuple(m for m in matches if options.accepts(m.exposure)),
            problems=tuple(f"notes{i}.txt: not a FITS file" for i in range(self.n % 2)),
        )

    def read_cutouts(self, exposure, targets, _half_size_pix):
        number = int(exposure.access)
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{number} {os.getpid()}\n")
        time.sleep(self.delay_s)
        _fail(self.faults.get(str(number), ""))
        return [(_cutout(exposure, number, target), (i,)) for i, target in enumerate(targets)]

    def calibration_note(self):
        return "none"


def _fail(fault):
    if fault == "exit":
        os._exit(3)
    elif fault == "segfault":
        ctypes.string_at(0)
    elif fault == "unreadable":
        raise ExposureError("truncated")
    elif fault == "unforeseen":
        raise ValueError("a fault nobody thought of")
    elif fault == "memory":
        raise MemoryError
    elif fault == "full":
        raise OSError(errno.ENOSPC, "no room")
    elif fault == "hang":
        time.sleep(1000)


def _exposure(number):
    detector = number % 6 + 1
    return Exposure(
        publisher_did=f"ivo://test/faulty?{number:05d}/D{detector}",
        obs_id=f"{number:05d}",
        detector=detector,
        lvf_id=10**14 + number,
        collection="spherex_qr2",
        deep=False,
        mjd=61000.0 + number / 100,
        simulated=False,
        access=str(number),
    )


class _Flat:
    def __init__(self, number):
        self.wavelength_um = 0.75 + 0.01 * number

    def at(self, _x_pix, _y_pix):
        return self.wavelength_um, 0.02


@functools.cache
def _psf():
    half = 6 * OVERSAMPLING
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    plane = np.exp(-(x**2 + y**2) / (2 * (FWHM_PIX / 2.355 * OVERSAMPLING) ** 2))
    plane = (plane / plane.sum()).astype(np.float32)
    return PsfGrid(
        planes=plane[None, None],
        x_centers_pix=np.array([1000.0]),
        y_centers_pix=np.array([1000.0]),
        oversampling=OVERSAMPLING,
    )


def _cutout(exposure, number, target):
    y, x = np.mgrid[:SIZE_PIX, :SIZE_PIX] - SIZE_PIX // 2
    star = np.exp(-(x**2 + y**2) / (2 * (FWHM_PIX / 2.355) ** 2))
    noise = np.random.default_rng(number).normal(0, 0.01, star.shape)
    zeros = np.zeros((2, 2))
    return Cutout(
        exposure=exposure,
        image_mjy_sr=(0.3 + star + noise).astype(np.float32),
        variance_mjy2_sr2=np.full(star.shape, 1e-4, np.float32),
        flags=np.zeros(star.shape, np.int32),
        origin_pix=(1000 - SIZE_PIX // 2, 1000 - SIZE_PIX // 2),
        solid_angle_arcsec2=np.full(star.shape, 6.15**2),
        wcs=TanSip(
            crpix=(1000.0, 1000.0),
            crval_deg=(target.ra_deg, target.dec_deg),
            cd_deg=np.array([[-PIXEL_DEG, 0], [0, PIXEL_DEG]]),
            sip_a=zeros,
            sip_b=zeros,
        ),
        spectral=_Flat(number),
        psf=_psf(),
    )
