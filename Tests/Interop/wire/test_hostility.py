"""Bytes that are no messages, and peers that do not read."""

import json
import random

import codec
from case import WireCase
from peer import Closed, masked
from relay import ROOT, Relay
from test_codec import VECTORS

INVALID = [json.loads(line) for line in (ROOT / "Tests/Golden/vectors-invalid.jsonl").open()]


class Nonsense(WireCase):
    def test_what_does_not_decode_changes_nothing(self):
        peer, other = self.peers(2)
        other.subscribe(1, "/**")
        peer.subscribe(1, "/mine")
        for vector in INVALID:
            peer.send_bytes(bytes.fromhex(vector["hex"]))
            self.assertEqual(peer.news(), [], vector["name"])
        self.assertEqual(self.relay.metric("relay_messages_undecodable_total"), len(INVALID))
        self.assertTold(peer.ask(codec.set_("/mine", 1)), ("/mine", 1))
        self.assertTold(other.news(), ("/mine", 1))
        self.assertEqual(set(self.peer().params), {"/mine"})

    def test_all_of_it_at_once(self):
        peer = self.peer()
        peer.send_raw(b"".join(masked(0x2, bytes.fromhex(vector["hex"])) for vector in INVALID * 20))
        self.assertEqual(peer.news(), [])
        self.assertEqual(self.relay.metric("relay_messages_undecodable_total"), len(INVALID) * 20)

    def test_whatever_clients_send_is_survived(self):
        peer = self.peer()
        for vector in VECTORS:
            peer.send_bytes(bytes.fromhex(vector["hex"]))
        self.settle(peer)
        self.assertEqual(self.peer().ask(codec.set_("/a/still/here", 1)), [])

    MARK = 0x5EED_5EED_5EED_5EED

    def settle(self, peer):
        peer.send(codec.sync(self.MARK))
        while (message := peer.receive()).t1 != self.MARK:
            pass
        return message

    def test_damaged_messages_are_survived(self):
        """A byte changed, a piece cut out or put in twice; what comes of it may be anything but an end."""
        seed = 7330
        source = random.Random(seed)
        frames = [bytes.fromhex(vector["hex"]) for vector in VECTORS]
        frames = [frame for frame in frames if len(frame) < 2000]
        peer = self.peer()
        for _ in range(60):
            damaged = []
            for _ in range(100):
                data = bytearray(source.choice(frames))
                for _ in range(source.randint(1, 3)):
                    place = source.randrange(max(1, len(data)))
                    match source.randrange(3):
                        case 0 if data:
                            data[place % len(data)] = source.randrange(256)
                        case 1:
                            del data[place:place + source.randint(1, 4)]
                        case _:
                            data[place:place] = data[place:place + source.randint(1, 8)]
                damaged.append(masked(0x2, bytes(data)))
            peer.send_raw(b"".join(damaged))
            self.settle(peer)
        self.assertEqual(self.peer().ask(codec.get("/nothing/here/at/all")), [], f"seed {seed}")


class Reader:
    """What somebody who reads now and then knows: the newest revision and value of each param."""

    def __init__(self, case, peer):
        self.case, self.peer = case, peer
        self.known = {address: (param.revision, param.value) for address, param in peer.params.items()}
        self.count = 0

    def take(self, message):
        self.count += 1
        for param in message.params if message.type == "SNAPSHOT" else [message] if message.type == "SET" else []:
            before = self.known.get(param.address, (0, None))[0]
            if message.type == "SET":
                self.case.assertGreater(param.revision, before, param.address)
            else:
                self.case.assertGreaterEqual(param.revision, before, param.address)
            self.known[param.address] = param.revision, param.value

    def read(self, count):
        for _ in range(count):
            self.take(self.peer.receive())

    def read_until(self, expected):
        """Until it knows all that is to be known. What does not come ends in a timeout."""
        wrong = {address for address, entry in expected.items() if self.known.get(address) != entry}
        try:
            while wrong:
                message = self.peer.receive(5)
                self.take(message)
                for param in message.params if message.type == "SNAPSHOT" else [message]:
                    if expected.get(param.address) == self.known.get(param.address):
                        wrong.discard(param.address)
                    elif param.address in expected:
                        wrong.add(param.address)
        except TimeoutError:
            self.case.fail(f"{len(wrong)} of {len(expected)} params are not the newest, among them {sorted(wrong)[:5]}")


