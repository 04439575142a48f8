"""Each key of config.toml changes what the relay does: server, web, tls, state, storage, log."""

import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

import codec
from http_client import call, get, guest
from peer import Closed
from relay import BINARY, free_port
from settings import DEFLATE, Behaviour, Setup
from test_health import until

class Options(Behaviour):
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
        self.assertEqual(Setup(self.stack, '[server]\nenv = "production"\n', is_open=False).fails(), 78)

    def test_server_drain_timeout(self):
        patient, hasty = self.both(
            "[server]\ndrain_timeout = 0\ndrain_spread = 0\n", lambda relay: (relay, self.peer(relay)))
        for relay, _ in (patient, hasty):
            relay.send(signal.SIGTERM)
        self.assertEqual(hasty[0].wait(), 0)
        # A peer that answers no Close is waited for, if there is time: for 5 s.
        self.assertIsNone(patient[0].process.poll())

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
            self.both('[web]\ncors_origin = ["https://b.example"]\n', ask, is_open=False), (("*", True), (None, False)))

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

    def test_web_deflate(self):
        asked = self.both(
            "[web]\ndeflate = true\n",
            lambda relay: "permessage-deflate" in self.plain(relay, fields=DEFLATE).response)
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

        asked = self.both('[state]\napp_config = "$HERE/rules.json"\n', may_write, files=rules, is_open=False)
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
        def write(relay):
            self.peer(relay).ask(codec.set_("/a", 1))
            state = relay.data / "state.json"
            return lambda: state.exists() and "/a" in state.read_text()

        is_written = write(self.relay())
        until(write(self.relay("[storage]\nsnapshot_interval = 1\n")))
        self.assertFalse(is_written())

    def test_storage_durability(self):
        def is_acknowledged(relay, seconds):
            peer = self.peer(relay)
            peer.send(codec.set_("/a", 1), qos=1)
            try:
                return peer.receive(seconds).type == "ACK"
            except TimeoutError:
                return False

        self.assertTrue(is_acknowledged(self.relay(), 20))
        self.assertFalse(is_acknowledged(self.relay('[storage]\ndurability = "none"\n'), 1))

    def test_storage_sync_interval(self):
        def write(relay):
            self.peer(relay).acknowledged(codec.set_("/a", 1))
            return lambda: relay.metric("relay_journal_unsynced_records") == 0

        is_synced = write(self.relay('[storage]\nsync_interval = "60s"\n'))
        until(write(self.relay()))
        time.sleep(1)
        self.assertFalse(is_synced())

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
        def relay(degraded, read_only):
            return self.relay(f'[storage]\ndisk_degraded = "{degraded}"\ndisk_read_only = "{read_only}"\n')

        def status(relay):
            return json.loads(get(relay.http_port, "/health")[1])["status"]

        full, filling, empty = relay("0.0001%", "0.0001%"), relay("0.0001%", "100%"), relay("100%", "100%")
        until(lambda: status(full) == "unhealthy")
        until(lambda: status(filling) == "degraded")
        time.sleep(1)
        self.assertEqual([status(filling), status(empty)], ["degraded", "healthy"])

    # Logging

    def test_log(self):
        def levels(relay):
            self.peer(relay).ask(codec.set_("/a", 1))
            # Lines are written by a thread of their own, and all of them before it leaves.
            relay.stop()
            return {json.loads(line)["level"] for line in relay.log.splitlines()}

        self.assertEqual(self.both('[log]\nlog = "off"\n', levels), ({"info"}, set()))
        relay = self.relay("[log]\nverbose = true\n")
        self.peer(relay)
        until(lambda: "operation" in relay.log)
        self.assertEqual(levels(relay), {"info", "debug"})
        relay = self.relay('[log]\nlog_format = "text"\n')
        relay.stop()
        self.assertRegex(relay.log, r"^[^{]+$")

    def test_log_file(self):
        setup = Setup(self.stack, '[log]\nlog = "debug"\nlog_file = "$HERE/relay.log"\n')
        relay = setup.start()
        peer = self.peer(relay)
        for round in range(5):
            for number in range(100):
                peer.send(codec.set_(f"/{number}", round))
            peer.news()
            # As logrotate does it, while lines come.
            os.rename(f"{setup.place}/relay.log", f"{setup.place}/relay.log.{round}")
            relay.send(signal.SIGHUP)
            until(lambda: os.path.exists(f"{setup.place}/relay.log"))
        relay.stop()
        self.assertEqual(relay.log, "")
        lines = "".join(path.read_text() for path in pathlib.Path(setup.place).glob("relay.log*")).splitlines()
        self.assertEqual(sum(json.loads(line)["fields"].get("type") == "SET" for line in lines if "operation" in line), 500)
        setup = Setup(self.stack, '[log]\nlog = "debug"\nlog_file = "$HERE/relay.log"\nlog_file_size = "16KiB"\n')
        peer = self.peer(setup.start())
        for number in range(10):
            for _ in range(20):
                peer.send(codec.set_("/a", number))
            peer.news()
        until(lambda: os.path.exists(f"{setup.place}/relay.log.1"))
        self.assertLessEqual(os.stat(f"{setup.place}/relay.log.1").st_size, 16 << 10)
        self.assertEqual(Setup(self.stack, '[log]\nlog_file = "/nonexistent/relay.log"\n').fails(), 73)

    def test_no_key_is_forgotten(self):
        """Every key there is stands in one of these tests."""
        printed = subprocess.run([BINARY, "print-config"], capture_output=True, text=True, timeout=20).stdout
        keys = [line.removeprefix("# ").split()[0] for line in printed.splitlines() if " = " in line or "is not set" in line]
        self.assertGreater(len(keys), 60)
        told = "".join(path.read_text() for path in pathlib.Path(__file__).parent.glob("test_*options.py")).replace("\\n", " ")
        self.assertEqual([key for key in keys if not re.search(rf"(?<![a-z_]){key} = ", told)], [])
