"""Starting, stopping, dying, and what is there afterwards."""

import json
import signal
import socket
import subprocess
import threading
import time

import codec
from case import WireCase
from peer import Closed, Peer
from relay import BINARY, Relay, free_port


def start(*options):
    """A start that is to fail: exit status and what was said."""
    ended = subprocess.run(
        [BINARY, "--open", "--auth-port", "0", *options], capture_output=True, text=True, timeout=20,
        stdin=subprocess.DEVNULL)
    return ended.returncode, ended.stderr


class Stopping(WireCase):
    CLIENTS = 100
    # Longer than anybody here waits: whoever has not asked for anything goes because the relay does.
    options = ("--handshake-timeout", "60s", "--hello-timeout", "60s")

    def test_everybody_is_told_when_to_come_back(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Relay("--accept-rate", "0") as relay:
                peers = [self.keep(Peer(relay)) for _ in range(self.CLIENTS)]
                for count, peer in enumerate(peers):
                    peer.send(codec.set_(f"/p/{count}", count))
                    peer.news()
                relay.send(number)
                for peer in peers:
                    code, reason = peer.closure()
                    self.assertEqual(code, 1012)
                    self.assertRegex(reason, r"retry-after=[1-9]\d*")
                self.assertEqual(relay.wait(), 0)
                state = json.loads((relay.data / "state.json").read_text())
                self.assertEqual(
                    {param["address"]: param["value"] for param in state["params"]},
                    {f"/p/{count}": count for count in range(self.CLIENTS)})

    def test_nobody_new_is_taken_meanwhile(self):
        peers = self.peers(30)
        self.relay.send(signal.SIGTERM)
        self.assertEqual(peers[0].closure()[0], 1012)
        with self.assertRaises((ConnectionError, Closed)):
            Peer(self.relay)

    def test_a_second_signal_stops_at_once(self):
        """Before everybody has been told, and without waiting for those who do not answer."""
        peers = self.peers(self.CLIENTS)
        for count, peer in enumerate(peers):
            peer.send(codec.set_(f"/p/{count}", count))
            peer.news()
        self.relay.send(signal.SIGTERM)
        peers[0].closure()
        self.relay.send(signal.SIGTERM)
        self.assertEqual(self.relay.wait(), 0)
        told = 0
        for peer in peers[1:]:
            try:
                told += peer.closure()[0] == 1012
            except ConnectionError:
                pass
        self.assertLess(told, self.CLIENTS - 1)
        state = json.loads((self.relay.data / "state.json").read_text())
        self.assertEqual(len(state["params"]), self.CLIENTS)

    def test_connections_that_are_no_sessions_do_not_hold_it_up(self):
        silent = [socket.create_connection(("127.0.0.1", self.relay.port)) for _ in range(20)]
        strangers = [self.stranger() for _ in range(20)]
        probes = [socket.create_connection(("127.0.0.1", self.relay.http_port)) for _ in range(5)]
        self.relay.send(signal.SIGTERM)
        for stranger in strangers:
            self.assertEqual(self.closure(stranger)[0], 1012)
        self.assertEqual(self.relay.wait(), 0)
        for connection in silent + probes:
            connection.close()

    def test_it_says_nothing_bad_on_the_way(self):
        peers = self.peers(5)
        peers[0].acknowledged(codec.set_("/a", 1))
        self.relay.send(signal.SIGTERM)
        for peer in peers:
            peer.closure()
        self.assertEqual(self.relay.wait(), 0)
        levels = {json.loads(line)["level"] for line in self.relay.log.splitlines()}
        self.assertEqual(levels, {"info"}, self.relay.log)


class Starting(WireCase):
    def test_a_port_in_use(self):
        status, said = start("--port", str(self.relay.port), "--data-dir", str(self.relay.data.parent / "other"))
        self.assertEqual(status, 69, said)
        self.assertRegex(said, rf"--port .*:{self.relay.port}: .*\b{self.relay.process.pid}\b")

    def test_an_http_port_in_use(self):
        other = str(self.relay.data.parent / "other")
        status, said = start("--port", "0", "--auth-port", str(self.relay.http_port), "--data-dir", other)
        self.assertEqual(status, 69, said)
        self.assertRegex(said, rf"--auth-port .*:{self.relay.http_port}: .*\b{self.relay.process.pid}\b")

    def test_a_data_directory_in_use(self):
        status, said = start("--port", "0", "--data-dir", str(self.relay.data))
        self.assertEqual(status, 75, said)
        self.assertEqual(self.peer().ask(codec.set_("/still/here", 1)), [])

    def test_a_port_can_be_had_again_at_once(self):
        port = free_port()
        for _ in range(3):
            with Relay(port=port) as relay:
                peer = self.keep(Peer(relay))
                relay.send(signal.SIGTERM)
                peer.closure()
                self.assertEqual(relay.wait(), 0)


class Keeping(WireCase):
    def again(self, number, *options):
        """The same data in a new relay, after the old one has ended."""
        # Who does not answer a Close is waited for.
        for peer in self.connected:
            peer.close()
        status = self.relay.stop(number)
        self.assertEqual(status, 0 if number == signal.SIGTERM else -number)
        self.relay = self.enterContext(Relay("--accept-rate", "0", *options, data=self.first.data.parent))
        return self.peer()

    def setUp(self):
        super().setUp()
        self.first = self.relay
        self.connected = []

    def keep(self, peer):
        self.connected.append(peer)
        return super().keep(peer)

    VALUES = [None, True, -5, 2**63 - 1, 0.5, -0.0, float("inf"), "text \0 ü", b"\x00\xff", [1, 1.0, [b"x"]], {"b": 1, "a": {}}]

    def test_params_are_the_same_after_any_end(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            peer = self.peer()
            for place, value in enumerate(self.VALUES):
                for _ in range(place + 1):
                    peer.acknowledged(codec.set_(f"/{number}/{place}", value))
            before = peer.params | {f"/{number}/{place}": peer.get(f"/{number}/{place}") for place in range(len(self.VALUES))}
            after = self.again(number).params
            self.assertEqual(after.keys(), before.keys())
            for address, param in before.items():
                found = after[address]
                self.assertEqual(codec.encoded(found.value), codec.encoded(param.value), address)
                self.assertEqual(
                    (found.revision, found.writer, found.timestamp), (param.revision, param.writer, param.timestamp))
        self.assertEqual(len(after), 2 * len(self.VALUES))

    def test_revisions_go_on(self):
        peer = self.peer()
        for _ in range(5):
            peer.acknowledged(codec.set_("/a", 1))
        for revision, number in ((6, signal.SIGKILL), (7, signal.SIGTERM), (8, signal.SIGKILL)):
            peer = self.again(number)
            self.assertEqual(peer.acknowledged(codec.set_("/a", 1, revision=revision - 1)).revision, revision)

    def test_lifetimes_go_on_and_locks_do_not(self):
        peer = self.peer()
        peer.acknowledged(codec.set_("/short", 1, ttl=1))
        peer.acknowledged(codec.set_("/absolute", 1, ttl=1 << 31 | 1))
        peer.acknowledged(codec.set_("/long", 1, ttl=3600))
        peer.acknowledged(codec.set_("/locked", 1, lock=True))
        self.assertEqual(self.relay.stop(signal.SIGKILL), -9)
        time.sleep(1.1)  # Nobody is there to end them.
        peer = self.again(signal.SIGKILL)
        self.assertEqual(set(peer.params), {"/long", "/locked"})
        self.assertEqual(peer.acknowledged(codec.set_("/short", 1)).revision, 1)
        self.assertEqual(peer.acknowledged(codec.set_("/locked", 2)).revision, 2)

    def test_what_was_acknowledged_is_there_after_a_kill(self):
        """Killed while many write, three times over."""
        promised = {}
        for round in range(3):
            peers = self.peers(4)
            lock, enough = threading.Lock(), threading.Event()

            def write(peer, number):
                try:
                    for count in range(100_000):
                        address = f"/w/{number}/{count % 50}"
                        ack = peer.acknowledged(codec.set_(address, count), qos=1 + number % 2)
                        with lock:
                            promised[ack.address] = ack.revision, count, round
                            if sum(entry[2] == round for entry in promised.values()) > 150:
                                enough.set()
                except (Closed, OSError):
                    pass

            threads = [threading.Thread(target=write, args=(peer, number)) for number, peer in enumerate(peers)]
            for thread in threads:
                thread.start()
            self.assertTrue(enough.wait(20))
            self.relay.send(signal.SIGKILL)
            for thread in threads:
                thread.join()
            peer = self.again(signal.SIGKILL)
            for address, (revision, count, _) in promised.items():
                found = peer.params[address]
                # The last write may have been kept without having been acknowledged.
                self.assertIn(found.revision, (revision, revision + 1), address)
                if found.revision == revision:
                    self.assertEqual(found.value, count)
                promised[address] = found.revision, found.value, round

    def test_a_bundle_is_kept_whole_or_not_at_all(self):
        for _ in range(3):
            peer = self.peer()
            addresses = [f"/b/{place}" for place in range(20)]
            last = None
            for number in range(400):
                peer.send(codec.bundle(*[codec.set_(address, number) for address in addresses]), qos=1 if number % 50 == 49 else 0)
                if number % 50 == 49:
                    last = peer.expect("ACK")
            for number in range(400, 500):
                peer.send(codec.bundle(*[codec.set_(address, number) for address in addresses]))
            self.assertIsNotNone(last)
            peer = self.again(signal.SIGKILL)
            values = {peer.params[address].value for address in addresses}
            self.assertEqual(len(values), 1, values)
            self.assertGreaterEqual(values.pop(), 399)

    def test_an_end_that_was_told_stays_ended(self):
        peer = self.peer()
        peer.subscribe(1, "/t")
        peer.send(codec.set_("/t", 1, ttl=1))
        self.assertEqual([peer.expect("SET").value for _ in range(2)], [1, None])
        # Records are written in their order.
        peer.send(codec.set_("/after", 1), qos=1)
        peer.expect("ACK")
        self.assertEqual(set(self.again(signal.SIGKILL).params), {"/after"})

    def test_signals_and_announcements_leave_no_trace(self):
        peer = self.peer()
        peer.ask(codec.publish("/e", 1))
        peer.acknowledged(codec.announce("/n", codec.definition("/d")))
        peer = self.again(signal.SIGTERM)
        self.assertEqual(peer.params, {})
