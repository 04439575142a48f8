"""What probes, people and Prometheus are told: of a relay that is well, one whose disk is full, one that cannot write."""

import ctypes
import json
import pathlib
import re
import subprocess
import time

import codec
from case import WireCase
from http_client import call, get, guest, post
from peer import Peer
from relay import ROOT, Relay


def jq(text, question):
    """Whether the answer to a question about JSON is yes."""
    asked = subprocess.run(["jq", "-e", question], input=text, capture_output=True, text=True, timeout=20)
    return asked.returncode == 0


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.02)
    return found


class Stopped:
    """One thread of a process, stopped as a debugger stops it; the others go on."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, process, name):
        self.libc = ctypes.CDLL(None, use_errno=True)
        tasks = pathlib.Path(f"/proc/{process}/task").iterdir()
        self.thread = next(int(task.name) for task in tasks if (task / "comm").read_text().strip() == name)

    def _ask(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        self._ask(self.SEIZE)
        self._ask(self.INTERRUPT)
        self.libc.waitpid(self.thread, None, 0x40000000)
        return self

    def __exit__(self, *_):
        self._ask(self.DETACH)


class Health(WireCase):
    SHAPES = {
        "/health": '.status == "healthy" and (.timestamp | type) == "number" and (.uptime_seconds | type) == "number" '
                   'and (.version | type) == "string" and .database == "connected" and .migrations == "up-to-date" and '
                   '.jobs == "operational" and (.uptime | type) == "number" and .ready == true',
        "/api/health": '.status == "ok" and (.uptime_secs | type) == "number" and (.version | type) == "string" and '
                       '.db_healthy == true',
        "/status": '.connections == 2 and .sessions == 2 and .params == 1 and (.journal.lag | type) == "number" and '
                   '.jobs == {"journal": "operational", "checkpoint": "operational", "expiry": "operational"}',
    }

    def answers(self, relay):
        return {path: get(relay.http_port, path)[0] for path in ("/livez", "/healthz", "/readyz", "/health", "/api/health")}

    def test_every_shape(self):
        with Relay(is_open=False) as relay:
            token = guest(relay.http_port)
            peers = [self.keep(Peer(relay, token=token)) for _ in range(2)]
            peers[0].acknowledged(codec.set_("/a", 1))
            for path, question in self.SHAPES.items():
                status, text = get(relay.http_port, path)
                self.assertEqual(status, 200)
                self.assertTrue(jq(text, question), f"{path}: {text}")
            self.assertLess(abs(json.loads(get(relay.http_port, "/health")[1])["timestamp"] / 1000 - time.time()), 2)
            for path, text in (("/livez", "ok\n"), ("/healthz", "ok\n"), ("/readyz", "ready\n")):
                self.assertEqual(get(relay.http_port, path), (200, text))
            self.assertIn("[+] storage: ok", get(relay.http_port, "/readyz?verbose")[1])
            for path in self.SHAPES:
                status, headers, text = call(relay.http_port, "HEAD", path)
                self.assertEqual((status, text), (200, ""), path)
                self.assertGreater(int(headers["Content-Length"]), 0)
            self.assertEqual(get(relay.port, "/"), (200, "ok\n"))

    def test_a_disk_that_fills_up(self):
        # Beyond the first mark people are told, beyond the second nothing is written; the disk itself is not needed.
        with Relay("--disk-degraded", "0.0001%", "--disk-read-only", "100%") as relay:
            until(lambda: jq(get(relay.http_port, "/health")[1], '.status == "degraded" and .ready == true'))
            self.assertEqual(set(self.answers(relay).values()), {200})
            self.assertTrue(jq(get(relay.http_port, "/status")[1], '.problems[0].component == "storage"'))
        with Relay("--disk-degraded", "0.0001%", "--disk-read-only", "0.0001%") as relay:
            until(lambda: jq(get(relay.http_port, "/health")[1], '.status == "unhealthy" and .ready == false'))
            self.assertEqual(
                self.answers(relay),
                {"/livez": 200, "/healthz": 200, "/readyz": 503, "/health": 503, "/api/health": 503})
            peer = self.keep(Peer(relay))
            self.assertRefused(peer.ask(codec.set_("/a", 1)), 503, "/a", "ReadOnly")
            peer.send(codec.publish("/event", 1))
            self.assertEqual(peer.news(), [])

    def test_a_writer_that_has_stopped(self):
        with Relay() as relay:
            peer = self.keep(Peer(relay))
            peer.acknowledged(codec.set_("/a", 1))
            with Stopped(relay.process.pid, "relay-journal"):
                peer.send(codec.set_("/a", 2), qos=1)
                until(lambda: jq(get(relay.http_port, "/health")[1], '.status == "unhealthy"'))
                self.assertEqual(
                    self.answers(relay),
                    {"/livez": 200, "/healthz": 200, "/readyz": 503, "/health": 503, "/api/health": 503})
                self.assertIn("[-] storage: unhealthy, the journal", get(relay.http_port, "/readyz?verbose")[1])
                self.assertTrue(jq(get(relay.http_port, "/health")[1], '.jobs == "degraded" and .database == "disconnected"'))
                self.assertTrue(jq(get(relay.http_port, "/api/health")[1], '.db_healthy == false'))
                # Reading and listening go on.
                self.assertEqual(peer.get("/a").value, 2)
            until(lambda: get(relay.http_port, "/readyz")[0] == 200)

    def test_a_checkpoint_that_does_not_get_on(self):
        with Relay("--snapshot-interval", "1s") as relay:
            peer = self.keep(Peer(relay))
            with Stopped(relay.process.pid, "relay-keeper"):
                number = 0

                def is_degraded():
                    nonlocal number
                    number += 1
                    peer.acknowledged(codec.set_("/a", number))
                    return jq(get(relay.http_port, "/status")[1], '.status == "degraded" and .jobs.checkpoint == "stalled"')

                until(is_degraded)
                self.assertEqual(set(self.answers(relay).values()), {200})
            until(lambda: jq(get(relay.http_port, "/health")[1], '.status == "healthy"'))

    def test_metrics(self):
        with Relay("--snapshot-interval", "1s", is_open=False) as relay:
            post(relay.http_port, "/auth/register", {"username": "ada", "password": "correct horse"})
            post(relay.http_port, "/auth/login", {"username": "ada", "password": "wrong one"})
            peer = self.keep(Peer(relay, token=guest(relay.http_port)))
            peer.acknowledged(codec.set_("/a", 1))
            text = until(
                lambda: "relay_checkpoint_last" in (said := get(relay.http_port, "/metrics")[1]) and said)
            checked = subprocess.run(
                ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
            rules = subprocess.run(
                ["promtool", "check", "rules", str(ROOT / "deploy/monitoring/alerts.yml")], capture_output=True, text=True,
                timeout=60)
            self.assertEqual(rules.returncode, 0, rules.stdout + rules.stderr)
            there = set(re.findall(r"^(relay_\w+)", text, re.MULTILINE))
            # Only an encrypted relay has a certificate.
            there.add("relay_tls_certificate_expiry_timestamp_seconds")
            for file in ("dashboard.json", "alerts.yml"):
                named = set(re.findall(r"\brelay_\w+", (ROOT / "deploy/monitoring" / file).read_text()))
                self.assertGreater(len(named), 10)
                self.assertEqual(named - there, set(), file)
