"""``manage.py run``: the whole site in one command."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from jobs.checks import TAG
from jobs.supervisor import Supervisor

DEFAULT_PORT = 8000
_PORTS_TRIED = 20
_WORKERS_PER_CLUSTER: int = settings.Q_CLUSTER["workers"]


class Command(BaseCommand):
    """Brings the database up to date, and runs web server, workers and sweeper."""

    help = "Run the site: web server and workers together, until Ctrl-C."

    # Only those that a site needs: the others load all pages, which takes a second.
    requires_system_checks: list[str] = []

    _listener = ("", 0)
    _address = ""
    _is_up = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
        )
        parser.add_argument(
            "--port",
            type=int,
            help=f"port to listen on (default: {DEFAULT_PORT}, or the next one that is free)",
        )
        parser.add_argument(
            "--workers",
            type=int,
            default=max(os.cpu_count() or 1, _WORKERS_PER_CLUSTER),
            help="worker processes, rounded up to clusters of "
            f"{_WORKERS_PER_CLUSTER} (default: the processors of this machine)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the site."""
        if options["workers"] < 1:
            raise CommandError(f"--workers: {options['workers']} given; allowed: 1 or more")
        host = options["host"]
        port = _free_port(host, options["port"])
        if errors := run_checks(tags=[TAG], include_deployment_checks=True):
            raise CommandError("\n".join(f"{error.msg} {error.hint or ''}" for error in errors))
        call_command("migrate", verbosity=0, interactive=False)
        self._listener = (host, port)
        self._address = _address(host, port)
        self.prepare()
        cluster = [sys.executable, "-m", "django", "work"]
        n_clusters = -(-options["workers"] // _WORKERS_PER_CLUSTER)
        Supervisor(_web_server(host, port), [cluster] * n_clusters, on_tick=self._tick).run()
        self.say("Stopped.")

    def prepare(self) -> None:
        """Do what comes before the first process starts."""

    def on_tick(self, address: str) -> None:
        """Do what is to be done several times a second, once the site answers."""

    def say(self, text: str) -> None:
        """Print a line at once: a log file or a pipe would see it only at the end."""
        self.stdout.write(text)
        self.stdout.flush()

    def _tick(self) -> None:
        if not self._is_up and _answers(*self._listener):
            self._is_up = True
            self.say(f"SPHEREx Explorer: {self._address}/   (Ctrl-C stops it)")
        if self._is_up:
            self.on_tick(self._address)


def _answers(host: str, port: int) -> bool:
    """Whether the web server takes connections."""
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _address(host: str, port: int) -> str:
    """Return the address that a browser on this machine can use."""
    try:
        everywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    name = "localhost" if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _web_server(host: str, port: int) -> list[str]:
    module, _, name = str(settings.WSGI_APPLICATION).rpartition(".")
    return [
        *(sys.executable, "-m", "gunicorn", f"{module}:{name}"),
        *("--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload"),
        *("--graceful-timeout", "5", "--timeout", "120"),
        *("--no-control-socket", "--log-level", "warning"),
    ]


def _free_port(host: str, wanted: int | None) -> int:
    """Return the port to listen on: the one that is wanted, or the first that is free."""
    if wanted is not None and not 0 < wanted < 65536:
        raise CommandError(f"--port: {wanted} given; allowed: 1 to 65535")
    first, tried = (DEFAULT_PORT, _PORTS_TRIED) if wanted is None else (wanted, 1)
    for port in range(first, first + tried):
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind, protocol) as listener:
                # As gunicorn does: a port whose last connections are fading away is free.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
        except OSError as error:
            reason = error
        else:
            return port
    raise CommandError(
        f"--port: can't listen on {host}, port {first}"
        + (f" to {first + tried - 1}" if tried > 1 else "")
        + f" ({reason}); stop what listens there, or give another port"
    )
