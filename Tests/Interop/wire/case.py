"""What the tests of the wire have in common."""

import json
import tempfile
import unittest

from peer import Closed, Peer, Socket
from relay import Relay


class AppConfig:
    """A file with an application's config, by its name."""

    def __init__(self, **content):
        self.content = content

    def __enter__(self):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump(self.content, self.file)
        self.file.flush()
        return self.file.name

    def __exit__(self, *_):
        self.file.close()


class WireCase(unittest.TestCase):
    """Each test has a relay of its own."""

    options = ()

    def setUp(self):
        self.relay = self.enterContext(Relay("--accept-rate", "0", *self.options))

    def keep(self, peer):
        self.addCleanup(peer.close)
        return peer

    def peer(self, **options):
        return self.keep(Peer(self.relay, **options))

    def peers(self, count):
        return [self.peer() for _ in range(count)]

    def stranger(self, **options):
        """A connection that has not said HELLO."""
        return self.keep(Socket(self.relay.port, **options))

    def closure(self, connection):
        with self.assertRaises(Closed) as caught:
            while True:
                connection.receive_bytes()
        return caught.exception.code, caught.exception.reason

    def assertRefused(self, messages, code, address, text="."):
        """One ERROR and nothing else."""
        self.assertEqual([message.type for message in messages], ["ERROR"], messages)
        error = messages[0]
        self.assertEqual((error.code, error.address), (code, address), error)
        self.assertRegex(error.message, text)
        self.assertIsNone(error.correlation_id)

    def assertTold(self, messages, *expected):
        """Addresses and values, in order, of SETs and PUBLISHes and nothing else."""
        for message in messages:
            self.assertIn(message.type, ("SET", "PUBLISH"), message)
        self.assertEqual([(message.address, message.value) for message in messages], list(expected))
