"""What the log says, at which level, and what it never says."""

import collections
import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import types

import codec
from case import AppConfig, WireCase
from http_client import get, guest, post
from peer import Closed, Peer, Socket
from relay import BINARY, Relay, free_port
from test_health import until

PASSWORD, SECRET = "correct horse battery", "hunter2-in-a-value"


class Log(WireCase):
    #: Each event of a life, by what is logged for it, and its level.
    EVENTS = {
        "client connected": "info", "client gone": "info", "account registered": "info", "registration refused": "info",
        "login accepted": "info", "login refused": "info", "guest admitted": "info", "limit met": "info",
        "token refused": "info", "checkpoint written": "info", "not a message": "debug", "refused": "debug",
        "leaving": "info", "gone": "info",
    }

    def setUp(self):
        self.place = self.enterContext(tempfile.TemporaryDirectory())

    def lines(self, relay):
        """Every line; each is one JSON object."""
        return [json.loads(line) for line in relay.log.splitlines()]

    def life(self, level):
        """One of everything, and the log of it. Two connections, the second with a wrong token."""
        with Relay(
            "--log", level, "--rate", "5", "--burst", "40", "--snapshot-interval", "1s", "--cors-origin",
            "https://a.example", is_open=False,
        ) as relay:
            account = {"username": "ada", "password": PASSWORD}
            token = post(relay.http_port, "/auth/register", account)[1]["token"]
            post(relay.http_port, "/auth/register", account)
            post(relay.http_port, "/auth/login", account)
            post(relay.http_port, "/auth/login", {"username": "ada", "password": PASSWORD + "!"})
            other = guest(relay.http_port)
            peer = Peer(relay, token=token, fields=[("X-Request-Id", "seen-by-the-proxy")])
            peer.ask(codec.set_("/room/topic", {"passwordHash": SECRET}))
            peer.ask(codec.set_("no address", 1))
            peer.send_bytes(b"\x00 nonsense")
            for _ in range(60):
                peer.send(codec.publish("/event", SECRET))
            until(lambda: "relay_limit_refusals_total{limit=\"rate\"} 0" not in get(relay.http_port, "/metrics")[1])
            stranger = Socket(relay.port)
            stranger.send_bytes(codec.frame(codec.hello(token="cpsk_" + "0" * 43)))
            with self.assertRaises(Closed):
                while True:
                    stranger.receive_bytes()
            until(lambda: "checkpoint written" in relay.log and "limit met" in relay.log)
            peer.close()
            until(lambda: relay.log.count("client gone") == 2)
            relay.send(signal.SIGTERM)
            self.assertEqual(relay.wait(), 0)
            return self.lines(relay), relay.log, [token, other]

    def test_each_event_once_at_its_level(self):
        twice = {"client connected", "client gone"}
        for level in ("info", "debug", "trace"):
            lines, text, tokens = self.life(level)
            found = collections.Counter((line["msg"], line["level"]) for line in lines if line["msg"] in self.EVENTS)
            wanted = {
                (event, of): 2 if event in twice else 1
                for event, of in self.EVENTS.items() if of == "info" or level != "info"}
            # The last checkpoint is the one of the end, when anything has changed; and a flood that lasts from one second
            # into the next is told of in both.
            for event in ("checkpoint written", "limit met"):
                self.assertIn(found.pop((event, "info")), (1, 2), event)
                wanted.pop((event, "info"))
            self.assertEqual(dict(found), wanted, f"{level}: {dict(found - collections.Counter(wanted))}")
            self.assertEqual({line["fields"]["limit"] for line in lines if line["msg"] == "limit met"}, {"rate"})
            asked = collections.Counter(line["fields"]["type"] for line in lines if line["msg"] == "operation")
            if level == "info":
                self.assertEqual(asked, {})
            else:
                # Every message but those above the rate is one line; what is no message has its own.
                self.assertEqual(asked["HELLO"], 2)
                self.assertEqual(asked["SET"], 2)
                self.assertEqual(asked["PUBLISH"], 60)
            self.assertEqual(any(line["msg"] in ("frame in", "frame out") for line in lines), level == "trace")
            self.assertIn("seen-by-the-proxy", text)
            for secret in (PASSWORD, SECRET, *tokens):
                self.assertNotIn(secret, text)

    def test_one_hundred_thousand_lines_without_a_secret(self):
        with Relay("--log", "trace", "--rate", "0", "--login-attempts", "10000", "--max-sessions-per-user", "0", is_open=False) as relay:
            account = {"username": "ada", "password": PASSWORD}
            token = post(relay.http_port, "/auth/register", account)[1]["token"]
            bearer = [("Authorization", f"Bearer {token}")]
            peer = self.keep(Peer(relay, token=token))
            peer.subscribe(1, "/**")
            count = 0
            while count < 100_000:
                get(relay.http_port, f"/auth/me?token={token}", bearer)
                with contextlib.closing(Peer(relay, token=token)) as session:
                    for number in range(100):
                        session.send(codec.set_(f"/room/{number}", {"password": SECRET, "token": token}))
                        session.send(codec.publish("/event", {"secret": SECRET}))
                    session.news()
                peer.news()
                count = relay.log_line_count()
            text = relay.log
            for line in text.splitlines():
                self.assertTrue(line.startswith("{") and json.loads(line), line)
            checked = subprocess.run(["jq", "-es", "length"], input=text, capture_output=True, text=True, timeout=60)
            self.assertGreaterEqual(int(checked.stdout), 100_000)
            for secret in (PASSWORD, SECRET, token):
                self.assertNotIn(secret, text)

    def test_rooms_have_levels_that_change_while_running(self):
        with AppConfig(**{}) as config, Relay("--config", self.file('[log]\nlog = "warn,relay.net=info"\n'), "--app-config", config) as relay:
            peer = self.keep(Peer(relay))
            peer.ask(codec.set_("/a", 1))
            until(lambda: "client connected" in relay.log)
            self.assertEqual({line["room"] for line in self.lines(relay)}, {"relay.net"})
            self.file('[log]\nlog = "warn,relay.hub=debug,relay=info"\n')
            relay.send(signal.SIGHUP)
            until(lambda: "settings read again" in relay.log)
            peer.ask(codec.set_("/a", 2))
            until(lambda: '"type":"SET"' in relay.log)
            self.assertEqual(peer.get("/a").value, 2)

    def file(self, text):
        path = os.path.join(self.place, "config.toml")
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def test_text_json_and_priorities(self):
        with Relay("--log-format", "text") as relay:
            self.assertRegex(until(lambda: relay.log), r"^\d{4}-\S+Z INFO  relay")
        with Relay(environment={"JOURNAL_STREAM": "8:1"}) as relay:
            for line in until(lambda: relay.log).splitlines():
                self.assertRegex(line, r"^<[346]>\{")

    def test_nobody_reads_what_it_says(self):
        """Both outputs are pipes that are full: the relay serves, and counts what it could not say."""
        ends = os.pipe()
        os.set_blocking(ends[1], False)
        try:
            while True:
                os.write(ends[1], b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(ends[1], True)
        port, http_port = free_port(), free_port()
        process = subprocess.Popen(
            [BINARY, "--open", "--port", str(port), "--auth-port", str(http_port), "--data-dir", self.place + "/data",
             "--log", "trace"], stdin=subprocess.DEVNULL, stdout=ends[1], stderr=ends[1])
        try:
            def answers():
                try:
                    return get(http_port, "/readyz")[0] == 200
                except OSError:
                    return False

            until(answers)

            peer = self.keep(Peer(types.SimpleNamespace(port=port)))
            for number in range(20_000):
                peer.send(codec.publish(f"/event/{number % 10}", number))
            peer.acknowledged(codec.set_("/a", 1))
            self.assertEqual(get(http_port, "/livez"), (200, "ok\n"))
            dropped = re.search(r"^relay_log_lines_dropped_total (\d+)", get(http_port, "/metrics")[1], re.MULTILINE)
            self.assertGreater(int(dropped.group(1)), 1_000)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 0)
        finally:
            process.kill()
            process.wait()
            for end in ends:
                os.close(end)

