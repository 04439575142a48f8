"""PUBLISH: passed on, to whom, and in what form. Nothing is kept."""

import math

import msgpack

import codec
from case import WireCase
from peer import masked
from test_codec import VECTORS, has_nan, untagged


class Publishing(WireCase):
    def test_everybody_hears_but_the_sender(self):
        peers = self.peers(3)
        for peer in peers:
            peer.subscribe(1, "/e/**")
            peer.subscribe(2, "/**")
        self.assertEqual(peers[0].ask(codec.publish("/e/x", "ring"), qos=2), [])
        for peer in peers[1:]:
            self.assertTold(peer.news(), ("/e/x", "ring"))
        self.assertEqual(self.peer().params, {})

    def test_the_first_of_an_address_is_heard(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        for number, signal in enumerate(codec.SIGNALS):
            writer.send(codec.publish(f"/{number}", number, signal=signal))
        writer.news()
        self.assertTold(reader.news(), *[(f"/{number}", number) for number in range(5)])

    def test_a_published_param_is_not_stored(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/p", types=["param"])
        writer.ask(codec.publish("/p", 1, signal="param"))
        self.assertTold(reader.news(), ("/p", 1))
        self.assertIsNone(reader.get("/p"))

    def test_all_parts_pass_unchanged(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        for qos, signal in ((1, "event"), (0, "stream"), (0, "gesture"), (2, "timeline"), (1, "param")):
            writer.ask(codec.publish("/s", {"k": [1, 2.5]}, signal, timestamp=2**63, id=2**32 - 1, rate=48_000))
            (told,) = reader.news()
            expected = codec.Message(
                type="PUBLISH", signal=signal, phase="start", address="/s", value={"k": [1, 2.5]}, timestamp=2**63,
                id=2**32 - 1, rate=48_000, qos=qos)
            self.assertEqual(told, expected)
        samples = [0.0, -1.5, math.inf]
        writer.ask(codec.publish("/s", signal="stream", samples=samples))
        self.assertEqual(reader.news()[0].samples, samples)
        writer.ask(codec.publish("/s"))
        self.assertNotIn("value", reader.news()[0])

    def test_every_golden_publish_arrives_as_it_was(self):
        reader = self.peer()
        reader.subscribe(1, "/**")
        sent = 0
        for vector in VECTORS:
            message = vector["message"]
            address = message.get("address", "")
            if message["type"] != "PUBLISH" or not address.startswith("/") or address.startswith("/clasp/p2p/signal/"):
                continue
            writer = self.peer()  # So that no gesture of another vector is still under way.
            writer.send_bytes(bytes.fromhex(vector["hex"]))
            self.assertEqual(writer.news(), [], vector["name"])
            (told,) = reader.news()
            for part in ("signal", "phase", "address", "id", "rate"):
                self.assertEqual(told.get(part), message.get(part), vector["name"])
            self.assertEqual(told.timestamp, int(message["timestamp"]) if "timestamp" in message else None)
            content = message.get("value", message.get("payload"))
            if content is not None and not has_nan(content):
                self.assertEqual(codec.encoded(told.value), codec.encoded(untagged(content)), vector["name"])
            if not has_nan(message.get("samples", [])):
                self.assertEqual(told.get("samples"), [untagged(s) for s in message["samples"]] if "samples" in message else None)
            sent += 1
        self.assertGreater(sent, 30)

    def test_an_old_client_publishes_payload_or_value(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/e")
        for fields in ({"payload": 7}, {"value": 7}, {"value": 7, "payload": 8}):
            message = {"type": "PUBLISH", "address": "/e", "signal": "event", **fields}
            writer.send_bytes(codec.frame(msgpack.packb(message), encoding=0))
            writer.news()
            self.assertTold(reader.news(), ("/e", 7))

    def test_order_is_kept(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        for number in range(1000):
            writer.send(codec.publish(f"/e/{number % 7}", number, signal="stream" if number % 2 else "event"))
            writer.send(codec.set_("/p", number))
        writer.news()
        values = [message.value for message in reader.news()]
        self.assertEqual(values, [number for number in range(1000) for _ in range(2)])


class Gestures(WireCase):
    def move(self, x, id=1, phase="move", address="/touch"):
        return codec.publish(address, {"x": x}, signal="gesture", phase=phase, id=id)

    def together(self, peer, *payloads):
        """In one write, so that they arrive in one turn."""
        peer.send_raw(b"".join(masked(0x2, codec.frame(payload)) for payload in payloads))
        return peer.news()

    def shown(self, messages):
        return [(message.phase, message.value["x"]) for message in messages]

    def test_of_many_moves_the_newest_counts(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/touch")
        writer.subscribe(1, "/touch")
        moves = [self.move(x) for x in range(1, 201)]
        self.together(writer, self.move(0, phase="start"), *moves, self.move(999, phase="end"))
        told = self.shown(reader.news())
        self.assertEqual((told[0], told[-2:]), (("start", 0), [("move", 200), ("end", 999)]))
        self.assertLess(len(told), 100)
        self.assertEqual(writer.news(), [])

    def test_a_move_comes_without_an_end(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/touch")
        writer.subscribe(1, "/touch")
        self.together(writer, self.move(0, phase="start"), self.move(1), self.move(2))
        told = [reader.expect("PUBLISH")]
        while told[-1].value != {"x": 2}:
            told.append(reader.expect("PUBLISH"))
        self.assertEqual(told[0].phase, "start")
        self.assertEqual(writer.news(), [])

    def test_moves_keep_flowing_while_they_come(self):
        """They are not held back until the finger rests."""
        writer, reader = self.peers(2)
        reader.subscribe(1, "/touch")
        writer.send(self.move(0, phase="start"))
        self.assertEqual(reader.expect("PUBLISH").phase, "start")
        seen, x = 0, 0
        while seen < 3:
            x += 1
            writer.ask(self.move(x))
            seen += len(reader.news())
        self.assertGreater(x, seen)

    def test_a_cancel_is_told_behind_the_last_move(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/touch")
        self.together(writer, self.move(0, phase="start"), self.move(1), self.move(2, phase="cancel"))
        self.assertEqual(self.shown(reader.news())[-2:], [("move", 1), ("cancel", 2)])

    def test_a_move_of_no_gesture_passes_at_once(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/touch")
        self.together(writer, self.move(1), self.move(2))
        self.assertEqual(self.shown(reader.news()), [("move", 1), ("move", 2)])

    def test_gestures_of_others_are_others(self):
        a, b, reader = self.peers(3)
        reader.subscribe(1, "/touch")
        self.together(a, self.move(0, phase="start"), self.move(1))
        self.together(b, self.move(100, phase="start"), self.move(101), self.move(102, phase="end"))
        self.together(a, self.move(2, id=2), self.move(3, phase="end"))
        told = self.shown(reader.news())
        mine, theirs = [entry for entry in told if entry[1] < 100], [entry for entry in told if entry[1] >= 100]
        self.assertEqual(theirs, [("start", 100), ("move", 101), ("end", 102)])
        self.assertEqual(sorted(mine), [("end", 3), ("move", 1), ("move", 2), ("start", 0)])
        self.assertLess(mine.index(("move", 1)), mine.index(("end", 3)))

    def test_who_leaves_takes_its_gestures_along(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/**")
        self.together(writer, self.move(0, phase="start"))
        writer.close()
        other = self.peer()
        other.ask(codec.set_("/after", 1))
        self.assertEqual([message.address for message in reader.news()], ["/touch", "/after"])


class Peers(WireCase):
    def test_a_signal_reaches_one_session(self):
        a, b, c = self.peers(3)
        for peer in (a, b, c):
            peer.subscribe(1, "/**")
        address = f"/clasp/p2p/signal/{b.id}"
        self.assertEqual(a.ask(codec.publish(address, {"type": "offer", "sdp": "…"})), [])
        self.assertTold(b.news(), (address, {"type": "offer", "sdp": "…"}))
        self.assertEqual(c.news(), [])

    def test_it_needs_no_subscription_and_may_be_for_oneself(self):
        a, b = self.peers(2)
        a.ask(codec.publish(f"/clasp/p2p/signal/{b.id}", 1, signal="stream"))
        self.assertTold(b.news(), (f"/clasp/p2p/signal/{b.id}", 1))
        self.assertTold(a.ask(codec.publish(f"/clasp/p2p/signal/{a.id}", 2)), (f"/clasp/p2p/signal/{a.id}", 2))

    def test_nobody_of_that_name(self):
        a, b = self.peers(2)
        a.subscribe(1, "/**")
        gone = b.id
        b.close()
        address = f"/clasp/p2p/signal/{gone}"
        while not (answer := a.ask(codec.publish(address, 1))):
            pass  # The relay has not seen it leave yet.
        self.assertRefused(answer, 404, address, gone)
        for name in ("nobody", "00000000-0000-4000-8000-000000000000"):
            self.assertRefused(
                a.ask(codec.publish(f"/clasp/p2p/signal/{name}", 1)), 404, f"/clasp/p2p/signal/{name}", name)

    def test_other_addresses_are_ordinary(self):
        a, b = self.peers(2)
        b.subscribe(1, "/clasp/p2p/**")
        for address in ("/clasp/p2p/announce", "/clasp/p2p/other", f"/clasp/p2p/signal/{b.id}/deeper"):
            self.assertEqual(a.ask(codec.publish(address, 1)), [])
            self.assertTold(b.news(), (address, 1))
