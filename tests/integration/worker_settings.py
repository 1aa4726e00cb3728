"""Settings of worker processes that tests start: the test's database and its own values."""

import json
import os

from explorer.settings import *  # noqa: F403
from explorer.settings import DATABASES, Q_CLUSTER

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
SPHEREX_ARCHIVE_OPENER = "tests.integration.faulty_archive.open_archive"

_values = json.loads(os.environ["TEST_SETTINGS"])
Q_CLUSTER.update(_values.pop("Q_CLUSTER", {}))
globals().update(_values)
