"""The published Python client, as its users know it."""

import asyncio
import unittest

from clasp import Clasp

from relay import Relay, free_port


class Ear:
    """What a subscription has been told."""

    def __init__(self, client, pattern, **options):
        self.heard = []
        self._news = asyncio.Event()
        self.leave = client.subscribe(pattern, self._hear, **options)

    def _hear(self, value, address):
        self.heard.append((address, value))
        self._news.set()

    async def hears(self, count):
        """Waits until so many have come, and takes them all."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self._news.clear()
                await self._news.wait()
        return self.take()

    def take(self):
        heard, self.heard = self.heard, []
        return heard


async def settle(*clients):
    """Returns when the relay has dealt with all that the clients sent, and they with what they were sent before.

    The answer to a query comes behind everything else, and only to a client that still listens.
    """
    for client in clients:
        await asyncio.sleep(0)  # The client subscribes in a task of its own.
        await client.query_signals("/nothing/is/announced/here")


class ClientCase(unittest.IsolatedAsyncioTestCase):
    options = ()

    async def asyncSetUp(self):
        self.relay = self.enterContext(Relay(*self.options))
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            await client.close()

    async def client(self, **options):
        client = Clasp(self.relay.url, **options)
        client.deaf = []
        client.on_error(client.deaf.append)
        await client.connect()
        self.clients.append(client)
        return client


class Smoke(ClientCase):
    async def test_three_clients_meet(self):
        a = await self.client()
        await settle(a)
        self.assertEqual(a._params, {})
        ear_a = Ear(a, "/t/**")
        b = await self.client()
        await settle(a, b)
        await b.set("/t/x", 1)
        self.assertEqual(await ear_a.hears(1), [("/t/x", 1)])
        await a.set("/t/x", 2)
        self.assertEqual(await ear_a.hears(1), [("/t/x", 2)])
        c = await self.client()
        await settle(c)
        self.assertEqual(c.cached("/t/x"), 2)
        ear_b, ear_c = Ear(b, "/t/e"), Ear(c, "/t/e")
        await settle(b, c)
        await b.emit("/t/e", "ring")
        self.assertEqual(await ear_a.hears(1), [("/t/e", "ring")])
        self.assertEqual(await ear_c.hears(1), [("/t/e", "ring")])
        await settle(b)
        self.assertEqual(ear_b.take(), [])

    async def test_whoever_writes_still_hears(self):
        """An ACK would end the receive loop of this client."""
        for place in range(3):
            people = [await self.client() for _ in range(3)]
            ears = [Ear(person, f"/{place}/**") for person in people]
            await settle(*people)
            writer = people[place]
            await writer.set(f"/{place}/x", 1)
            await writer.bundle([{"set": [f"/{place}/y", 2]}, {"emit": [f"/{place}/e", 3]}])
            await settle(*people)
            others = people[:place] + people[place + 1:]
            await others[0].set(f"/{place}/x", 4)
            await others[1].emit(f"/{place}/e", 5)
            await settle(*people, *people)
            for person, ear in zip(people, ears):
                self.assertEqual(person.deaf, [])
                expected = [(f"/{place}/x", 1), (f"/{place}/y", 2)]
                expected += [(f"/{place}/e", 3)] if person is not writer else []
                expected += [(f"/{place}/x", 4)]
                expected += [(f"/{place}/e", 5)] if person is not others[1] else []
                self.assertEqual(ear.take(), expected)


class Params(ClientCase):
    async def test_every_value_comes_back_as_it_was(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/v/**")
        await settle(reader)
        values = [
            None, True, False, 0, 7, -1, 2**63 - 1, -(2**63), 0.0, 7.0, -0.5, 1e300, float("inf"), "", "grüße \U0001F44B",
            "nul\0inside", b"", b"\x00\xff", [], [1, 2.0, "three", None, [4]], {}, {"z": 1, "a": {"deep": [True]}}, "x" * 60_000,
        ]
        for number, value in enumerate(values):
            await writer.set(f"/v/{number}", value)
        heard = await ear.hears(len(values))
        late = await self.client()
        for number, value in enumerate(values):
            for came in (heard[number][1], await late.get(f"/v/{number}")):
                self.assertEqual(came, value)
                self.assertIs(type(came), type(value))
        self.assertEqual(list(heard[21][1]), ["z", "a"])

    async def test_get_asks_the_relay(self):
        writer, reader = await self.client(), await self.client()
        await settle(reader)
        await writer.set("/lamp/1", 0.75)
        await settle(writer)
        self.assertIsNone(reader.cached("/lamp/1"))
        self.assertEqual(await reader.get("/lamp/1"), 0.75)

    async def test_two_gets_at_once(self):
        writer, reader = await self.client(), await self.client()
        await settle(reader)
        for number in range(20):
            await writer.set(f"/n/{number}", number)
        await settle(writer)
        found = await asyncio.gather(*(reader.get(f"/n/{number}") for number in range(20)))
        self.assertEqual(found, list(range(20)))

    async def test_what_is_missing_is_not_answered(self):
        client = await self.client()
        with self.assertRaisesRegex(Exception, "Get timeout"):
            await client.get("/nowhere", timeout=0.1)
        await settle(client)

    async def test_a_late_client_has_everything_at_once(self):
        writer = await self.client()
        for number in range(2000):
            await writer.set(f"/many/{number}", {"n": number, "text": "x" * 40})
        await settle(writer)
        late = await self.client()
        await settle(late)
        self.assertEqual(len(late._params), 2000)
        self.assertEqual(late.cached("/many/1999"), {"n": 1999, "text": "x" * 40})

    async def test_null_is_a_value(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/gone")
        await settle(reader)
        await writer.set("/gone", 1)
        await writer.set("/gone", None)
        self.assertEqual(await ear.hears(2), [("/gone", 1), ("/gone", None)])
        late = await self.client()
        await settle(late)
        self.assertIn("/gone", late._params)

    async def test_many_writers_of_one_param_end_with_one_value(self):
        people = [await self.client() for _ in range(5)]
        ears = [Ear(person, "/shared") for person in people]
        await settle(*people)
        for turn in range(40):
            await asyncio.gather(*(person.set("/shared", [number, turn]) for number, person in enumerate(people)))
        await settle(*people, *people)
        first, *others = (ear.take() for ear in ears)
        self.assertEqual(len(first), 200)
        for other in others:
            self.assertEqual(other, first)


class Lifetimes(ClientCase):
    async def test_a_param_ends_when_it_was_to(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/t/**")
        await settle(reader)
        await writer.set("/t/sliding", 1, ttl=1)
        await writer.set("/t/absolute", 2, ttl=1, absolute=True)
        await writer.set("/t/never", 3, ttl=0)
        await writer.set("/t/never-either", 4, ttl=0, absolute=True)
        self.assertEqual(len(await ear.hears(4)), 4)
        ended = await ear.hears(2)
        self.assertEqual(sorted(ended), [("/t/absolute", None), ("/t/sliding", None)])
        late = await self.client()
        await settle(late)
        self.assertEqual(late._params, {"/t/never": 3, "/t/never-either": 4})


class Signals(ClientCase):
    async def test_events_streams_gestures_and_timelines(self):
        writer, reader = await self.client(), await self.client()
        ear, own = Ear(reader, "/s/**"), Ear(writer, "/s/**")
        await settle(reader, writer)
        await writer.emit("/s/event", {"k": 1})
        await writer.emit("/s/bare")
        await writer.stream("/s/stream", 0.5)
        await writer.gesture("/s/touch", 7, "start", {"x": 1})
        await writer.gesture("/s/touch", 7, "move", {"x": 2})
        await writer.gesture("/s/touch", 7, "end", {"x": 3})
        await writer.timeline("/s/line", [{"time": 0, "value": 1.0}])
        self.assertEqual(
            await ear.hears(7),
            [
                ("/s/event", {"k": 1}), ("/s/bare", None), ("/s/stream", 0.5), ("/s/touch", {"x": 1}),
                ("/s/touch", {"x": 2}), ("/s/touch", {"x": 3}), ("/s/line", None),
            ])
        await settle(writer)
        self.assertEqual(own.take(), [])

    async def test_signals_are_not_kept(self):
        writer = await self.client()
        await writer.emit("/s/event", 1)
        await writer.stream("/s/stream", 2)
        await settle(writer)
        late = await self.client()
        ear = Ear(late, "/s/**")
        await settle(late)
        self.assertEqual((ear.take(), late._params), ([], {}))

    async def test_streams_keep_their_order(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/s")
        await settle(reader)
        for number in range(1, 1001):
            await writer.stream("/s", number)
        self.assertEqual(await ear.hears(1000), [("/s", number) for number in range(1, 1001)])


class Bundles(ClientCase):
    async def test_a_bundle_arrives_in_its_order(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/b/**")
        await settle(reader)
        await writer.bundle([{"set": ["/b/1", 1]}, {"emit": ["/b/e", "two"]}, {"set": ["/b/3", {"k": [1.5]}]}])
        self.assertEqual(await ear.hears(3), [("/b/1", 1), ("/b/e", "two"), ("/b/3", {"k": [1.5]})])

    async def test_all_or_nothing(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/b/**")
        await settle(reader)
        await writer.bundle([{"set": ["/b/good", 1]}, {"set": ["no slash", 2]}])
        await settle(writer, reader)
        self.assertEqual(ear.take(), [])
        self.assertEqual(writer.deaf, [])

    async def test_a_bundle_waits_for_its_time(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/b/**")
        await settle(reader)
        await writer.bundle([{"set": ["/b/later", 1]}], at=writer.time() + 300_000)
        await writer.set("/b/now", 2)
        self.assertEqual(await ear.hears(2), [("/b/now", 2), ("/b/later", 1)])


class Patterns(ClientCase):
    addresses = ["/a", "/a/b", "/a/c", "/a/b/c", "/a/x/y/c", "/d/b"]

    async def test_one_segment_and_any_number(self):
        reader, writer = await self.client(), await self.client()
        expected = {
            "/a/b": ["/a/b"],
            "/a/*": ["/a/b", "/a/c"],
            "/*/b": ["/a/b", "/d/b"],
            "/a/**": ["/a", "/a/b", "/a/c", "/a/b/c", "/a/x/y/c"],
            "/a/**/c": ["/a/c", "/a/b/c", "/a/x/y/c"],
            "/**": self.addresses,
        }
        ears = {pattern: Ear(reader, pattern) for pattern in expected}
        await settle(reader)
        for number, address in enumerate(self.addresses):
            await writer.set(address, number)
            await writer.emit(address, f"e{number}")
        await settle(writer, reader)
        for pattern, addresses in expected.items():
            heard = [found for found in ears[pattern].take()]
            wanted = [(a, v) for n, a in enumerate(self.addresses) if a in addresses for v in (n, f"e{n}")]
            self.assertEqual(heard, wanted, pattern)

    async def test_each_pattern_alone_decides_what_is_sent(self):
        """The client matches again on receipt; what it was sent at all shows in its cache."""
        writer = await self.client()
        expected = {
            "/a/*": {"/a/b", "/a/c"},
            "/a/**": {"/a", "/a/b", "/a/c", "/a/b/c", "/a/x/y/c"},
            "/**/c": {"/a/c", "/a/b/c", "/a/x/y/c"},
        }
        readers = {pattern: await self.client() for pattern in expected}
        for pattern, reader in readers.items():
            Ear(reader, pattern)
        await settle(*readers.values())
        for address in self.addresses:
            await writer.set(address, 1)
        await settle(writer, *readers.values())
        for pattern, reader in readers.items():
            self.assertEqual(set(reader._params), expected[pattern], pattern)

    async def test_a_subscription_brings_what_is_stored(self):
        writer, reader = await self.client(), await self.client()
        await settle(reader)
        for address in self.addresses:
            await writer.set(address, address)
        await settle(writer)
        ear = Ear(reader, "/a/*")
        await settle(reader)
        self.assertEqual(sorted(ear.take()), [("/a/b", "/a/b"), ("/a/c", "/a/c")])

    async def test_nothing_comes_after_leaving(self):
        writer, reader = await self.client(), await self.client()
        left, stayed = Ear(reader, "/a/*"), Ear(reader, "/a/b")
        await settle(reader)
        left.leave()
        await settle(reader)
        await writer.set("/a/b", 1)
        await writer.set("/a/c", 2)
        await settle(writer, reader)
        self.assertEqual((left.take(), stayed.take()), ([], [("/a/b", 1)]))
        self.assertNotIn("/a/c", reader._params)

    async def test_a_slower_subscription_ends_with_the_last_value(self):
        writer, reader = await self.client(), await self.client()
        ear = Ear(reader, "/fast", maxRate=10)
        await settle(reader)
        for number in range(100):
            await writer.set("/fast", number)
        heard = await ear.hears(1)
        # Where the writer takes its time, there are some between the first and the last.
        while heard[-1] != ("/fast", 99):
            heard += await ear.hears(1)
        self.assertEqual((heard[0], heard[-1]), (("/fast", 0), ("/fast", 99)))
        self.assertLess(len(heard), 100)


class Queries(ClientCase):
    async def test_queries_are_answered_in_their_order(self):
        client = await self.client()
        answers = await asyncio.gather(*(client.query_signals(f"/{number}/**") for number in range(10)))
        self.assertEqual(answers, [[]] * 10)


class Reconnecting(ClientCase):
    async def test_a_client_comes_back_to_its_values(self):
        port = free_port()
        self.relay.stop()
        with Relay(port=port) as first:
            self.relay = first
            # It tries once, after this time; the second relay must be there by then, on a busy machine too.
            client = await self.client(reconnect_interval=10)
            ears, reasons = [], []
            client.on_disconnect(reasons.append)
            # The client does not subscribe again by itself.
            client.on_connect(lambda: ears.append(Ear(client, "/r/**")))
            ears.append(Ear(client, "/r/**"))
            await client.set("/r/kept", 1)
            await settle(client)
            session = client.session_id
            self.assertEqual(await asyncio.to_thread(first.stop), 0)
            with Relay(port=port, data=first.data.parent) as second:
                self.relay = second
                async with asyncio.timeout(60):
                    while len(ears) < 2:
                        await asyncio.sleep(0.02)
                self.assertRegex(reasons[0], "1012.*retry-after=")
                self.assertNotEqual(client.session_id, session)
                self.assertIn(("/r/kept", 1), await ears[1].hears(1))
                await client.set("/r/new", 2)
                self.assertIn(("/r/new", 2), await ears[1].hears(1))
                await client.close()
