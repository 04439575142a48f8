"""Each key of [limits] changes what the relay does."""

import select
import socket
import threading
import time
import zlib

import codec
from http_client import guest, post
from peer import Closed, masked
from settings import ADA, DEFLATE, Behaviour
from test_health import until

class Limits(Behaviour):
    # Limits

    def second(self, relay, **options):
        """How a second connection ends; None when it stays."""
        self.peer(relay, **options)
        connected = self.plain(relay)
        connected.send_bytes(codec.frame(codec.hello(token=options.get("token", ""))))
        return self.fate(connected)

    def test_limits_max_sessions(self):
        self.assertEqual(self.both("[limits]\nmax_sessions = 1\n", self.second), (None, 1013))

    def test_limits_max_sessions_per_user(self):
        asked = self.both(
            "[limits]\nmax_sessions_per_user = 1\n",
            lambda relay: self.second(relay, token=guest(relay.http_port)), is_open=False)
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
            lambda relay: self.codes(relay, *two, token=guest(relay.http_port)), is_open=False)
        self.assertEqual(asked, ([], [400]))

        def as_user(relay):
            token = post(relay.http_port, "/auth/register", ADA)[1]["token"]
            return self.codes(relay, two[0], token=token) + self.codes(relay, two[1], token=token)

        self.assertEqual(self.both("[limits]\nmax_params_per_user = 1\n", as_user, is_open=False), ([], [400]))

    def test_limits_max_definitions(self):
        asked = self.both(
            "[limits]\nmax_definitions = 1\n",
            lambda relay: self.codes(relay, codec.announce("/s", codec.definition("/s/1"), codec.definition("/s/2"))))
        self.assertEqual(asked, ([], [429]))

    def test_limits_max_message(self):
        def ask(relay):
            peer = self.peer(relay)
            peer.send(codec.publish("/a", "x" * 2000))
            return self.fate(peer)

        self.assertEqual(self.both("[limits]\nmax_message = 1024\n", ask), (None, 1009))

    def test_limits_inflate_ratio(self):
        def ask(relay):
            connected = self.plain(relay, fields=DEFLATE)
            connected.send_bytes(codec.frame(codec.hello()))
            text = "".join(f"{number} " for number in range(6000))
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(codec.frame(codec.publish("/a", text))) + packer.flush(zlib.Z_SYNC_FLUSH)
            frame = bytearray(masked(0x2, packed[:-4]))
            frame[0] |= 0x40
            connected.send_raw(bytes(frame))
            return self.fate(connected), relay.metric('relay_limit_refusals_total{limit="inflate_ratio"}')

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

        self.assertEqual(ask(self.relay(is_open=False)), (40, 5))
        self.assertIn(ask(self.relay("[limits]\nrate = 1\nburst = 20\n", is_open=False))[0], range(18, 22))
        published, subscribed = ask(self.relay("[limits]\nrate = 1\nburst = 20\nfree_subscribes = 2\n", is_open=False))
        self.assertLess(published, 25)
        self.assertIn(subscribed, (2, 3))

    def test_limits_accept_rate(self):
        def crowd(relay):
            connections = [socket.create_connection(("127.0.0.1", relay.port)) for _ in range(10)]
            for connected in connections:
                self.addCleanup(connected.close)
                connected.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return connections

        def answered(connections):
            return len(select.select(connections, [], [], 0)[0])

        without = crowd(self.relay())
        until(lambda: answered(without) == 10)
        with_ = crowd(self.relay("[limits]\naccept_rate = 2\n"))
        time.sleep(0.5)
        self.assertIn(answered(with_), range(1, 10))

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

        impatient, patient = self.relay("[limits]\nflush_interval = 0\n"), self.relay('[limits]\nflush_interval = "100ms"\n')
        # Where the machine is busy, a relay that is not let in for long has everything gathered for it.
        self.assertTrue(any(sends(patient) < sends(impatient) for _ in range(6)))
