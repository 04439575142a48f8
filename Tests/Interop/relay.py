"""The built relay as a child process, for as long as a test needs it."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("RELAY_BINARY", str(ROOT / ".build/release/clasp-relay"))


class Relay:
    """A relay in open mode on a port of its own choice, with an empty data directory unless it is given one."""

    def __init__(self, *options, port=0, data=None, environment=None):
        self._own = None if data else tempfile.TemporaryDirectory(prefix="clasp-relay-")
        self.data = pathlib.Path(data or self._own.name) / "data"
        self._log = tempfile.TemporaryFile(mode="w+")
        arguments = ["--open", "--port", str(port), "--auth-port", "0", "--data-dir", str(self.data), *options]
        # What names the program is no option of it.
        inherited = {name: value for name, value in os.environ.items() if name != "RELAY_BINARY"}
        self.process = subprocess.Popen(
            [BINARY, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env=inherited | (environment or {}))
        self.port, self.http_port = self._said("ws"), self._said("http")

    def _said(self, scheme):
        """The port of the next line that the relay says."""
        line = self.process.stdout.readline()
        match = re.search(rf" {scheme}://127\.0\.0\.1:(\d+)$", line)
        if not match:
            raise AssertionError(f"the relay did not start ({self.stop(signal.SIGKILL)}): {line}{self.log}")
        return int(match.group(1))

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log(self):
        self._log.seek(0)
        return self._log.read()

    def metric(self, name):
        """A figure of /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE).group(1))

    @property
    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        """The exit status."""
        return self.process.wait(seconds)

    def stop(self, number=signal.SIGTERM):
        """Ends the relay, if it still runs, and tells its exit status."""
        if self.process.poll() is None:
            self.send(number)
        status = self.wait()
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)
        self._log.close()
        if self._own:
            self._own.cleanup()


def free_port():
    """A port that nobody listens on at this moment, and that two relays can use one after the other."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
