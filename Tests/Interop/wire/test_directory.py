"""QUERY and ANNOUNCE, clocks, and what this relay does not do."""

import time

import codec
from case import WireCase


class Directory(WireCase):
    def result(self, peer, pattern):
        (result,) = peer.ask(codec.query(pattern))
        self.assertEqual(result.type, "RESULT")
        return result.signals

    def test_what_was_announced_is_found_by_all(self):
        peer, other = self.peers(2)
        lamp = codec.definition("/lamp/1", "param", datatype="f32", access="rw", unit="%")
        bell = codec.definition("/bell", "event")
        self.assertEqual(peer.acknowledged(codec.announce("/house", lamp, bell)),
                         codec.Message(type="ACK", address="/house", qos=0))
        self.assertEqual(other.news(), [])
        expected = codec.Message(address="/lamp/1", signal="param", datatype="f32", access="rw")
        self.assertEqual(self.result(other, "/lamp/*"), [expected])
        self.assertEqual(self.result(other, "/**"), [codec.Message(address="/bell", signal="event"), expected])
        self.assertEqual(self.result(other, "/lamp"), [])

    def test_params_are_not_listed(self):
        peer = self.peer()
        peer.ask(codec.set_("/a", 1))
        self.assertEqual(self.result(peer, "/**"), [])

    def test_the_last_announcement_counts_and_outlives_its_session(self):
        peer, other = self.peers(2)
        for signal in ("event", "stream"):
            peer.ask(codec.announce("", codec.definition("/a", signal)))
        peer.close()
        self.assertEqual([found.signal for found in self.result(other, "/a")], ["stream"])

    def test_no_ack_unless_asked(self):
        peer = self.peer()
        self.assertEqual(peer.ask(codec.announce("/n", codec.definition("/a"))), [])

    def test_bad_addresses_and_patterns(self):
        peer = self.peer()
        self.assertRefused(peer.ask(codec.announce("/n", codec.definition("/a/*"))), 200, "/a/*")
        self.assertRefused(peer.ask(codec.query("no pattern")), 202, "no pattern")

    def test_answers_keep_the_order_of_the_questions(self):
        peer = self.peer()
        names = [f"/{number}" for number in range(50)]
        peer.send(codec.announce("/n", *map(codec.definition, names)))
        for name in names:
            peer.send(codec.query(name))
        self.assertEqual([peer.expect("RESULT").signals[0].address for _ in names], names)

    def test_a_long_list_ends_where_the_frame_does(self):
        peer = self.peer()
        for start in range(0, 1000, 50):
            definitions = [codec.definition(f"/{number}/" + "x" * 200) for number in range(start, start + 50)]
            self.assertEqual(peer.ask(codec.announce("/n", *definitions)), [])
        found = self.result(peer, "/**")
        self.assertGreater(len(found), 250)
        self.assertLess(len(found), 1000)

    def test_a_session_announces_so_many(self):
        peer = self.peer()
        for start in range(0, 1000, 100):
            peer.ask(codec.announce("/n", *[codec.definition(f"/{number}") for number in range(start, start + 100)]))
        self.assertRefused(peer.ask(codec.announce("/n", codec.definition("/more"))), 429, "/more", "TooManyDefinitions")
        self.assertEqual(self.peer().ask(codec.announce("/n", codec.definition("/more"))), [])


class ShortMemory(WireCase):
    options = ("--signal-ttl", "1s", "--max-definitions", "5")

    def test_announcements_end(self):
        peer = self.peer()
        peer.ask(codec.announce("/n", *[codec.definition(f"/{number}") for number in range(5)]))
        self.assertRefused(peer.ask(codec.announce("/n", codec.definition("/5"))), 429, "/5", "TooManyDefinitions.*5")
        while peer.ask(codec.query("/**"))[0].signals:
            time.sleep(0.05)


class Clocks(WireCase):
    def test_sync_tells_the_relays_time(self):
        peer = self.peer()
        (answer,) = peer.ask(codec.sync(1_700_000_000_123_456))
        self.assertEqual((answer.type, answer.t1, answer.t2), ("SYNC", 1_700_000_000_123_456, answer.t3))
        self.assertAlmostEqual(answer.t2 / 1e6, time.time(), delta=60)
        self.assertGreaterEqual(answer.t2, peer.welcome.time)

    def test_ping_is_answered_at_once_and_in_order(self):
        peer = self.peer()
        for _ in range(3):
            peer.send(codec.ping())
        self.assertEqual([peer.receive().type for _ in range(3)], ["PONG"] * 3)


class History(WireCase):
    def test_replay_tells_what_happened(self):
        peer, other = self.peers(2)
        for number in range(5):
            peer.acknowledged(codec.set_("/a", number))
            peer.acknowledged(codec.set_("/b", number))
        other.send(codec.replay("/a"), qos=1)
        told = []
        while (message := other.receive()).type != "ACK":
            told.append((message.address, message.value, message.revision))
        self.assertEqual(told, [("/a", number, number + 1) for number in range(5)])
        self.assertEqual(message.address, "/a")
        self.assertRefused(other.ask(codec.replay("no pattern")), 202, "no pattern")


class NoHistory(WireCase):
    options = ("--durability", "none")

    def test_without_a_journal_nothing_is_replayed_or_acknowledged(self):
        peer = self.peer()
        self.assertEqual(peer.ask(codec.set_("/a", 1), qos=2), [])
        peer.send(codec.replay("/a"))
        self.assertRefused([peer.receive()], 501, "/a")


class Unused(WireCase):
    def test_federation_is_refused(self):
        peer = self.peer()
        self.assertRefused(peer.ask(codec.federation("/a/**")), 403, None)

    def test_what_only_a_relay_says_is_ignored(self):
        peer = self.peer()
        welcome = b"\x02\x01\xf8" + bytes(8) + codec.text("id") + codec.text("name") + codec.text("")
        error = b"\x51\x00\x64" + codec.text("x") + b"\x00"
        for payload in (welcome, b"\x23\x00\x00", b"\x42", b"\x50\x00", error, b"\x61\x00\x00"):
            self.assertEqual(peer.ask(payload, qos=2), [])

    def test_the_relays_own_addresses_are_its_own(self):
        peer = self.peer()
        self.assertRefused(peer.ask(codec.set_("/clasp/relay/x", 1)), 301, "/clasp/relay/x")
