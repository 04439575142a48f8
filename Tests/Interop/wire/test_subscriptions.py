"""SUBSCRIBE: what it brings, what follows, and how much of it."""

import codec
from case import WireCase


class Subscribing(WireCase):
    def test_it_brings_what_is_stored_and_nothing_else(self):
        writer, reader = self.peers(2)
        for address in ("/a", "/a/b", "/a/c", "/a/b/c", "/z"):
            writer.ask(codec.set_(address, address))
        expected = {
            "/a": ["/a"],
            "/a/*": ["/a/b", "/a/c"],
            "/a/**": ["/a", "/a/b", "/a/b/c", "/a/c"],
            "/**/c": ["/a/b/c", "/a/c"],
            "/*": ["/a", "/z"],
            "/a/x*": [],
        }
        for id, (pattern, addresses) in enumerate(expected.items()):
            self.assertEqual(sorted(param.address for param in reader.subscribe(id, pattern)), addresses, pattern)
        self.assertEqual(reader.ask(codec.subscribe(99, "/nothing/**")), [])

    def test_the_snapshot_does_not_mind_the_types(self):
        writer, reader = self.peers(2)
        writer.ask(codec.set_("/a", 1))
        self.assertEqual([param.value for param in reader.subscribe(1, "/a", types=["event"])], [1])

    def test_a_snapshot_has_revision_writer_and_time(self):
        writer, reader = self.peers(2)
        writer.ask(codec.set_("/a", 1))
        writer.ask(codec.set_("/a", 2))
        (param,) = reader.subscribe(1, "/a")
        self.assertEqual((param.revision, param.writer), (2, writer.id))
        self.assertGreater(param.timestamp, writer.welcome.time)

    def test_a_pattern_has_to_be_one(self):
        peer = self.peer()
        for pattern in ("", "a", "**", "//", "/a//b", "/a//", "/" + "x" * 1024):
            self.assertRefused(peer.ask(codec.subscribe(1, pattern)), 202, pattern, "InvalidPattern")
        for pattern in ("/", "/a/", "/a/**/", "/?[x]{a,b}", "/" + "x" * 1023):
            self.assertEqual(peer.ask(codec.subscribe(1, pattern)), [])

    def test_a_refused_pattern_leaves_the_one_before(self):
        peer = self.peer()
        peer.subscribe(1, "/a")
        peer.ask(codec.subscribe(1, "no pattern"))
        self.assertTold(peer.ask(codec.set_("/a", 1)), ("/a", 1))

    def test_an_id_that_is_used_again_replaces(self):
        peer = self.peer()
        for pattern in ("/old/**", "/new/**"):
            peer.subscribe(0, pattern)
        peer.send(codec.set_("/old/a", 1))
        self.assertTold(peer.ask(codec.set_("/new/a", 1)), ("/new/a", 1))

    def test_unsubscribing(self):
        peer, writer = self.peers(2)
        peer.subscribe(1, "/a/**")
        peer.subscribe(2, "/a/*")
        self.assertEqual(peer.ask(codec.unsubscribe(1)), [])
        writer.ask(codec.set_("/a/b", 1))
        writer.ask(codec.set_("/a/b/c", 1))
        self.assertTold(peer.news(), ("/a/b", 1))
        self.assertEqual(peer.ask(codec.unsubscribe(2)) + peer.ask(codec.unsubscribe(77)), [])
        writer.ask(codec.set_("/a/b", 2))
        self.assertEqual(peer.news(), [])

    def test_types_are_told_apart(self):
        peer, writer = self.peers(2)
        kinds = {name: self.peer() for name in codec.SIGNALS}
        for name, reader in kinds.items():
            reader.subscribe(1, "/a", types=[name])
        both = self.peer()
        both.subscribe(1, "/a", types=["event"])
        both.subscribe(2, "/**", types=["stream"])
        # A mask without any known type means all.
        peer.send(codec.subscribe(1, "/a")[:-2] + b"\xe0\x00")
        peer.news()
        writer.send(codec.set_("/a", "set"))
        for name in codec.SIGNALS:
            writer.send(codec.publish("/a", name, signal=name))
        writer.news()
        for name, reader in kinds.items():
            expected = [("/a", "set")] if name == "param" else []
            self.assertTold(reader.news(), *expected, ("/a", name))
        self.assertTold(both.news(), ("/a", "event"), ("/a", "stream"))
        self.assertTold(peer.news(), ("/a", "set"), *[("/a", name) for name in codec.SIGNALS])