class Slowness(WireCase):
    PARAMS = 500

    def write(self, writer, rounds, start=0, size=400):
        """So many rounds of SETs; what everybody has to know in the end."""
        for turn in range(start, start + rounds):
            for number in range(self.PARAMS):
                writer.send(codec.set_(f"/p/{number}", f"{turn} " + "x" * size))
            writer.news()
        last = start + rounds
        return {f"/p/{number}": (last, f"{last - 1} " + "x" * size) for number in range(self.PARAMS)}

    def stalled(self, pattern="/**"):
        peer = self.peer(receive_buffer=8192)
        peer.send(codec.subscribe(1, pattern))
        return peer

    def test_who_stalls_and_comes_back_knows_the_newest(self):
        writer = self.peer()
        peers = [self.stalled() for _ in range(4)]
        quick = self.peer()
        quick.subscribe(1, "/p/7")
        expected = self.write(writer, 60)  # 12 MB, more than any socket takes
        self.assertEqual([message.revision for message in quick.news()], list(range(1, 61)))
        for peer in peers:
            reader = Reader(self, peer)
            reader.read_until(expected)
            self.assertLess(reader.count, 60 * self.PARAMS, "nothing was left out, so nothing was shown")

    def test_who_reads_slowly_knows_the_newest(self):
        """It catches up a little, lags again, and so on, while some params go on changing and others do not."""
        writer = self.peer()
        reader = Reader(self, self.stalled())
        expected = self.write(writer, 40)
        for turn in range(40, 80):
            reader.read(300)
            # Those that a catch-up in progress may have behind it already.
            value = f"{turn} " + "y" * 2000
            for number in range(self.PARAMS // 2):
                writer.send(codec.set_(f"/p/{number}", value))
                expected[f"/p/{number}"] = expected[f"/p/{number}"][0] + 1, value
            writer.news()
        reader.read_until(expected)

    def test_params_that_come_and_go_meanwhile(self):
        """Half of them expire while a reader stalls; it must not keep what is gone."""
        writer = self.peer()
        reader = Reader(self, self.stalled("/p/**"))
        expected = self.write(writer, 40)
        watcher = self.peer()
        watcher.subscribe(1, "/p/0")
        for number in range(self.PARAMS // 2, -1, -1):
            writer.send(codec.set_(f"/p/{number}", "short", ttl=1))
        writer.news()
        while watcher.receive().value is not None:
            pass
        for number in range(self.PARAMS // 2 + 1):
            expected[f"/p/{number}"] = 42, None
        reader.read_until(expected)

    def test_who_stalls_before_its_snapshot_has_come(self):
        writer = self.peer()
        expected = self.write(writer, 1, size=8000)
        late = self.stranger(receive_buffer=8192)
        late.send_bytes(codec.frame(codec.hello()))
        late.send_bytes(codec.frame(codec.subscribe(1, "/**")))
        expected = self.write(writer, 5, start=1, size=8000)
        self.assertEqual(codec.decode(late.receive_bytes()).type, "WELCOME")
        late.params = {}
        late.receive = lambda seconds=10: codec.decode(late.receive_bytes(seconds))
        Reader(self, late).read_until(expected)

    def test_who_stalls_under_events_is_sent_away(self):
        """Events cannot be left out."""
        writer, quick = self.peer(), self.peer()
        quick.subscribe(1, "/e")
        peers = [self.stalled() for _ in range(3)]
        heard = 0
        for number in range(300):
            writer.send(codec.publish("/e", bytes(60_000)))
            if number % 3 == 2:  # So that the quick one stays quick.
                writer.news()
                heard += len(quick.news())
        self.assertEqual(heard, 300)
        for peer in peers:
            code, reason = self.closure(peer)
            self.assertEqual(code, 1013)
            self.assertRegex(reason, "slow")

    def test_streams_are_thinned_and_end_with_the_newest(self):
        writer = self.peer()
        peer = self.stalled()
        for number in range(20_000):
            writer.send(codec.publish("/s", [number, "x" * 1000], signal="stream"))
            if number % 100 == 99:
                writer.news()
        values = [peer.receive().value[0]]
        while values[-1] != 19_999:
            values.append(peer.receive().value[0])
        self.assertEqual(values, sorted(set(values)))
        self.assertLess(len(values), 20_000)

    def test_a_gesture_ends_with_its_end(self):
        """No move that was held back comes behind it."""
        writer = self.peer()
        peer = self.stalled()
        self.write(writer, 40)
        for x in range(50):
            writer.ask(codec.publish("/touch", x, signal="gesture", id=1))
        writer.ask(codec.publish("/touch", 99, signal="gesture", phase="end", id=1))
        told = []
        writer.ask(codec.set_("/last", "last"))
        while (message := peer.receive()).address != "/last":
            if message.address == "/touch":
                told.append(message.value)
        peer_news = [message.value for message in peer.news() if message.address == "/touch"]
        self.assertEqual((told + peer_news)[-1], 99)

    def test_stalled_readers_cost_their_queue_and_no_more(self):
        writer = self.peer()
        self.write(writer, 1)
        before = self.relay.resident_bytes
        peers = [self.stalled() for _ in range(20)]
        self.write(writer, 60, start=1)
        grown = self.relay.resident_bytes - before
        self.assertLess(grown, len(peers) * (1 << 20))

    def test_who_takes_nothing_for_long_is_sent_away(self):
        self.relay.stop()
        self.relay = self.enterContext(Relay("--accept-rate", "0", "--stall-timeout", "1s"))
        writer = self.peer()
        peer = self.stalled()
        self.write(writer, 40)
        quick = self.peer()
        while True:
            try:
                writer.ask(codec.set_("/more", "x"))
                if not self.has_session(quick, peer):
                    break
            except Closed:
                self.fail("the writer was sent away")
        self.assertEqual(self.closure(peer)[0], 1013)

    def has_session(self, asker, peer):
        """Whether the relay still knows a session: a signal to it is refused otherwise."""
        return not asker.ask(codec.publish(f"/clasp/p2p/signal/{peer.id}", 1))


class LateJoining(WireCase):
    def test_ten_thousand_params(self):
        writer = self.peer()
        for number in range(10_000):
            writer.send(codec.set_(f"/p/{number}", number))
        writer.news()
        late = self.stranger()
        late.send_bytes(codec.frame(codec.hello()))
        late.receive_bytes()
        found = {}
        while len(found) < 10_000:
            for param in codec.decode(late.receive_bytes()).params:
                self.assertNotIn(param.address, found)
                found[param.address] = param.value
        self.assertEqual(found, {f"/p/{number}": number for number in range(10_000)})


class Silence(WireCase):
    options = ("--ping-interval", "1s", "--max-missed-pings", "1")

    def test_who_is_quiet_stays_and_who_is_gone_goes(self):
        quiet, gone, asker = self.peers(3)
        while not asker.ask(codec.publish(f"/clasp/p2p/signal/{gone.id}", 1)):
            # Nothing is said by this one; it answers pings, as every WebSocket library does.
            try:
                quiet.receive_bytes(0.1)
                self.fail("nobody said anything")
            except TimeoutError:
                pass
        self.assertEqual(quiet.news(), [])
        self.assertEqual(self.relay.metric('relay_connections_cut_total{reason="unresponsive"}'), 1)
