"""Relays with a file of settings, to be told apart from those without."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import codec
from peer import Closed, Peer, Socket
from relay import BINARY, Relay
from test_health import until

ADA = {"username": "ada", "password": "correct horse"}
DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate; client_no_context_takeover; server_no_context_takeover")]


class Setup:
    """A relay with a file of settings, and a place for other files."""

    def __init__(self, stack, toml="", *, is_open=True, files=None, told=(), environment=None):
        self.place = stack.enter_context(tempfile.TemporaryDirectory())
        for name, text in (files or {}).items():
            self.file(name, text)
        self.config = self.file("config.toml", toml.replace("$HERE", self.place))
        self.told = [*(["--open"] if is_open else []), "--config", self.config, *told]
        self.stack, self.environment = stack, environment
        self.relay = None

    def file(self, name, text):
        path = pathlib.Path(self.place, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def start(self, ports=True, data=True):
        """The relay, on free ports and in a directory of its own unless the file says where."""
        told = self.told + (["--port", "0", "--auth-port", "0"] if ports else [])
        told += ["--data-dir", f"{self.place}/data"] if data else []
        self.relay = self.stack.enter_context(Relay(told=told, environment=self.environment))
        self.relay.data = pathlib.Path(self.place, "data")
        return self.relay

    def fails(self, *options):
        """The exit status of a start that does not succeed."""
        told = [BINARY, *self.told, "--port", "0", "--auth-port", "0", "--data-dir", f"{self.place}/data", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
        return subprocess.run(told, capture_output=True, timeout=20, env=environment, stdin=subprocess.DEVNULL).returncode


class Behaviour(unittest.TestCase):
    """Tells relays with a setting from relays without it."""

    maxDiff = None

    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())

    def relay(self, toml="", ports=True, data=True, **setup):
        return Setup(self.stack, toml, **setup).start(ports, data)

    def peer(self, relay, **options):
        peer = Peer(relay, **options)
        self.addCleanup(peer.close)
        return peer

    def plain(self, relay, **options):
        connected = Socket(relay.port, **options)
        self.addCleanup(connected.close)
        return connected

    def both(self, toml, ask, **setup):
        """What `ask` finds without the settings and with them."""
        return ask(self.relay(**setup)), ask(self.relay(toml, **setup))

    def closure(self, connected, seconds=10):
        try:
            deadline = time.monotonic() + seconds
            while True:
                connected.receive_bytes(max(0.01, deadline - time.monotonic()))
        except Closed as closed:
            return closed.code
        except TimeoutError:
            return None

    def fate(self, connected):
        """How the relay ends a connection for what was sent; None when it answers what comes behind that."""
        try:
            connected.send_bytes(codec.frame(codec.ping()))
            while codec.decode(connected.receive_bytes()).type != "PONG":
                pass
        except Closed as closed:
            return closed.code
        return None

    def log(self, relay, word):
        """The fields of the first line with that message."""
        until(lambda: word in relay.log)
        return json.loads(next(line for line in relay.log.splitlines() if word in line))["fields"]