class Patterns(WireCase):
    TABLE = [
        ("/a/*", ["/a/b", "/a/"], ["/a/b/c", "/a"]),
        ("/a/**", ["/a/b/c", "/a/", "/a"], ["/ab"]),
        ("/**", ["/", "/a", "/a/b/c"], []),
        ("/a/**/c", ["/a/c", "/a/b/c", "/a/b/x/c"], ["/a/bc", "/a/c/d"]),
        ("/a/**/c/**", ["/a/c", "/a/b/c/d/e"], ["/a/b"]),
        ("/a/**/*/c", ["/a/b/c", "/a/b/d/c"], ["/a/c"]),
        ("/a/*/**", ["/a/b", "/a/b/c"], ["/a"]),
        ("/a/**/x/**/y", ["/a/x/y", "/a/1/x/2/3/y"], ["/a/y/x"]),
        ("/a/zone*", ["/a/zone5", "/a/zone"], ["/a/zon", "/a/zone/5"]),
        ("/a/x*z", ["/a/xyz", "/a/xz"], ["/a/xy"]),
        ("/a/zone*/x", ["/a/zone5/x"], ["/a/zone5/y"]),
        ("/a/b**", ["/a/b", "/a/bcd"], ["/a/b/c"]),
        ("/a/**b", ["/a/b", "/a/xb"], ["/a/x/b"]),
        ("/a/?", ["/a/?"], ["/a/b"]),
        ("/a/[bc]", ["/a/[bc]"], ["/a/b"]),
        ("/a/{b,c}", ["/a/{b,c}"], ["/a/b"]),
        ("/A", ["/A"], ["/a"]),
        ("/ü/*", ["/ü/\U0001F44B"], ["/u/x"]),
    ]

    def test_live_delivery_and_snapshots_agree(self):
        writer = self.peer()
        addresses = sorted({address for _, yes, no in self.TABLE for address in yes + no})
        readers = []
        for pattern, _, _ in self.TABLE:
            readers.append(self.peer())
            readers[-1].subscribe(1, pattern)
        for address in addresses:
            writer.ask(codec.set_(address, 1))
        for (pattern, yes, no), reader in zip(self.TABLE, readers):
            live = {message.address for message in reader.news()}
            stored = {param.address for param in self.peer().subscribe(1, pattern)}
            self.assertEqual(live, stored, pattern)
            self.assertLessEqual(set(yes), live, pattern)
            self.assertFalse(live & set(no), pattern)

    def test_a_pattern_full_of_stars_costs_nobody_anything(self):
        peer = self.peer()
        peer.subscribe(1, "/**/a" * 100 + "/**")
        address = "/a" * 99 + "/b" * 400
        for number in range(50):
            self.assertEqual(peer.ask(codec.set_(address, number)), [])
        self.assertEqual(len(peer.ask(codec.set_("/a" * 100 + "/b" * 200, 1))), 1)


class HowMany(WireCase):
    options = ("--max-subscriptions", "20")

    def test_one_too_many_is_refused(self):
        peer = self.peer()
        for id in range(20):
            self.assertEqual(peer.ask(codec.subscribe(id, f"/{id}")), [])
        self.assertRefused(peer.ask(codec.subscribe(20, "/20")), 429, "/20", "TooManySubscriptions.*20")
        self.assertEqual(peer.ask(codec.subscribe(7, "/again")), [])
        peer.send(codec.unsubscribe(3))
        self.assertEqual(peer.ask(codec.subscribe(20, "/20")), [])
        self.assertTold(peer.ask(codec.set_("/20", 1)), ("/20", 1))
        self.assertEqual(self.peer().ask(codec.subscribe(1, "/mine")), [])


