"""A state.json as another relay has written it, and what becomes of it."""

import json
import pathlib
import shutil
import signal
import tempfile
import time

import codec
from case import WireCase
from peer import Peer
from relay import ROOT, Relay

REFERENCE = ROOT / "Tests/Golden/reference-state.json"


class Import(WireCase):
    def setUp(self):
        super().setUp()
        place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="clasp-relay-")))
        (place / "data").mkdir()
        shutil.copy(REFERENCE, place / "data/state.json")
        self.place = place
        self.theirs = {param["address"]: param for param in json.loads(REFERENCE.read_text())["params"]}

    def start(self):
        return self.enterContext(Relay("--snapshot-interval", "1s", data=self.place))

    def check(self, params):
        self.assertEqual(params.keys(), self.theirs.keys())
        for address, their in self.theirs.items():
            found = params[address]
            self.assertEqual(codec.encoded(found.value), codec.encoded(their["value"]), address)
            self.assertEqual(found.revision, their.get("revision", 1), address)
            if "timestamp" in their:
                self.assertEqual((found.writer, found.timestamp), (their["writer"], their["timestamp"]), address)

    def test_everything_comes_over_and_stays(self):
        relay = self.start()
        self.check(Peer(relay).params)
        state = self.place / "data/state.json"
        deadline = time.monotonic() + 20
        while json.loads(state.read_text()).get("v") != 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        ours = {param["address"]: param for param in json.loads(state.read_text())["params"]}
        self.assertEqual(ours.keys(), self.theirs.keys())
        for address, their in self.theirs.items():
            self.assertEqual(ours[address]["revision"], their.get("revision", 1))
            for member in ("writer", "timestamp"):
                if member in their:
                    self.assertEqual(ours[address][member], their[member], address)
        # The original is kept beside it.
        self.assertEqual((self.place / "data/state.json.prev").read_bytes(), REFERENCE.read_bytes())
        relay.stop(signal.SIGKILL)
        self.check(Peer(self.start()).params)

    def test_revisions_go_on_from_theirs(self):
        peer = self.keep(Peer(self.start()))
        self.assertEqual(peer.acknowledged(codec.set_("/lights/1/brightness", 0.5, revision=42)).revision, 43)
