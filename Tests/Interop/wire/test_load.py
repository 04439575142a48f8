"""Many writers and many readers: one order for all, and nothing lost on the way."""

import selectors
import struct
import threading

import codec
from case import WireCase
from peer import masked

WRITERS, READERS, ADDRESSES = 10, 50, 10


class Listener:
    """Reads SETs as fast as Python can, and holds each against what others were told."""

    def __init__(self, case, peer, told):
        self.case, self.peer, self.told = case, peer, told
        self.count = 0
        self.revisions = [0] * ADDRESSES
        self.numbers = {}
        self.input = bytes(peer.input)
        peer.socket.setblocking(False)

    def read(self):
        try:
            data = self.input + self.peer.socket.recv(1 << 18)
        except BlockingIOError:
            return
        position, end = 0, len(data)
        revisions, told = self.revisions, self.told
        while end - position >= 2:
            length = data[position + 1]
            if end - position < 2 + length:
                break
            # 2 bytes of WebSocket, 4 of CLASP, type and flags, then "/a/0", two i64 in an array, a revision.
            first = position + 8
            if data[position] != 0x82 or data[first - 2] != 0x21 or length != 40:
                self.case.fail(f"an unexpected message: {data[position:position + 2 + length].hex()}")
            address = data[first + 5] - 0x30
            writer, number, revision = LAYOUT.unpack_from(data, first + 6)
            if revision <= revisions[address]:
                self.case.fail(f"revision {revision} of {address} after {revisions[address]}")
            revisions[address] = revision
            if told.setdefault((address, revision), (writer, number)) != (writer, number):
                self.case.fail(f"revision {revision} of {address} is not the same for all")
            if number <= self.numbers.get((address, writer), -1):
                self.case.fail(f"what writer {writer} wrote to {address} came in another order")
            self.numbers[address, writer] = number
            self.count += 1
            position += 2 + length
        self.input = data[position:]


# An array of two i64 begins with its count; each has its type before it.
LAYOUT = struct.Struct(">2xxqxqQ")


def write(number, count, start=0):
    """SETs of one writer, round the addresses, as bytes for the socket."""
    return b"".join(
        masked(0x2, codec.frame(codec.set_(f"/a/{turn % ADDRESSES}", [number, turn])))
        for turn in range(start, start + count))


class Crowd(WireCase):
    def listeners(self):
        told = {}
        peers = self.peers(READERS)
        for peer in peers:
            peer.subscribe(1, "/a/*")
        listeners = [Listener(self, peer, told) for peer in peers]
        self.selector = self.enterContext(selectors.DefaultSelector())
        for listener in listeners:
            self.selector.register(listener.peer.socket, selectors.EVENT_READ, listener)
        return listeners

    def read_until(self, done, listeners):
        while not all(done(listener) for listener in listeners):
            ready = self.selector.select(10)
            self.assertTrue(ready, "nothing comes any more")
            for key, _ in ready:
                key.data.read()

    def test_all_of_ten_thousand_reach_each_of_fifty(self):
        """As many as the readers take; nothing may be left out."""
        writers, listeners = self.peers(WRITERS), self.listeners()
        turns = 20
        for start in range(0, 1000, turns):
            for number, writer in enumerate(writers):
                writer.send_raw(write(number, turns, start))
            self.read_until(lambda listener: listener.count >= WRITERS * (start + turns), listeners)
        for listener in listeners:
            self.assertEqual(listener.count, 10_000)
            self.assertEqual(listener.revisions, [1000] * ADDRESSES)

    def test_a_flood_leaves_everybody_with_the_newest(self):
        """As fast as the writers can; readers that fall behind skip, but never back."""
        writers, listeners = self.peers(WRITERS), self.listeners()
        floods = [write(number, 1000) for number in range(WRITERS)]
        threads = [
            threading.Thread(target=writer.send_raw, args=(flood,)) for writer, flood in zip(writers, floods)]
        for thread in threads:
            thread.start()
        self.read_until(lambda listener: listener.revisions == [1000] * ADDRESSES, listeners)
        for thread in threads:
            thread.join()
