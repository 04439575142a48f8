"""The published Python client and the library for browsers, in Node: each hears what the other says."""

import asyncio
import json
import pathlib

from test_python_client import ClientCase, Ear, settle

SDK = pathlib.Path(__file__).resolve().parents[2] / "web/sdk/clasp.js"

# Says what it hears, a line of JSON each, and does what its lines of input say: [address, value, isEvent].
SCRIPT = """
import { createInterface } from 'node:readline';
const { ClaspClient } = await import(process.argv[1]);
const client = new ClaspClient(process.argv[2]);
await client.connect();
const heard = client.subscribe('/python/**', (value, address) => console.log(JSON.stringify([address, value])));
await heard.ready;
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [address, value, isEvent] = JSON.parse(line);
  await (isEvent ? client.publish(address, value) : client.set(address, value));
}
client.close();
"""

# As both languages know them. A whole number that is written as 1.0 is one number to JavaScript, so there is none.
VALUES = [True, False, 7, -3, 2**40, 0.5, "é ☃", "", [1, [2.5, "x"]], {"a": {"b": [None, 1]}, "z": 0}]


class TwoClients(ClientCase):
    async def test_each_hears_the_other(self):
        python = await self.client()
        ear = Ear(python, "/browser/**")
        await settle(python)
        node = await asyncio.create_subprocess_exec(
            "node", "--input-type=module", "-e", SCRIPT, str(SDK), self.relay.url,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)

        async def line():
            async with asyncio.timeout(20):
                return (await node.stdout.readline()).decode().strip()

        self.assertEqual(await line(), "ready")
        for index, value in enumerate(VALUES):
            await python.set(f"/python/{index}", value)
            self.assertEqual(json.loads(await line()), [f"/python/{index}", value])
            node.stdin.write(json.dumps([f"/browser/{index}", value, False]).encode() + b"\n")
            self.assertEqual(await ear.hears(1), [(f"/browser/{index}", value)])
        await python.emit("/python/event", {"n": 1})
        self.assertEqual(json.loads(await line()), ["/python/event", {"n": 1}])
        node.stdin.write(json.dumps(["/browser/event", [1, 2], True]).encode() + b"\n")
        self.assertEqual(await ear.hears(1), [("/browser/event", [1, 2])])
        node.stdin.close()
        async with asyncio.timeout(20):
            self.assertEqual(await node.wait(), 0)