class HowMuch(WireCase):
    def test_max_rate_leaves_out_what_is_not_the_last(self):
        writer, slow, fast = self.peers(3)
        slow.subscribe(1, "/a", max_rate=5)
        fast.subscribe(1, "/a")
        for number in range(300):
            writer.send(codec.set_("/a", number))
        writer.news()
        self.assertEqual(len(fast.news()), 300)
        values = [slow.expect("SET").value]
        while values[-1] != 299:
            values.append(slow.expect("SET").value)
        self.assertEqual(values[0], 0)
        self.assertEqual(values, sorted(values))
        self.assertLess(len(values), 100)
        self.assertEqual(slow.news(), [])

    def test_max_rate_thins_streams_and_nothing_else(self):
        writer, slow = self.peers(2)
        slow.subscribe(1, "/a", max_rate=5)
        for number in range(1, 51):
            writer.send(codec.publish("/a", number, signal="stream"))
            writer.send(codec.publish("/a", -number, signal="event"))
            writer.send(codec.publish("/a", -number, signal="timeline"))
        writer.news()
        events, streams = [], []
        while len(events) < 100 or streams[-1] != 50:
            message = slow.receive()
            (streams if message.signal == "stream" else events).append(message.value)
        self.assertEqual(events, [-number for number in range(1, 51) for _ in range(2)])
        self.assertLess(len(streams), 50)

    def test_epsilon_leaves_out_small_changes(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/a", epsilon=0.5)
        for value in (1.0, 1.1, 1.4, 0.7, 2.0, 2.1, -3.0):
            writer.send(codec.set_("/a", value))
        writer.news()
        self.assertTold(reader.news(), ("/a", 1.0), ("/a", 2.0), ("/a", -3.0))
        writer.send(codec.set_("/a", -3.1))
        self.assertEqual(reader.expect("SET").value, -3.1)  # In the end everybody is right.

    def test_of_several_subscriptions_the_least_restrictive_counts(self):
        writer, reader = self.peers(2)
        reader.subscribe(1, "/a", max_rate=1)
        reader.subscribe(2, "/*")
        for number in range(50):
            writer.send(codec.set_("/a", number))
        writer.news()
        self.assertTold(reader.news(), *[("/a", number) for number in range(50)])

    def test_history_brings_the_last_signals(self):
        writer, first, late = self.peers(3)
        first.subscribe(1, "/s/**", history=10)  # From here on they are kept.
        for number in range(30):
            writer.send(codec.publish("/s/x", number, signal="stream"))
            writer.send(codec.publish("/s/e", number))
        writer.news()
        told = late.ask(codec.subscribe(1, "/s/*", history=3))
        for address in ("/s/x", "/s/e"):
            self.assertEqual([message.value for message in told if message.address == address], [27, 28, 29])
        self.assertEqual(late.ask(codec.subscribe(2, "/s/*", types=["event"], history=1))[0].value, 29)
        self.assertEqual(late.ask(codec.subscribe(3, "/s/*")), [])


class Consistency(WireCase):
    def test_no_older_revision_follows_a_snapshot(self):
        writer, reader = self.peers(2)
        for turn in range(200):
            for number in range(5):
                writer.send(codec.set_("/a", [turn, number]))
            reader.send(codec.subscribe(turn, "/a"))
            writer.send(codec.set_("/a", "last"))
            reader.send(codec.unsubscribe(turn))
        writer.news()
        newest = 0
        for message in reader.news():
            for param in message.params if message.type == "SNAPSHOT" else [message]:
                self.assertGreaterEqual(param.revision, newest)
                newest = param.revision
