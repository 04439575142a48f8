"""The path of somebody new: the commands of the README as they stand there.

The relay that they start is the built one, because a build would wait for others that are under way. With README_BUILDS=1
in the environment, and without RELAY_BINARY, the README builds it itself, as on a machine that has nothing yet.
"""

import os
import re
import signal
import subprocess
import tempfile
import unittest

from http_client import get
from relay import BINARY, ROOT, free_port
from test_health import until


def command(name):
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"```sh tested={name}\n(.*?)```", text, re.DOTALL).group(1)
    # The one that is tested, where that is another one than the README builds.
    return found.replace(".build/release/clasp-relay", BINARY) if "RELAY_BINARY" in os.environ else found


class Readme(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(tempfile.TemporaryDirectory())
        self.http_port = free_port()
        port = free_port()
        # Others may have the usual ports; where the data lies and what is said does not change.
        self.environment = os.environ | {
            "RELAY_PORT": str(port), "RELAY_AUTH_PORT": str(self.http_port), "RELAY_URL": f"ws://127.0.0.1:{port}",
            "RELAY_DATA_DIR": self.place + "/data"}
        if "README_BUILDS" not in os.environ:
            self.environment["RELAY_BINARY"] = BINARY

    def start(self, name):
        process = subprocess.Popen(
            ["bash", "-e", "-c", command(name)], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(lambda: process.poll() is None and os.killpg(process.pid, signal.SIGTERM))
        return process

    def is_ready(self):
        try:
            return get(self.http_port, "/readyz")[0] == 200
        except OSError:
            return False

    def test_the_first_value(self):
        self.start("relay")
        until(self.is_ready, 280)
        listener = self.start("listen")
        until(lambda: '"subscriptions":1' in get(self.http_port, "/status")[1])
        self.assertEqual(self.start("write").wait(20), 0)
        self.assertEqual(listener.stdout.readline(), '/lights/desk {"on":true,"level":0.8}\n')
