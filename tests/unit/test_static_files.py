"""Scripts of installed packages are found, and nothing else of these packages."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command

from explorer.static_files import PackageFileFinder


def test_bokeh_is_found_and_only_what_pages_use():
    assert Path(finders.find("bokeh/bokeh.min.js")).stat().st_size > 500_000
    for path in ("bokeh/compiler.js", "bokeh/../package.json", "bokeh/", "bokeh.min.js"):
        assert not PackageFileFinder().find(path)


def test_pages_find_everything_they_ask_for():
    for path in ("django_htmx/htmx-2.min.js", "css/explorer.css", "js/page.js", "img/icon.svg"):
        assert finders.find(path)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_files_can_be_collected_under_names_with_hashes(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": f"{ManifestStaticFilesStorage.__module__}.ManifestStaticFilesStorage"
        }
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    assert list((tmp_path / "bokeh").glob("bokeh.min.*.js"))
