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
    """A relay on ports of its own choice, in open mode unless `is_open` is false, with an empty data directory unless it is
    given one. `told` replaces what it is told beside `options`; it must say `ws://` and `http://` all the same."""

    def __init__(self, *options, port=0, data=None, is_open=True, told=None, environment=None):
        self._own = None if data else tempfile.TemporaryDirectory(prefix="clasp-relay-")
        self.data = pathlib.Path(data or self._own.name) / "data"
        self._log = tempfile.TemporaryFile(mode="a+")
        if told is None:
            told = ["--port", str(port), "--auth-port", "0", "--data-dir", str(self.data)] + ["--open"] * is_open
        self.process = subprocess.Popen(
            [BINARY, *told, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, text=True,
            # What the tests are told by variables is not meant for the relay.
            env={name: value for name, value in os.environ.items() if not name.startswith("RELAY_")} | (environment or {}))
        self.port, self.http_port = self._said("ws"), self._said("http")

    def _said(self, scheme):
        """The port of the next line that the relay says."""
        line = self.process.stdout.readline()
        match = re.search(rf" {scheme}s?://(?:127\.0\.0\.\d|\[::1\]):(\d+)$", line)
        if not match:
            raise AssertionError(f"the relay did not start ({self.stop(signal.SIGKILL)}): {line}{self.log}")
        return int(match.group(1))

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log(self):
        # Read by place: the relay writes through the same open file, and shares its position.
        number, data = self._log.fileno(), b""
        while part := os.pread(number, 1 << 24, len(data)):
            data += part
        return data.decode()

    def log_line_count(self):
        return self.log.count("\n")

    def command(self, *words, given=""):
        """What another command of the same program says about the same data."""
        return subprocess.run(
            [BINARY, *words, "--data-dir", str(self.data)], input=given, capture_output=True, text=True,
            check=True).stdout.strip()

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
