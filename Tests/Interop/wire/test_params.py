"""SET and GET: revisions, locks, lifetimes, and who is told what."""

import json
import math
import time

import msgpack

import codec
from case import AppConfig, WireCase
from peer import Peer
from relay import Relay
from test_codec import VECTORS, has_nan, untagged


class Writing(WireCase):
    def test_revisions_count_from_one(self):
        peer = self.peer()
        peer.subscribe(1, "/a")
        for revision in range(1, 6):
            (told,) = peer.ask(codec.set_("/a", "same"))
            self.assertEqual((told.revision, told.value, told.qos), (revision, "same", 1))
        self.assertEqual(peer.get("/a").revision, 5)

    def test_a_session_with_several_subscriptions_is_told_once(self):
        peer, other = self.peers(2)
        for id, pattern in enumerate(["/a/b", "/a/*", "/a/**", "/**", "/*/b"]):
            other.subscribe(id, pattern)
        peer.send(codec.set_("/a/b", 1))
        peer.news()
        self.assertTold(other.news(), ("/a/b", 1))

    def test_a_writer_hears_itself_before_its_ack(self):
        peer = self.peer()
        peer.subscribe(1, "/a")
        peer.send(codec.set_("/a", 1), qos=1)
        told, ack = peer.receive(), peer.receive()
        self.assertEqual((told.type, told.revision), ("SET", 1))
        self.assertEqual(ack, codec.Message(type="ACK", address="/a", revision=1, qos=0))

    def test_acks_only_for_who_asks(self):
        peer = self.peer()
        # Three is not a quality of service and counts as none.
        for qos in (0, 3):
            peer.send(codec.set_("/quiet", 1), qos)
        peer.send_bytes(codec.frame(msgpack.packb({"type": "SET", "address": "/old", "value": 1}), qos=2))
        legacy_bundle = {"type": "BUNDLE", "messages": [{"type": "SET", "address": "/old", "value": 2}]}
        peer.send_bytes(codec.frame(msgpack.packb(legacy_bundle), qos=2))
        peer.send(codec.publish("/event", 1), qos=2)
        for qos in (1, 2):
            self.assertEqual(peer.acknowledged(codec.set_("/loud", 1), qos).revision, qos)
        self.assertEqual(peer.news(), [])
        self.assertEqual(peer.get("/old").value, 2)

    def test_acks_keep_their_order(self):
        peer = self.peer()
        for number in range(200):
            peer.send(codec.set_("/a", number), qos=1 + number // 100)
        acks = [peer.expect("ACK").revision for _ in range(200)]
        self.assertEqual(acks, list(range(1, 201)))

    def test_an_address_has_to_be_one(self):
        peer = self.peer()
        bad = ["", "a", "a/b", "//", "/a//b", "/a/*", "/a/**", "/*", "/a*b", "/" + "x" * 1024]
        for address in bad:
            self.assertRefused(peer.ask(codec.set_(address, 1)), 200, address, "InvalidAddress")
            self.assertRefused(peer.ask(codec.publish(address, 1)), 200, address, "InvalidAddress")
        good = ["/", "/a/", "/" + "x" * 1023, "/ü/\U0001F44B", "/a b/?[{.", "/..", "/a\0b"]
        for address in good:
            self.assertEqual(peer.ask(codec.set_(address, address)), [])
            self.assertEqual(peer.get(address).value, address)
        self.assertIsNone(peer.get("/a"))

    def test_every_golden_set_arrives_as_it_was(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        revisions = {}
        sent = 0
        for vector in VECTORS:
            message = vector["message"]
            if message["type"] != "SET" or vector["direction"] == "s2c":
                continue
            writer.send_bytes(bytes.fromhex(vector["hex"]))
            answer = [reply for reply in writer.news() if reply.type != "ACK"]
            told = reader.news()
            sent += 1
            address, known = message["address"], revisions.get(message["address"], 0)
            expected = message.get("revision")
            if not address.startswith("/") or len(address.encode()) > 1024:
                self.assertRefused(answer, 200, address)
            elif known and expected is not None and int(expected) != known:
                self.assertRefused(answer, 400, address, "RevisionConflict")
            elif answer:
                # As large as a frame can be; it would not fit a SNAPSHOT.
                self.assertRefused(answer, 400, address, "ValueTooLarge")
                self.assertGreater(len(vector["hex"]) // 2, 65_000)
            else:
                revisions[address] = known + 1
                (told,) = told
                self.assertEqual(told.revision, known + 1, vector["name"])
                if not has_nan(message["value"]):
                    self.assertEqual(codec.encoded(told.value), codec.encoded(untagged(message["value"])), vector["name"])
                self.assertEqual((told.lock, told.unlock), (message["lock"], message["unlock"]), vector["name"])
                self.assertEqual(told.ttl, message.get("ttl"), vector["name"])
                continue
            self.assertEqual(told, [], vector["name"])
        self.assertGreater(sent, 100)
        # And what is stored is what was told.
        late = self.peer().params
        self.assertEqual({address: param.revision for address, param in late.items()},
                         {address: revision for address, revision in revisions.items() if address in late})

    def test_floats_that_are_no_numbers(self):
        peer = self.peer()
        peer.subscribe(1, "/f")
        for value in (math.nan, math.inf, -math.inf, -0.0, 5e-324):
            (told,) = peer.ask(codec.set_("/f", value))
            self.assertEqual(codec.encoded(told.value), codec.encoded(value))

    def test_members_keep_their_order(self):
        peer = self.peer()
        value = {"z": 1, "10": 2, "a": 3, "": None, "9": {"y": 1, "x": 2}}
        peer.send(codec.set_("/m", value))
        self.assertEqual(json.dumps(peer.get("/m").value), json.dumps(value))


class Conflicts(WireCase):
    def test_an_expected_revision_must_be_the_stored_one(self):
        peer, other = self.peers(2)
        other.subscribe(1, "/a")
        self.assertEqual(peer.ask(codec.set_("/a", 1, revision=7)), [])  # A new param expects nothing.
        self.assertEqual(peer.ask(codec.set_("/a", 2, revision=1)), [])
        for expected in (0, 1, 3, 2**64 - 1):
            answer = peer.ask(codec.set_("/a", "lost", revision=expected), qos=1)
            self.assertRefused(answer, 400, "/a", f"RevisionConflict.*{expected}.*2")
        self.assertEqual(peer.get("/a").value, 2)
        self.assertTold(other.news(), ("/a", 1), ("/a", 2))

    def test_one_of_two_who_expect_the_same_wins(self):
        a, b = self.peers(2)
        a.send(codec.set_("/a", 0))
        a.news()
        wins = 0
        for turn in range(1, 51):
            a.send(codec.set_("/a", "a", revision=turn))
            b.send(codec.set_("/a", "b", revision=turn))
            refused = [message.code for message in a.news() + b.news()]
            self.assertEqual(refused, [400])
            wins += a.get("/a").value == "a"
        self.assertEqual(a.get("/a").revision, 51)

    def test_a_lock_keeps_others_out(self):
        a, b = self.peers(2)
        self.assertEqual(a.ask(codec.set_("/a", 1, lock=True)), [])
        for payload in (codec.set_("/a", 2), codec.set_("/a", 2, unlock=True), codec.set_("/a", 2, lock=True)):
            self.assertRefused(b.ask(payload), 400, "/a", f"LockHeld.*{a.id}")
        self.assertEqual(a.ask(codec.set_("/a", 3)), [])
        self.assertEqual(a.ask(codec.set_("/a", 4, unlock=True)), [])
        self.assertEqual(b.ask(codec.set_("/a", 5, lock=True)), [])
        self.assertRefused(a.ask(codec.set_("/a", 6)), 400, "/a", f"LockHeld.*{b.id}")
        self.assertEqual(b.get("/a").value, 5)

    def test_a_lock_ends_with_its_holder(self):
        a, b = self.peers(2)
        a.ask(codec.set_("/a", 1, lock=True))
        a.close()
        while answer := b.ask(codec.set_("/a", 2)):
            self.assertRefused(answer, 400, "/a", "LockHeld")
        self.assertEqual((b.get("/a").value, b.get("/a").revision), (2, 2))

    def test_locks_are_told_as_they_were_written(self):
        a, b = self.peers(2)
        b.subscribe(1, "/a")
        for lock, unlock in ((True, False), (False, True), (False, False)):
            a.ask(codec.set_("/a", 1, lock=lock, unlock=unlock))
            (told,) = b.news()
            self.assertEqual((told.lock, told.unlock), (lock, unlock))


class Reading(WireCase):
    def test_get_tells_one_param(self):
        writer, reader = self.peers(2)
        writer.ask(codec.set_("/a", [1, "x"]))
        writer.ask(codec.set_("/a/b", 2))
        (snapshot,) = reader.ask(codec.get("/a"))
        (param,) = snapshot.params
        self.assertEqual((param.address, param.value, param.revision, param.writer), ("/a", [1, "x"], 1, writer.id))

    def test_what_is_not_there_is_not_answered(self):
        peer = self.peer()
        peer.ask(codec.set_("/a/b", 1))
        for address in ("/a", "/a/b/c", "/a/*", "/**", "", "no slash", "/x" * 600):
            self.assertEqual(peer.ask(codec.get(address)), [], address)

    def test_null_is_there(self):
        peer = self.peer()
        peer.ask(codec.set_("/a", None))
        self.assertEqual(peer.get("/a").revision, 1)
        self.assertIn("/a", self.peer().params)

    def test_the_time_of_a_param_is_the_relays(self):
        peer = self.peer()
        before = peer.welcome.time
        peer.ask(codec.set_("/a", 1))
        first = peer.get("/a").timestamp
        peer.ask(codec.set_("/a", 1))
        self.assertLessEqual(before, first)
        self.assertLess(first, peer.get("/a").timestamp)
        self.assertAlmostEqual(first / 1e6, time.time(), delta=60)


SLIDING, ABSOLUTE = 0, 1 << 31


class Lifetimes(WireCase):
    def test_an_expired_param_is_taken_back_and_starts_again(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/t/**")
        writer.send(codec.set_("/t/a", 1))
        writer.send(codec.set_("/t/a", 2, ttl=SLIDING | 1))
        writer.send(codec.set_("/t/other", 1, ttl=ABSOLUTE | 1))
        told = [reader.expect("SET") for _ in range(5)]
        ends = {message.address: message for message in told[3:]}
        for address, revision in (("/t/a", 3), ("/t/other", 2)):
            self.assertEqual((ends[address].value, ends[address].revision), (None, revision))
            self.assertIsNone(ends[address].ttl)
            self.assertIsNone(reader.get(address))
            (again,) = reader.ask(codec.set_(address, "again"))
            self.assertEqual(again.revision, 1)
        self.assertEqual(set(self.peer().params), {"/t/a", "/t/other"})

    def test_nobody_needs_to_listen_for_a_param_to_end(self):
        peer = self.peer()
        peer.ask(codec.set_("/t", 1, ttl=SLIDING | 1))
        while peer.get("/t"):
            time.sleep(0.05)
        self.assertEqual(self.peer().params, {})

    def test_a_write_prolongs_a_sliding_lifetime_only(self):
        peer = self.peer()
        peer.subscribe(1, "/t/**")
        peer.ask(codec.set_("/t/sliding", 1, ttl=SLIDING | 2))
        peer.ask(codec.set_("/t/absolute", 1, ttl=ABSOLUTE | 2))
        time.sleep(0.5)
        peer.ask(codec.set_("/t/sliding", 2))
        peer.ask(codec.set_("/t/absolute", 2))
        # Had the write not counted, sliding would have ended first.
        ended = [peer.expect("SET").address for _ in range(2)]
        self.assertEqual(ended, ["/t/absolute", "/t/sliding"])

    def test_no_time_means_for_ever(self):
        peer = self.peer()
        for address, ttl in (("/never", 0), ("/never/absolute", ABSOLUTE), ("/ends", SLIDING | 1)):
            peer.ask(codec.set_(address, 1, ttl=ttl))
        peer.ask(codec.set_("/changed", 1, ttl=SLIDING | 1))
        peer.ask(codec.set_("/changed", 1, ttl=0))
        while peer.get("/ends"):
            time.sleep(0.05)
        self.assertEqual(set(self.peer().params), {"/never", "/never/absolute", "/changed"})

    def test_a_lock_ends_with_its_param(self):
        a, b = self.peers(2)
        b.subscribe(1, "/t")
        a.ask(codec.set_("/t", 1, lock=True, ttl=SLIDING | 1))
        self.assertEqual([b.expect("SET").value for _ in range(2)], [1, None])
        self.assertTold(b.ask(codec.set_("/t", 2)), ("/t", 2))


class DefaultLifetime(WireCase):
    options = ("--param-ttl", "1s")

    def test_a_param_without_a_lifetime_has_the_relays(self):
        peer = self.peer()
        peer.subscribe(1, "/**")
        peer.ask(codec.set_("/kept", 1, ttl=0))
        peer.ask(codec.set_("/short", 1))
        ended = peer.expect("SET")
        self.assertEqual((ended.address, ended.value, ended.revision), ("/short", None, 2))
        self.assertEqual(set(self.peer().params), {"/kept"})


class Capacity(WireCase):
    options = ("--max-params", "10")

    def test_a_full_relay_refuses_new_addresses_and_forgets_none(self):
        peer = self.peer()
        for number in range(10):
            self.assertEqual(peer.ask(codec.set_(f"/{number}", 1)), [])
        self.assertRefused(peer.ask(codec.set_("/10", 1)), 400, "/10", "AtCapacity.*10")
        self.assertRefused(
            peer.ask(codec.bundle(codec.set_("/0", 2), codec.set_("/11", 1))), 400, "/11", "AtCapacity")
        self.assertEqual(peer.ask(codec.set_("/9", 2)), [])
        self.assertEqual(len(self.peer().params), 10)
        self.assertEqual(peer.get("/0").value, 1)


class Presence(WireCase):
    def setUp(self):
        config = self.enterContext(AppConfig(presence=["/lamps/*/alive"]))
        self.options = ("--app-config", config)
        super().setUp()

    def test_a_presence_goes_with_its_connection(self):
        lamp, reader = self.peers(2)
        reader.subscribe(1, "/lamps/**")
        lamp.ask(codec.set_("/lamps/1/alive", True))
        lamp.ask(codec.set_("/lamps/1/colour", "red"))
        lamp.close()
        told = [reader.expect("SET") for _ in range(3)]
        self.assertTold(told, ("/lamps/1/alive", True), ("/lamps/1/colour", "red"), ("/lamps/1/alive", None))
        self.assertEqual(told[2].revision, 2)
        self.assertEqual(set(self.peer().params), {"/lamps/1/colour"})

    def test_the_last_of_several_takes_it_along(self):
        one, two, reader = self.peers(3)
        reader.subscribe(1, "/lamps/**")
        one.ask(codec.set_("/lamps/1/alive", 1))
        two.ask(codec.set_("/lamps/1/alive", 2))
        two.close()
        one.ask(codec.set_("/lamps/1/alive", 3))
        one.close()
        self.assertTold(
            [reader.expect("SET") for _ in range(4)],
            ("/lamps/1/alive", 1), ("/lamps/1/alive", 2), ("/lamps/1/alive", 3), ("/lamps/1/alive", None))

    def test_null_takes_it_down_for_all(self):
        lamp, reader = self.peers(2)
        reader.subscribe(1, "/lamps/**")
        lamp.ask(codec.set_("/lamps/1/alive", 1))
        reader.ask(codec.set_("/lamps/1/alive", None))
        lamp.close()
        # Nothing more comes when the lamp goes: the next thing heard is the next lamp.
        self.peer().ask(codec.set_("/lamps/2/alive", 1))
        told = reader.news()
        self.assertTold(told[:1], ("/lamps/2/alive", 1))

    def test_it_does_not_outlive_the_relay(self):
        lamp = self.peer()
        lamp.ask(codec.set_("/lamps/1/alive", True))
        lamp.acknowledged(codec.set_("/lamps/1/colour", "red"))
        self.relay.stop(9)
        with Relay(*self.options, data=self.relay.data.parent) as again:
            self.assertEqual(set(self.keep(Peer(again)).params), {"/lamps/1/colour"})
