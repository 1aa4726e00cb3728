"""Scripts that come inside installed packages, served without copying them.

Only the files named here: Bokeh's whole folder would be 20 MB, and holds files that
hashed storages can't process. Packages of Python and of npm; what npm could not install is not
found, and the pages that want it say so.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bokeh.settings import settings as bokeh_settings
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

_BOKEH_FILES = ("bokeh.min.js",)

SKY_VIEWER = "aladin-lite/aladin.js"
"""Static path of Aladin Lite."""


class PackageFileFinder(BaseFinder):
    """Finds a fixed list of files in installed packages, as ``<package>/<name>``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        folder = Path(bokeh_settings.bokehjs_path()) / "js"
        self.files = {f"bokeh/{name}": folder / name for name in _BOKEH_FILES}
        self.files[SKY_VIEWER] = Path(settings.NODE_MODULES) / "aladin-lite" / "dist" / "aladin.js"

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing can be configured, so nothing can be wrong."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file behind a static path, or an empty list; all of them in a list."""
        found = self.files.get(path)
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield every file with the storage it is in, as `collectstatic` wants it."""
        for path, file in self.files.items():
            if not file.is_file():
                continue
            storage: Any = FileSystemStorage(location=str(file.parent))
            # The prefix is how a finder says into which folder the file belongs.
            storage.prefix = path.rsplit("/", 1)[0]
            yield file.name, storage
