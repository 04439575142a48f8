"""The little of a client that the probes need to be many at once: a guest, and a socket that has said HELLO."""

import asyncio
import http.client
import json
import ssl
import struct
import urllib.parse

import websockets


class Site:
    def __init__(self, url, authority):
        self.url = urllib.parse.urlsplit(url)
        self.tls = ssl.create_default_context(cafile=authority)

    def post(self, path, body, source=None, **fields):
        """The status and the parsed answer; `source` is the address to come from."""
        connection = http.client.HTTPSConnection(
            self.url.hostname, self.url.port or 443, context=self.tls, timeout=20, source_address=source and (source, 0)
        )
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request("POST", path, json.dumps(body), headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        try:
            return reply.status, json.loads(text)
        except ValueError:
            return reply.status, {}

    async def socket(self, token, source=None, path="/ws", headers=None):
        """A greeted socket, or an exception."""
        socket = await websockets.connect(
            "wss://" + self.url.netloc + path, ssl=self.tls, subprotocols=["clasp"], open_timeout=10,
            additional_headers=headers or {}, **({"local_addr": (source, 0)} if source else {}),
        )
        await socket.send(frame(b"\x01\x01\xe0" + text("probe") + text(token)))
        welcome = await asyncio.wait_for(socket.recv(), 10)
        if b"session" not in welcome and welcome[4:5] != b"\x02":
            raise ConnectionError(f"instead of WELCOME: {welcome!r}")
        return socket


def text(value):
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def frame(payload):
    return b"\x53\x01" + struct.pack(">H", len(payload)) + payload
