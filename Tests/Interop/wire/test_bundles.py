"""BUNDLE: all of it in its order, or none; now, or at its time."""

import msgpack

import codec
from case import WireCase


class Bundling(WireCase):
    def test_members_come_one_by_one_in_their_order(self):
        writer, reader = self.peers(2)
        for peer in (writer, reader):
            peer.subscribe(1, "/**")
        told = writer.ask(codec.bundle(
            codec.set_("/a", 1), codec.publish("/e", "x"), codec.set_("/a", 2), codec.set_("/b", 3)))
        self.assertTold(told, ("/a", 1), ("/a", 2), ("/b", 3))
        self.assertTold(reader.news(), ("/a", 1), ("/e", "x"), ("/a", 2), ("/b", 3))

    def test_the_ack_tells_the_last_revision(self):
        peer = self.peer()
        peer.ask(codec.set_("/b", 0))
        ack = peer.acknowledged(codec.bundle(codec.set_("/a", 1), codec.set_("/b", 1), codec.publish("/e", 1)), qos=2)
        self.assertEqual(ack, codec.Message(type="ACK", revision=2, qos=0))
        for payload in (codec.bundle(), codec.bundle(codec.publish("/e", 1))):
            self.assertEqual(peer.acknowledged(payload), codec.Message(type="ACK", qos=0))
        self.assertEqual(peer.ask(codec.bundle(codec.set_("/a", 5)), qos=0), [])

    def test_nothing_happens_when_one_member_cannot(self):
        peer, other = self.peers(2)
        other.subscribe(1, "/**")
        peer.ask(codec.set_("/stored", 1))
        other.ask(codec.set_("/locked", 1, lock=True))
        other.news()
        good = codec.set_("/good", 1), codec.publish("/event", 1)
        for bad, code, address, text in (
            (codec.set_("/stored", 2, revision=9), 400, "/stored", "RevisionConflict.*9.*1"),
            (codec.set_("/locked", 2), 400, "/locked", f"LockHeld.*{other.id}"),
            (codec.set_("bad", 2), 200, "bad", "InvalidAddress"),
            (codec.publish("/a/*", 2), 200, "/a/*", "InvalidAddress"),
        ):
            for members in ((bad, *good), (good[0], bad, good[1]), (*good, bad)):
                self.assertRefused(peer.ask(codec.bundle(*members), qos=2), code, address, f"bundle.*{text}")
        self.assertEqual(other.news(), [])
        self.assertIsNone(peer.get("/good"))
        self.assertEqual(peer.get("/stored").revision, 1)

    def test_members_see_what_those_before_them_did(self):
        peer = self.peer()
        self.assertEqual(peer.ask(codec.bundle(
            codec.set_("/a", 1), codec.set_("/a", 2, revision=1), codec.set_("/a", 3, revision=2))), [])
        self.assertEqual(peer.get("/a").revision, 3)
        self.assertRefused(
            peer.ask(codec.bundle(codec.set_("/b", 1), codec.set_("/b", 2, revision=7))), 400, "/b", "RevisionConflict.*7.*1")
        self.assertIsNone(peer.get("/b"))
        self.assertEqual(peer.ask(codec.bundle(codec.set_("/c", 1, lock=True), codec.set_("/c", 2, unlock=True))), [])
        self.assertEqual(self.peer().ask(codec.set_("/c", 3)), [])

    def test_what_has_no_place_in_a_bundle_is_passed_over(self):
        peer = self.peer()
        inner = codec.bundle(codec.set_("/nested", 1))
        others = codec.subscribe(1, "/**"), codec.ping(), codec.hello(), codec.get("/a"), codec.query("/**"), inner
        self.assertEqual(peer.ask(codec.bundle(*others, codec.set_("/a", 1), *others)), [])
        self.assertEqual(peer.get("/a").value, 1)
        self.assertIsNone(peer.get("/nested"))

    def test_a_large_bundle(self):
        peer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        count = 3000
        peer.send(codec.bundle(*[codec.set_(f"/{number}", number) for number in range(count)]), qos=1)
        peer.expect("ACK")
        self.assertTold(reader.news(), *[(f"/{number}", number) for number in range(count)])

    def test_an_old_bundle(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        members = [{"type": "SET", "address": "/a", "value": 1}, {"type": "PUBLISH", "address": "/e", "payload": [2]}]
        writer.send_bytes(codec.frame(msgpack.packb({"type": "BUNDLE", "messages": members}), qos=2, encoding=0))
        self.assertEqual(writer.news(), [])
        self.assertTold(reader.news(), ("/a", 1), ("/e", [2]))


class Scheduling(WireCase):
    def now(self, peer):
        return peer.ask(codec.sync(0))[0].t2

    def test_a_bundle_of_the_future_waits(self):
        peer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        soon = self.now(peer) + 1_500_000
        peer.send(codec.bundle(codec.set_("/later", 1), codec.publish("/later/e", 2), timestamp=soon), qos=1)
        peer.send(codec.set_("/now", 1))
        told = [reader.receive() for _ in range(3)]
        self.assertTold(told, ("/now", 1), ("/later", 1), ("/later/e", 2))
        self.assertGreaterEqual(self.now(reader), soon)
        self.assertEqual(peer.expect("ACK").revision, 1)
        self.assertGreaterEqual(reader.get("/later").timestamp, soon)

    def test_bundles_run_in_the_order_of_their_times(self):
        peer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        start = self.now(peer) + 1_500_000
        for place in (3, 1, 2, 0):
            peer.send(codec.bundle(codec.set_("/a", place), timestamp=start + place * 1000))
        self.assertEqual([reader.expect("SET").value for _ in range(4)], [0, 1, 2, 3])

    def test_a_late_bundle_runs_at_once(self):
        peer = self.peer()
        for stamp in (0, 1, self.now(peer) - 1):
            peer.send(codec.bundle(codec.set_("/a", stamp), timestamp=stamp))
            self.assertEqual(peer.get("/a").value, stamp)

    def test_it_is_checked_again_when_it_runs(self):
        peer, other = self.peers(2)
        peer.send(codec.bundle(codec.set_("/a", 1), codec.set_("/b", 1), timestamp=self.now(peer) + 1_500_000))
        other.ask(codec.set_("/a", 2, lock=True))
        self.assertRefused([peer.receive()], 400, "/a", "bundle.*LockHeld")
        self.assertIsNone(peer.get("/b"))

    def test_too_far_ahead_and_too_many(self):
        peer = self.peer()
        far = self.now(peer) + 61_000_000
        self.assertRefused(peer.ask(codec.bundle(codec.set_("/a", 1), timestamp=far), qos=1), 400, None, "TooFarAhead.*60")
        self.assertRefused(
            peer.ask(codec.bundle(codec.set_("/a", 1), timestamp=2**64 - 1)), 400, None, "TooFarAhead")
        later = self.now(peer) + 50_000_000
        for _ in range(1000):
            peer.send(codec.bundle(codec.set_("/a", 1), timestamp=later))
        self.assertEqual(peer.news(), [])
        self.assertRefused(peer.ask(codec.bundle(codec.set_("/a", 1), timestamp=later)), 400, None, "TooManyBundles.*1000")
        self.assertEqual(self.peer().ask(codec.bundle(codec.set_("/a", 1), timestamp=later)), [])

    def test_who_leaves_takes_its_bundles_along(self):
        peer, other = self.peers(2)
        due = self.now(peer) + 1_500_000
        peer.ask(codec.bundle(codec.set_("/gone", 1), timestamp=due))
        peer.close()
        other.send(codec.bundle(codec.set_("/mine", 1), timestamp=due + 1000), qos=1)
        other.expect("ACK")
        self.assertIsNone(other.get("/gone"))
