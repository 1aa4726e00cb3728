"""Settings of the site. This module is the only one that reads the environment.

Nothing has to be set on a laptop. A public site sets ``SPHEREX_PRODUCTION=1``,
``SPHEREX_SECRET_KEY`` and ``SPHEREX_ALLOWED_HOSTS`` and stands behind a proxy on the same
machine that speaks TLS and sets ``X-Forwarded-Proto`` (gunicorn believes it from there).

Environment variables
---------------------
SPHEREX_DATA_FOLDER
    Database, results and the generated key. Default: ``data`` beside ``manage.py``.
SPHEREX_RESULTS_FOLDER
    Products of the jobs. Default: ``results`` in the data folder. Workers on several machines
    share it.
SPHEREX_ARCHIVE
    The archive that jobs of the site measure: ``simulated`` (default) or the path of a folder
    of Spectral Images on the server.
SPHEREX_PRODUCTION
    ``1`` for a public site: key and hosts must be given, pages only over HTTPS.
SPHEREX_SECRET_KEY
    Signs cookies and queue messages. Default: made once and kept in the data folder.
SPHEREX_OLD_SECRET_KEYS
    Former keys, separated by commas, whose cookies stay valid.
SPHEREX_ALLOWED_HOSTS
    Host names of the site, separated by commas. Default: this machine only.
SPHEREX_DEBUG
    ``1`` shows tracebacks in the browser. Never on a public site.
SPHEREX_LOG_LEVEL
    ``DEBUG``, ``INFO``, ``WARNING`` (default) or ``ERROR``, for the log on standard error.
SPHEREX_MAX_TARGETS, SPHEREX_MAX_ACTIVE_JOBS
    The most targets of one job, and the most unfinished jobs of one visitor.
SPHEREX_MAX_UPLOADS, SPHEREX_MAX_LISTS
    The most opened files, and the most lists of targets, that are kept for one visitor.
SPHEREX_CATALOGUE_TAP
    TAP service with VizieR's tables of Gaia DR3 and 2MASS, asked for sources around a target when
    a visitor wants to know. Default: VizieR. Empty: none is asked, nor by sites that simulate.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_FOLDER = Path(__file__).resolve().parent.parent


def _switch(name: str) -> bool:
    text = os.environ.get(name, "0")
    if text not in ("0", "1"):
        raise ImproperlyConfigured(f"{name}: {text!r} given; allowed: 0, 1")
    return text == "1"


def _whole_number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ImproperlyConfigured(f"{name}: {text!r} given; allowed: a whole number above 0")
    return int(text)


def _names(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _kept_secret_key(folder: Path) -> str:
    """Return the key of this installation, made when it is first asked for."""
    path = folder / "secret_key"
    if not path.exists():
        draft = folder / f"secret_key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(get_random_secret_key())
        try:
            # Of several processes that start at once one wins, and all read its key.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("ascii")


PRODUCTION = _switch("SPHEREX_PRODUCTION")
DEBUG = _switch("SPHEREX_DEBUG")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("SPHEREX_DEBUG: a public site must not show tracebacks")

# Data and archive

SPHEREX_DATA_FOLDER = Path(os.environ.get("SPHEREX_DATA_FOLDER") or BASE_FOLDER / "data").resolve()
SPHEREX_DATA_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
SPHEREX_RESULTS_FOLDER = Path(
    os.environ.get("SPHEREX_RESULTS_FOLDER") or SPHEREX_DATA_FOLDER / "results"
).resolve()
SPHEREX_ARCHIVE = os.environ.get("SPHEREX_ARCHIVE") or "simulated"
SPHEREX_CATALOGUE_TAP = os.environ.get(
    "SPHEREX_CATALOGUE_TAP", "https://tapvizier.cds.unistra.fr/TAPVizieR/tap"
)
SPHEREX_ARCHIVE_OPENER = "photometry_core.archive.open_archive"
"""Dotted path of the function that opens an archive by its name."""

# Limits

SPHEREX_MAX_TARGETS = _whole_number("SPHEREX_MAX_TARGETS", 100)
"""The most targets of one job; longer lists become several jobs."""
SPHEREX_MAX_ACTIVE_JOBS = _whole_number("SPHEREX_MAX_ACTIVE_JOBS", 50)
"""The most unfinished jobs of one visitor."""
SPHEREX_MAX_UPLOADS = _whole_number("SPHEREX_MAX_UPLOADS", 50)
"""The most opened files that are kept for one visitor."""
SPHEREX_MAX_LISTS = _whole_number("SPHEREX_MAX_LISTS", 50)
"""The most lists of targets that are kept for one visitor."""

# How jobs are worked on

SPHEREX_CHUNK_ROWS = 60
"""Rows (targets times exposures) of a chunk: a few seconds of work."""
SPHEREX_CHUNK_SECONDS = 60.0
"""After so long a chunk hands in what it has and leaves the rest to a new one."""
SPHEREX_CAREFUL_CHUNK_SECONDS = 2.0
"""The same for a chunk whose worker died once: little is lost if it happens again."""
SPHEREX_LEASE_SECONDS = 20.0
"""Work whose worker has not been heard of for so long is given to another."""
SPHEREX_HEARTBEAT_SECONDS = 1.0
"""How often a worker renews its lease, reports progress and looks for a cancellation."""
SPHEREX_RENUDGE_SECONDS = 30.0
"""Work that waits longer than this with no message in the queue is announced again."""
SPHEREX_MAX_ATTEMPTS = 5
"""A chunk that got nowhere in so many attempts ends its job."""
SPHEREX_SWEEP_SECONDS = 3.0
"""How often the supervisor sweeps (besides the schedule, once a minute)."""
SPHEREX_STALL_SECONDS = 60.0
"""If work waits and nobody takes any for so long, the supervisor restarts the workers."""

# A queue task may take CHUNK_SECONDS, then finish the exposure in hand and assemble a product.
_TASK_TIMEOUT = 300
_WORKERS_PER_CLUSTER = 2

Q_CLUSTER: dict[str, Any] = {
    "name": "spherex",
    "orm": "default",
    "workers": _WORKERS_PER_CLUSTER,
    # The retry clock runs from the moment a message is fetched: it must outlast everything
    # that can be fetched ahead of it. A check holds this true.
    "queue_limit": _WORKERS_PER_CLUSTER,
    "timeout": _TASK_TIMEOUT,
    "retry": 1200,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "recycle": 50,
    "poll": 0.2,
    # Timeouts are only noticed if the cycle divides them exactly.
    "guard_cycle": 0.5,
    # Successful tasks leave no row: the job's row says what happened.
    "save_limit": -1,
    "log_level": "WARNING",
}

# Security

SECRET_KEY = os.environ.get("SPHEREX_SECRET_KEY", "")
SECRET_KEY_FALLBACKS = _names("SPHEREX_OLD_SECRET_KEYS")
ALLOWED_HOSTS = _names("SPHEREX_ALLOWED_HOSTS")
if PRODUCTION:
    for _name, _value in (
        ("SPHEREX_SECRET_KEY", SECRET_KEY),
        ("SPHEREX_ALLOWED_HOSTS", ALLOWED_HOSTS),
    ):
        if not _value:
            raise ImproperlyConfigured(f"{_name}: a public site must set it")
SECRET_KEY = SECRET_KEY or _kept_secret_key(SPHEREX_DATA_FOLDER)
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 86400 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "explorer.views.errors.csrf_failure"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = "Lax"
VISITOR_COOKIE_NAME = "__Host-visitor" if PRODUCTION else "visitor"
VISITOR_COOKIE_SECURE = PRODUCTION
SHARED_COOKIE_NAME = "__Host-shared" if PRODUCTION else "shared"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # Bokeh styles its elements in place.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        # The hub of SAMP, on the machine of whoever looks at the page.
        "connect-src": [SELF, "http://localhost:21012", "http://127.0.0.1:21012"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "explorer.upload_limit.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Applications

INSTALLED_APPS = [
    "explorer.apps.ExplorerConfig",
    "jobs.apps.JobsConfig",
    "csp",
    "django_htmx",
    "django_q",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jobs.visitors.VisitorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "explorer.urls"
WSGI_APPLICATION = "explorer.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_FOLDER / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "explorer.context.site",
            ]
        },
    }
]

# Database

# Several processes write to SQLite at once: write-ahead log, and transactions that take the
# write lock when they begin, since one that starts by reading can't wait for it later.
# PostgreSQL for several machines goes here, chosen by an environment variable; nothing else
# knows which database it is.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SPHEREX_DATA_FOLDER / "spherex.sqlite3",
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000"
            ),
        },
        # A file, since the processes that tests start must see it; its own for each test run.
        "TEST": {"NAME": SPHEREX_DATA_FOLDER / f"test.{os.getpid()}.sqlite3"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Static files, served from where they are by whitenoise

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_FOLDER / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "explorer.static_files.PackageFileFinder",
]
NODE_MODULES = BASE_FOLDER / "node_modules"
"""Where npm installs what the pages load in the browser."""
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Language, time, log

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

_LOG_LEVEL = os.environ.get("SPHEREX_LOG_LEVEL", "WARNING")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": _LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": _LOG_LEVEL, "propagate": True},
        # Addresses that don't exist are answered with 404, and that is all.
        "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        # Anybody can send a wrong Host header; it is answered with 400.
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
    },
}
