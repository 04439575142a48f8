"""Each key of config.toml changes what the relay does: seen from outside, against what it does without the key."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import zlib

import codec
from http_client import call, get, guest, post
from peer import Closed, Peer, Socket, masked
from relay import BINARY, Relay, free_port
from test_health import until

ADA = {"username": "ada", "password": "correct horse"}


class Setup:
    """A relay with a file of settings, and a place for other files."""

    def __init__(self, stack, toml="", *, open=True, files=None, told=(), environment=None):
        self.place = stack.enter_context(tempfile.TemporaryDirectory())
        for name, text in (files or {}).items():
            self.file(name, text)
        self.config = self.file("config.toml", toml.replace("$HERE", self.place))
        self.told = [*(["--open"] if open else []), "--config", self.config, *told]
        self.stack, self.open, self.environment = stack, open, environment
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
    """`with_(key, value)` and `without()` start relays; a test tells them apart."""

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

    def log(self, relay, word):
        """The fields of the first line with that message."""
        until(lambda: word in relay.log)
        return json.loads(next(line for line in relay.log.splitlines() if word in line))["fields"]

    # Server

    def test_server_ports_and_host(self):
        port, http_port = free_port(), free_port()
        relay = self.relay(f'[server]\nport = {port}\nauth_port = {http_port}\nhost = "127.0.0.2"\n', ports=False)
        self.assertEqual((relay.port, relay.http_port), (port, http_port))
        self.assertEqual(call(http_port, "GET", "/livez", host="127.0.0.2")[0], 200)
        with self.assertRaises(OSError):
            get(http_port, "/livez")

    def test_server_listen_and_auth_listen(self):
        port, http_port = free_port(), free_port()
        relay = self.relay(f'[server]\nlisten = "127.0.0.3:{port}"\nauth_listen = "127.0.0.4:{http_port}"\n', ports=False)
        self.assertEqual((relay.port, relay.http_port), (port, http_port))
        self.assertEqual(call(http_port, "GET", "/livez", host="127.0.0.4")[0], 200)
        setup = Setup(self.stack, '[server]\nlisten = "unix:$HERE/ws"\nauth_listen = "unix:$HERE/http"\n')
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
        process = subprocess.Popen(
            [BINARY, *setup.told, "--data-dir", f"{setup.place}/data"], stdout=subprocess.PIPE, text=True, env=environment,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertIn(f"unix:{setup.place}/ws", process.stdout.readline())
        for name in ("ws", "http"):
            connected = self.enterContext(socket.socket(socket.AF_UNIX))
            connected.connect(f"{setup.place}/{name}")
            connected.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"ok", connected.recv(1000))
        process.stdout.close()

    def test_server_single_port(self):
        relay = self.relay("[server]\nsingle_port = true\n")
        self.assertEqual(relay.port, relay.http_port)
        self.assertEqual(get(relay.port, "/healthz"), (200, "ok\n"))

    def test_server_health_and_metrics_port(self):
        health, metrics = free_port(), free_port()
        self.relay(f"[server]\nhealth_port = {health}\nmetrics_port = {metrics}\n")
        self.assertEqual((get(health, "/readyz")[0], get(health, "/metrics")[0]), (200, 404))
        self.assertEqual((get(metrics, "/metrics")[0], get(metrics, "/readyz")[0]), (200, 404))
        # Open to whoever reaches it.
        self.assertEqual(get(metrics, "/metrics", [("X-Forwarded-For", "192.0.2.1")])[0], 200)

    def test_server_name(self):
        names = self.both('[server]\nname = "the hall"\n', lambda relay: self.peer(relay).welcome.name)
        self.assertEqual(names, ("CLASP Relay", "the hall"))

    def test_server_env(self):
        self.assertEqual(Setup(self.stack, '[server]\nenv = "production"\n', open=False).fails(), 78)

    def test_server_drain_timeout(self):
        relay = self.relay('[server]\ndrain_timeout = 0\ndrain_spread = 0\n')
        silent = self.plain(relay)
        silent.send_bytes(codec.frame(codec.hello()))
        relay.send(signal.SIGTERM)
        # A peer that answers no Close is waited for, if there is time.
        self.assertEqual(relay.wait(3), 0)
        relay = self.relay()
        silent = self.plain(relay)
        relay.send(signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired):
            relay.wait(1)

    def test_server_drain_spread(self):
        def last_is_told_with_the_first(relay):
            peers = [self.peer(relay) for _ in range(80)]
            relay.send(signal.SIGTERM)
            self.closure(peers[0])
            return bool(select.select([peers[-1].socket], [], [], 0.2)[0])

        toml = "[server]\ndrain_spread = 0\n[limits]\naccept_rate = 0\n"
        self.assertTrue(last_is_told_with_the_first(self.relay(toml)))
        self.assertFalse(last_is_told_with_the_first(self.relay("[limits]\naccept_rate = 0\n")))

    # Browsers and proxies

    def test_web_cors_origin(self):
        def ask(relay):
            page = [("Origin", "https://a.example")]
            allowed = call(relay.http_port, "OPTIONS", "/auth/login", fields=page)[1]["Access-Control-Allow-Origin"]
            try:
                self.plain(relay, fields=page)
                return allowed, True
            except AssertionError:
                return allowed, False

        self.assertEqual(
            self.both('[web]\ncors_origin = ["https://b.example"]\n', ask, open=False), (("*", True), (None, False)))

    def client(self, relay, *fields):
        self.plain(relay, fields=fields)
        return self.log(relay, "client connected")["client"]

    def test_web_trusted_proxies(self):
        asked = self.both(
            '[web]\ntrusted_proxies = ["10.0.0.0/8"]\n',
            lambda relay: self.client(relay, ("X-Forwarded-For", "192.0.2.7")))
        self.assertEqual(asked, ("192.0.2.7", "127.0.0.1"))

    def test_web_trust_cloudflare(self):
        asked = self.both(
            "[web]\ntrust_cloudflare = true\n",
            lambda relay: self.client(relay, ("X-Forwarded-For", "192.0.2.7"), ("CF-Connecting-IP", "192.0.2.9")))
        self.assertEqual(asked, ("192.0.2.7", "192.0.2.9"))

    def test_web_static_dir(self):
        files = {"pages/index.html": "<h1>a page</h1>"}
        asked = self.both('[web]\nstatic_dir = "$HERE/pages"\n', lambda relay: get(relay.http_port, "/")[0], files=files)
        self.assertEqual(asked, (404, 200))

    DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate; client_no_context_takeover; server_no_context_takeover")]

    def test_web_deflate(self):
        asked = self.both(
            "[web]\ndeflate = true\n",
            lambda relay: "permessage-deflate" in self.plain(relay, fields=self.DEFLATE).response)
        self.assertEqual(asked, (False, True))

    # Encryption

    def test_tls(self):
        place = self.stack.enter_context(tempfile.TemporaryDirectory())
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=a", "-keyout", f"{place}/k", "-out", f"{place}/c"], check=True, capture_output=True)
        relay = self.relay(f'[tls]\ntls_cert = "{place}/c"\ntls_key = "{place}/k"\n')
        said = subprocess.run(
            ["curl", "-sk", "--max-time", "10", f"https://127.0.0.1:{relay.http_port}/livez"], capture_output=True, text=True)
        self.assertEqual(said.stdout, "ok\n")
        with self.assertRaises((AssertionError, Closed, OSError)):
            self.plain(relay)

    # State and rules

    def test_state_app_config(self):
        rules = {"rules.json": json.dumps({"scopes": ["read:/**"]})}

        def may_write(relay):
            return self.peer(relay, token=guest(relay.http_port)).ask(codec.set_("/a", 1)) == []

        asked = self.both('[state]\napp_config = "$HERE/rules.json"\n', may_write, files=rules, open=False)
        self.assertEqual(asked, (True, False))

    def test_state_param_ttl_and_no_ttl(self):
        def is_gone(relay):
            peer = self.peer(relay)
            peer.ask(codec.set_("/a", 1))
            peer.ask(codec.subscribe(1, "/**"))
            try:
                return peer.receive(2.5).value is None
            except TimeoutError:
                return False

        found = [
            is_gone(self.relay(toml)) for toml in
            ("", "[state]\nparam_ttl = 1\n", "[state]\nparam_ttl = 1\nno_ttl = true\n")]
        self.assertEqual(found, [False, True, False])

    def test_state_signal_ttl(self):
        def is_known(relay):
            peer = self.peer(relay)
            peer.ask(codec.announce("/s", codec.definition("/s/1")))
            time.sleep(1.2)
            return bool(peer.ask(codec.query("/s/**"))[0].signals)

        self.assertEqual(self.both('[state]\nsignal_ttl = "1s"\n', is_known), (True, False))

    # Storage

    def test_storage_directories(self):
        setup = Setup(self.stack, '[storage]\ndata_dir = "$HERE/elsewhere"\n')
        setup.start(data=False)
        self.assertTrue(pathlib.Path(setup.place, "elsewhere/journal").is_dir())
        setup = Setup(self.stack, '[storage]\npersist = "$HERE/third/state.json"\n')
        setup.start(data=False)
        self.assertTrue(pathlib.Path(setup.place, "third/journal").is_dir())

    def test_storage_snapshot_interval(self):
        def is_written(relay):
            self.peer(relay).ask(codec.set_("/a", 1))
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline:
                if (relay.data / "state.json").exists() and "/a" in (relay.data / "state.json").read_text():
                    return True
                time.sleep(0.05)
            return False

        self.assertEqual(self.both("[storage]\nsnapshot_interval = 1\n", is_written), (False, True))

    def test_storage_durability(self):
        def is_acknowledged(relay):
            peer = self.peer(relay)
            peer.send(codec.set_("/a", 1), qos=1)
            try:
                return peer.receive(1).type == "ACK"
            except TimeoutError:
                return False

        self.assertEqual(self.both('[storage]\ndurability = "none"\n', is_acknowledged), (True, False))

    def test_storage_sync_interval(self):
        def is_synced(relay):
            self.peer(relay).acknowledged(codec.set_("/a", 1))
            time.sleep(1)
            return relay.metric("relay_journal_unsynced_records") == 0

        self.assertEqual(self.both('[storage]\nsync_interval = "60s"\n', is_synced), (True, False))

    def test_storage_recover(self):
        def start(toml):
            setup = Setup(self.stack, toml)
            relay = setup.start()
            self.peer(relay).acknowledged(codec.set_("/a", 1))
            relay.stop()
            (relay.data / "state.json").write_text("{ this is no state")
            (relay.data / "state.json.prev").unlink(missing_ok=True)
            return setup

        self.assertEqual(start('[storage]\nrecover = "strict"\n').fails(), 65)
        for toml in ("", '[storage]\nrecover = "salvage"\n'):
            relay = start(toml).start()
            self.assertEqual(json.loads(get(relay.http_port, "/health")[1])["status"], "degraded")
            self.assertEqual(self.peer(relay).get("/a").value, 1)

    def test_storage_history(self):
        def is_kept(relay):
            peer = self.peer(relay)
            for number in range(3):
                checkpoints = relay.metric("relay_checkpoints_total")
                peer.acknowledged(codec.set_("/a", number))
                until(lambda: relay.metric("relay_checkpoints_total") > checkpoints)
            first = min(int(path.name.split(".")[0]) for path in (relay.data / "journal").iterdir())
            return first == 1

        every = "[storage]\nsnapshot_interval = 1\n"
        for key in ("history = 0", "history_size = 0"):
            self.assertEqual((is_kept(self.relay(every)), is_kept(self.relay(every + key + "\n"))), (True, False), key)

    def test_storage_disk(self):
        def status(relay):
            deadline = time.monotonic() + 3
            while (found := json.loads(get(relay.http_port, "/health")[1])["status"]) == "healthy":
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            return found

        self.assertEqual(status(self.relay('[storage]\ndisk_degraded = "0.0001%"\ndisk_read_only = "100%"\n')), "degraded")
        self.assertEqual(status(self.relay('[storage]\ndisk_degraded = "0.0001%"\ndisk_read_only = "0.0001%"\n')), "unhealthy")
        self.assertEqual(status(self.relay('[storage]\ndisk_degraded = "100%"\ndisk_read_only = "100%"\n')), "healthy")

    # Limits

    def second(self, relay, **options):
        """How a second connection ends; None when it stays."""
        self.peer(relay, **options)
        connected = self.plain(relay)
        connected.send_bytes(codec.frame(codec.hello(token=options.get("token", ""))))
        return self.closure(connected, 0.5)

    def test_limits_max_sessions(self):
        self.assertEqual(self.both("[limits]\nmax_sessions = 1\n", self.second), (None, 1013))

    def test_limits_max_sessions_per_user(self):
        asked = self.both(
            "[limits]\nmax_sessions_per_user = 1\n",
            lambda relay: self.second(relay, token=guest(relay.http_port)), open=False)
        self.assertEqual(asked, (None, 1008))

    def test_limits_max_sessions_per_address(self):
        def has_room(relay):
            self.plain(relay, fields=[("X-Forwarded-For", "192.0.2.7")])
            try:
                return self.plain(relay, fields=[("X-Forwarded-For", "192.0.2.7")]) is not None
            except AssertionError:
                return False

        self.assertEqual(self.both("[limits]\nmax_sessions_per_address = 1\n", has_room), (True, False))

    def codes(self, relay, *payloads, **options):
        """The codes of ERRORs that the messages get."""
        peer = self.peer(relay, **options)
        return [message.code for payload in payloads for message in peer.ask(payload) if message.type == "ERROR"]

    def test_limits_max_subscriptions(self):
        asked = self.both(
            "[limits]\nmax_subscriptions = 1\n",
            lambda relay: self.codes(relay, codec.subscribe(1, "/a"), codec.subscribe(2, "/b")))
        self.assertEqual(asked, ([], [429]))

    def test_limits_max_params(self):
        two = codec.set_("/a", 1), codec.set_("/b", 1)
        self.assertEqual(self.both("[limits]\nmax_params = 1\n", lambda relay: self.codes(relay, *two)), ([], [400]))
        asked = self.both(
            "[limits]\nmax_params_per_guest = 1\n",
            lambda relay: self.codes(relay, *two, token=guest(relay.http_port)), open=False)
        self.assertEqual(asked, ([], [400]))

        def as_user(relay):
            token = post(relay.http_port, "/auth/register", ADA)[1]["token"]
            return self.codes(relay, two[0], token=token) + self.codes(relay, two[1], token=token)

        self.assertEqual(self.both("[limits]\nmax_params_per_user = 1\n", as_user, open=False), ([], [400]))

    def test_limits_max_definitions(self):
        asked = self.both(
            "[limits]\nmax_definitions = 1\n",
            lambda relay: self.codes(relay, codec.announce("/s", codec.definition("/s/1"), codec.definition("/s/2"))))
        self.assertEqual(asked, ([], [429]))

    def test_limits_max_message(self):
        def ask(relay):
            peer = self.peer(relay)
            peer.send(codec.publish("/a", "x" * 2000))
            return self.closure(peer, 0.5)

        self.assertEqual(self.both("[limits]\nmax_message = 1024\n", ask), (None, 1009))

    def test_limits_inflate_ratio(self):
        def ask(relay):
            connected = self.plain(relay, fields=self.DEFLATE)
            connected.send_bytes(codec.frame(codec.hello()))
            text = "".join(f"{number} " for number in range(6000))
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(codec.frame(codec.publish("/a", text))) + packer.flush(zlib.Z_SYNC_FLUSH)
            frame = bytearray(masked(0x2, packed[:-4]))
            frame[0] |= 0x40
            connected.send_raw(bytes(frame))
            return self.closure(connected, 0.5), relay.metric('relay_limit_refusals_total{limit="inflate_ratio"}')

        deflate = "[web]\ndeflate = true\n"
        self.assertEqual(ask(self.relay(deflate)), (None, 0))
        self.assertEqual(ask(self.relay(deflate + "[limits]\ninflate_ratio = 2\n")), (1009, 1))

    def flood(self, relay, is_over):
        """Events for somebody who takes nothing, until that shows; how much was queued for him at most."""
        deaf = self.peer(relay, receive_buffer=4096)
        deaf.ask(codec.subscribe(1, "/**"))
        loud = self.peer(relay)
        most = 0
        for _ in range(400):
            for _ in range(2):
                loud.send(codec.publish("/event", "x" * 16_000))
            loud.news()
            most = max(most, relay.metric("relay_queued_bytes"))
            if is_over():
                return most
        raise AssertionError("it was never over")

    def test_limits_max_queue(self):
        def ask(relay):
            return self.flood(relay, lambda: relay.metric('relay_limit_refusals_total{limit="max_queue"}') > 0)

        small, large = ask(self.relay('[limits]\nmax_queue = "256KiB"\nlagging_mark = "128KiB"\n')), ask(self.relay())
        self.assertLess(small, 256 << 10)
        self.assertGreater(large, 512 << 10)

    def test_limits_lagging_mark(self):
        def ask(relay):
            return self.flood(relay, lambda: relay.metric("relay_lagging_sessions") > 0)

        small, large = ask(self.relay('[limits]\nlagging_mark = "128KiB"\n')), ask(self.relay('[limits]\nlagging_mark = "900KiB"\n'))
        self.assertLess(small, 256 << 10)
        self.assertGreater(large, 512 << 10)

    def test_limits_http(self):
        def crowd(relay, count, fields):
            connections, statuses = [], []
            for _ in range(count):
                connected = self.enterContext(socket.create_connection(("127.0.0.1", relay.http_port), timeout=10))
                connected.sendall(f"GET /livez HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
                connections.append(connected)
                statuses.append(int(connected.recv(1000).split()[1]))
            return 503 in statuses

        both = self.both("[limits]\nmax_http_connections = 16\n", lambda relay: crowd(relay, 20, ""))
        self.assertEqual(both, (False, True))
        both = self.both("[limits]\nmax_http_per_address = 1\n", lambda relay: crowd(relay, 2, "X-Forwarded-For: 192.0.2.7\r\n"))
        self.assertEqual(both, (False, True))

    def test_limits_rate_burst_and_free_subscribes(self):
        def ask(relay):
            peer = self.peer(relay, token=guest(relay.http_port))
            for number in range(40):
                peer.send(codec.publish("/a", number))
            for number in range(5):
                peer.send(codec.subscribe(number, f"/{number}"))
            until(lambda: relay.metric('relay_limit_refusals_total{limit="rate"}') + relay.metric(
                'relay_messages_received_total{type="publish"}') + relay.metric(
                'relay_messages_received_total{type="subscribe"}') == 45)
            return (
                relay.metric('relay_messages_received_total{type="publish"}'),
                relay.metric('relay_messages_received_total{type="subscribe"}'))

        self.assertEqual(ask(self.relay(open=False)), (40, 5))
        self.assertIn(ask(self.relay("[limits]\nrate = 1\nburst = 20\n", open=False))[0], range(18, 22))
        published, subscribed = ask(self.relay("[limits]\nrate = 1\nburst = 20\nfree_subscribes = 2\n", open=False))
        self.assertLess(published, 25)
        self.assertIn(subscribed, (2, 3))

    def test_limits_accept_rate(self):
        def answered(relay):
            connections = [socket.create_connection(("127.0.0.1", relay.port)) for _ in range(10)]
            for connected in connections:
                self.addCleanup(connected.close)
                connected.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.5)
            return len(select.select(connections, [], [], 0)[0])

        without, with_ = self.both("[limits]\naccept_rate = 2\n", answered)
        self.assertEqual(without, 10)
        self.assertLessEqual(with_, 4)

    def test_limits_handshake_and_hello_timeout(self):
        relay = self.relay("[limits]\nhandshake_timeout = 1\nhello_timeout = 1\n")
        silent = socket.create_connection(("127.0.0.1", relay.port), timeout=5)
        self.addCleanup(silent.close)
        self.assertEqual(self.closure(self.plain(relay), 5), 1002)
        self.assertEqual(silent.recv(1), b"")
        relay = self.relay()
        silent = socket.create_connection(("127.0.0.1", relay.port), timeout=2)
        self.addCleanup(silent.close)
        self.assertEqual(self.closure(self.plain(relay), 2), None)
        with self.assertRaises(TimeoutError):
            silent.recv(1)

    def test_limits_session_timeout(self):
        relay = self.relay("[limits]\nsession_timeout = 10\nping_interval = 5\n")
        silent, quiet = self.plain(relay), self.peer(relay)
        silent.send_bytes(codec.frame(codec.hello()))
        answering = threading.Thread(target=self.closure, args=(quiet, 12))
        answering.start()
        opcode, payload = self.frames_until(silent, 0x8, 13)
        self.assertEqual((payload[:2], payload[2:]), (b"\x03\xe9", b"idle"))
        answering.join()
        # Whoever answers pings stays.
        self.assertEqual(relay.metric("relay_sessions"), 1)

    def frames_until(self, connected, opcode, seconds):
        """Frames are taken and not answered until one of that kind comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = connected.take_frame()
            if found is None:
                connected.socket.settimeout(max(0.01, deadline - time.monotonic()))
                try:
                    connected._read()
                except TimeoutError:
                    break
            elif found[0] == opcode:
                return found
        return None, b""

    def test_limits_ping_interval_and_missed_pings(self):
        def silence(relay):
            connected = self.plain(relay)
            connected.send_bytes(codec.frame(codec.hello()))
            pings = 0
            try:
                while self.frames_until(connected, 0x9, 5)[0] == 0x9:
                    pings += 1
            except Closed:
                return pings
            return None

        self.assertEqual(silence(self.relay("[limits]\nping_interval = 1\n")), 2)
        self.assertEqual(silence(self.relay("[limits]\nping_interval = 1\nmax_missed_pings = 1\n")), 1)
        self.assertEqual(silence(self.relay()), None)

    def test_limits_stall_timeout(self):
        relay = self.relay("[limits]\nstall_timeout = 1\n")
        self.flood(relay, lambda: relay.metric("relay_lagging_sessions") > 0)
        until(lambda: relay.metric('relay_limit_refusals_total{limit="stall_timeout"}') == 1, 5)

    def test_limits_flush_interval(self):
        def sends(relay):
            # Gathering pays where several listen, and messages keep coming.
            ears = [self.peer(relay) for _ in range(10)]
            for ear in ears:
                ear.ask(codec.subscribe(1, "/**"))
            loud = self.peer(relay)
            before, start = relay.metric("relay_sends_total"), time.perf_counter()
            for number in range(3000):
                loud.send(codec.publish("/event", number))
                while time.perf_counter() < start + number * 0.00003:
                    pass
            while ears[-1].receive().value != 2999:
                pass
            return relay.metric("relay_sends_total") - before

        at_once = sends(self.relay("[limits]\nflush_interval = 0\n"))
        gathered = sends(self.relay('[limits]\nflush_interval = "100ms"\n'))
        self.assertLess(gathered, at_once)

    # Accounts

    def test_auth_open_and_database(self):
        relay = self.relay("[auth]\nopen = true\n", open=False)
        self.peer(relay)
        self.assertFalse((relay.data / "users.db").exists())
        setup = Setup(self.stack, '[auth]\nauth_db = "$HERE/people.db"\n', open=False)
        relay = setup.start()
        self.assertEqual(post(relay.http_port, "/auth/register", ADA)[0], 200)
        self.assertTrue(pathlib.Path(setup.place, "people.db").exists())
        self.assertFalse((relay.data / "users.db").exists())

    def test_auth_registration(self):
        asked = [
            post(self.relay(toml, open=False).http_port, "/auth/register", ADA)[0]
            for toml in ("", '[auth]\nregistration = "closed"\n', '[auth]\nregistration = "invite-only"\n')]
        self.assertEqual(asked, [200, 403, 403])

    def test_auth_token_ttl(self):
        def lifetime(relay):
            post(relay.http_port, "/auth/register", ADA)
            listed = subprocess.run(
                [BINARY, "token", "list", "--data-dir", str(relay.data)], capture_output=True, text=True, timeout=20)
            token = json.loads(listed.stdout.splitlines()[0])
            return token["expires"][:13] > token["created"][:13]

        self.assertEqual(self.both('[auth]\ntoken_ttl = "60s"\n', lifetime, open=False)[0], True)
        self.assertEqual(self.both('[auth]\ntoken_ttl = "365d"\n', lifetime, open=False)[1], True)

    def test_auth_admin_token(self):
        secret = "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa"

        def ask(relay):
            fields = [("Authorization", f"Bearer {secret}"), ("X-Forwarded-For", "192.0.2.7")]
            return get(relay.http_port, "/status", fields)[0]

        self.assertEqual(self.both(f'[auth]\nadmin_token = "{secret}"\n', ask, open=False), (403, 200))
        setup = Setup(self.stack, '[auth]\nadmin_token_file = "$HERE/made"\n', open=False)
        relay = setup.start()
        self.assertEqual(os.stat(f"{setup.place}/made").st_mode & 0o777, 0o600)
        secret = pathlib.Path(setup.place, "made").read_text().strip()
        self.assertEqual(ask(relay), 200)

    def wrong_logins(self, relay, count=2):
        return [post(relay.http_port, "/auth/login", {"username": "ada", "password": "wrong one"})[0] for _ in range(count)]

    def test_auth_login_attempts_and_window(self):
        self.assertEqual(
            self.both("[auth]\nlogin_attempts = 1\n", self.wrong_logins, open=False), ([401, 401], [401, 429]))

    def test_auth_register_attempts(self):
        def ask(relay):
            field = [("X-Forwarded-For", "192.0.2.7")]
            return [call(relay.http_port, "POST", "/auth/guest", {}, field)[0] for _ in range(2)]

        self.assertEqual(self.both("[auth]\nregister_attempts = 1\n", ask, open=False), ([200, 200], [200, 429]))

    def test_auth_windows(self):
        def forgets(relay):
            field = [("X-Forwarded-For", "192.0.2.7")]
            first = self.wrong_logins(relay, 4), [call(relay.http_port, "POST", "/auth/guest", {}, field)[0] for _ in range(9)]
            time.sleep(1.2)
            again = self.wrong_logins(relay, 2), [call(relay.http_port, "POST", "/auth/guest", {}, field)[0] for _ in range(2)]
            return 429 not in again[0], 429 not in again[1]

        self.assertEqual(
            self.both("[auth]\nlogin_window = 1\nregister_window = 1\n", forgets, open=False), ((False, False), (True, True)))

    def test_auth_hash_workers_and_queue(self):
        def workers(relay):
            names = [(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{relay.process.pid}/task").iterdir()]
            return sum(name.startswith("relay-hash") for name in names)

        self.assertEqual(workers(self.relay("[auth]\nhash_workers = 3\n", open=False)), 3)

        def busy(relay):
            def login(number):
                return post(relay.http_port, "/auth/login", {"username": f"user{number}", "password": "wrong one"})[0]

            with concurrent.futures.ThreadPoolExecutor(24) as pool:
                return 503 in list(pool.map(login, range(24)))

        file = "[auth]\nhash_workers = 1\nlogin_attempts = 1000\n"
        self.assertEqual((busy(self.relay(file, open=False)), busy(self.relay(file + "hash_queue = 1\n", open=False))), (False, True))

    # Logging

    def test_log(self):
        def levels(relay):
            self.peer(relay).ask(codec.set_("/a", 1))
            return {json.loads(line)["level"] for line in relay.log.splitlines()}

        self.assertEqual(self.both('[log]\nlog = "off"\n', levels), ({"info"}, set()))
        self.assertEqual(levels(self.relay("[log]\nverbose = true\n")), {"info", "debug"})
        self.assertNotIn("{", self.relay('[log]\nlog_format = "text"\n').log)

    def test_no_key_is_forgotten(self):
        """Every key there is stands in a test above."""
        printed = subprocess.run([BINARY, "print-config"], capture_output=True, text=True, timeout=20).stdout
        keys = [line.removeprefix("# ").split()[0] for line in printed.splitlines() if " = " in line or "is not set" in line]
        self.assertGreater(len(keys), 60)
        told = pathlib.Path(__file__).read_text()
        self.assertEqual([key for key in keys if f"{key} = " not in told], [])
