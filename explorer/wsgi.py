"""What a web server such as gunicorn calls."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")
application = get_wsgi_application()

# Before the server divides into processes, so that the first visitor of none waits for it.
import_module(settings.ROOT_URLCONF)
