"""From the first byte to the first SNAPSHOT, and how a connection ends that does it otherwise."""

import os
import re
import socket
import struct
import subprocess
import time

import msgpack

import codec
from case import WireCase
from peer import Closed, masked, upgrade_request
from relay import BINARY


def http(port, request):
    """The whole answer to a plain request; the relay ends the connection."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while data := connection.recv(4096):
            answer += data
        return answer.decode()


class Upgrade(WireCase):
    def test_the_subprotocol_is_echoed_when_it_was_offered(self):
        for offered in ("clasp", "mqtt, clasp", "mqtt,clasp,chat", " clasp "):
            self.assertIn("sec-websocket-protocol: clasp\r", self.stranger(protocols=offered).response.lower() + "\r")
        for offered in (None, "mqtt", "CLASP", "clasp2"):
            self.assertNotIn("sec-websocket-protocol", self.stranger(protocols=offered).response.lower())

    def test_any_path_will_do(self):
        for path in ("/", "/clasp", "/ws/deep?token=x&y=%20"):
            connection = self.stranger(path=path)
            connection.send_bytes(codec.frame(codec.hello()))
            self.assertEqual(codec.decode(connection.receive_bytes()).type, "WELCOME")

    def test_a_plain_request_is_a_health_probe(self):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            answer = http(self.relay.port, f"{method} /any HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            head, _, body = answer.partition("\r\n\r\n")
            self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"), answer)
            self.assertIn("content-type: text/plain", head.lower())
            self.assertIn("content-length: 3", head.lower())
            self.assertIn("connection: close", head.lower())
            self.assertEqual(body, "" if method == "HEAD" else "ok\n")

    def test_many_connections_that_say_nothing_hold_nobody_up(self):
        silent = [socket.create_connection(("127.0.0.1", self.relay.port)) for _ in range(50)]
        halfway = [socket.create_connection(("127.0.0.1", self.relay.port)) for _ in range(50)]
        for connection in halfway:
            connection.sendall(upgrade_request()[:-3])
        self.assertEqual(self.peer().news(), [])
        for connection in silent + halfway:
            connection.close()


class Greeting(WireCase):
    options = ("--name", "Lampenrelais")

    def test_welcome_then_one_empty_snapshot(self):
        connection = self.stranger()
        connection.send_bytes(codec.frame(codec.hello(features=0x80, version=9)))
        welcome = codec.decode(connection.receive_bytes())
        self.assertEqual(welcome.version, 1)
        self.assertEqual(welcome.features, codec.SIGNALS)
        self.assertEqual(welcome.name, "Lampenrelais")
        self.assertRegex(welcome.session, r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertAlmostEqual(welcome.time / 1e6, time.time(), delta=60)
        self.assertNotIn("token", welcome)
        self.assertEqual(codec.decode(connection.receive_bytes()), codec.Message(type="SNAPSHOT", params=[], qos=0))

    def test_every_session_has_an_id_of_its_own(self):
        self.assertEqual(len({peer.id for peer in self.peers(20)}), 20)

    def test_a_token_does_not_matter_in_open_mode(self):
        connection = self.stranger()
        connection.send_bytes(codec.frame(codec.hello(token="cpsk_" + "0" * 32)))
        self.assertEqual(codec.decode(connection.receive_bytes()).type, "WELCOME")

    def test_an_old_client_says_hello_with_messagepack(self):
        connection = self.stranger()
        connection.send_bytes(codec.frame(msgpack.packb({"type": "HELLO", "version": 1, "name": "old"}), encoding=0))
        self.assertEqual(codec.decode(connection.receive_bytes()).type, "WELCOME")

    def test_a_second_hello_is_refused_and_the_first_stands(self):
        peer = self.peer()
        peer.subscribe(1, "/a")
        self.assertRefused(peer.ask(codec.hello()), 101, None)
        self.assertTold(peer.ask(codec.set_("/a", 1)), ("/a", 1))
        other = self.peer()
        other.send(codec.set_("/a", 2))
        other.news()
        self.assertTold(peer.news(), ("/a", 2))

    def test_the_initial_snapshot_has_everything(self):
        writer = self.peer()
        for number in range(10):
            writer.send(codec.set_(f"/p/{number}", number))
        writer.send(codec.set_("/p/3", "again"))
        writer.news()
        params = self.peer().params
        self.assertEqual(len(params), 10)
        param = params["/p/3"]
        self.assertEqual((param.value, param.revision, param.writer), ("again", 2, writer.id))
        self.assertAlmostEqual(param.timestamp / 1e6, time.time(), delta=60)


class Snapshots(WireCase):
    def snapshots(self):
        """The sizes and params of the SNAPSHOTs that a new session gets."""
        connection = self.stranger()
        connection.send_bytes(codec.frame(codec.hello()))
        connection.receive_bytes()
        connection.send_bytes(codec.frame(codec.ping()))
        found = []
        while (message := codec.decode(data := connection.receive_bytes())).type == "SNAPSHOT":
            found.append((len(data), message.params))
        # PONG does not wait for a long snapshot, which comes at the reader's pace.
        while (missing := self.expected - sum(len(params) for _, params in found)) > 0:
            message = codec.decode(data := connection.receive_bytes())
            found.append((len(data), message.params))
        self.assertEqual(missing, 0)
        return found

    def test_many_params_come_in_pieces(self):
        self.expected = 2000
        writer = self.peer()
        for number in range(self.expected):
            writer.send(codec.set_(f"/p/{number}", number))
        writer.news()
        found = self.snapshots()
        self.assertEqual(max(len(params) for _, params in found), 800)
        self.assertEqual(
            {param.address: param.value for _, params in found for param in params},
            {f"/p/{number}": number for number in range(self.expected)})

    def test_large_params_come_in_pieces_that_fit_a_frame(self):
        self.expected = 60
        writer = self.peer()
        for number in range(self.expected):
            writer.send(codec.set_(f"/p/{number}", bytes(20_000)))
        writer.news()
        found = self.snapshots()
        self.assertLessEqual(max(size for size, _ in found), 65_535 + 4)
        self.assertGreaterEqual(len(found), 20)

    def test_the_largest_value_can_be_told(self):
        """A SNAPSHOT says more about a param than the SET that wrote it; what could not be told is not taken."""
        writer = self.peer()
        told = 0
        for count in range(65_400, 65_536):
            try:
                payload = codec.set_("/largest", bytes(count))
                answer = writer.ask(payload)
            except struct.error:
                break  # It does not fit a frame.
            if answer:
                self.assertRefused(answer, 400, "/largest", "ValueTooLarge")
            else:
                told = count
                self.assertEqual(len(writer.get("/largest").value), count)
        self.assertGreater(told, 65_400)


class Impatience(WireCase):
    options = ("--hello-timeout", "1s", "--handshake-timeout", "1s")

    def test_who_says_nothing_is_sent_away(self):
        self.assertEqual(self.closure(self.stranger()), (1002, "no HELLO in time"))

    def test_text_does_not_stop_the_clock(self):
        connection = self.stranger()
        with self.assertRaises(Closed) as caught:
            while True:
                connection.send_text("hello?")
                try:
                    connection.receive_bytes(0.05)
                except TimeoutError:
                    continue
        self.assertEqual(caught.exception.code, 1002)

    def test_who_has_said_hello_may_be_silent(self):
        peer = self.peer()
        self.closure(self.stranger())
        self.closure(self.stranger())
        self.assertEqual(peer.news(), [])

    def test_who_never_finishes_the_request_is_cut(self):
        with socket.create_connection(("127.0.0.1", self.relay.port), 10) as connection:
            connection.sendall(upgrade_request()[:-2])
            answer = b""
            while data := connection.recv(4096):
                answer += data
            self.assertRegex(answer.decode(), "^(HTTP/1.1 408|$)")


class Defaults(WireCase):
    def test_hello_has_ten_seconds(self):
        """Shown, not waited for."""
        shown = subprocess.run([BINARY, "print-config", "--open"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(shown, r'hello_timeout = "10s"')


class WrongFirstMessages(WireCase):
    def test_something_else_than_hello(self):
        for payload in (codec.ping(), codec.set_("/a", 1), codec.subscribe(1, "/**"), codec.bundle(codec.hello())):
            connection = self.stranger()
            connection.send_bytes(codec.frame(payload))
            self.assertEqual(self.closure(connection), (1002, "HELLO expected"))
        self.assertEqual(self.peer().params, {})

    def test_no_frame_at_all(self):
        for data in (b"", b"S", b"GET / HTTP/1.1", b"\x53\x01\x00\x02\x01\x01", codec.frame(b"\x7f")):
            connection = self.stranger()
            connection.send_bytes(data)
            code, reason = self.closure(connection)
            self.assertEqual(code, 1002)
            self.assertRegex(reason, "^HELLO expected: .")

    def test_text_first_is_passed_over(self):
        connection = self.stranger()
        connection.send_text("hello")
        connection.send_bytes(codec.frame(codec.hello()))
        self.assertEqual(codec.decode(connection.receive_bytes()).type, "WELCOME")


class Carrier(WireCase):
    def test_text_is_ignored(self):
        peer = self.peer()
        peer.send_text("hello")
        peer.send_text("")
        self.assertEqual(peer.news(), [])

    def test_a_message_in_pieces_is_one_message(self):
        peer = self.peer()
        data = codec.frame(codec.set_("/a", "in pieces"))
        peer.send_raw(masked(0x2, data[:3], final=False) + masked(0x0, b"", final=False))
        peer.send_raw(masked(0x9, b"between") + masked(0x0, data[3:]))
        self.assertEqual(peer.get("/a").value, "in pieces")

    def test_bytes_one_by_one(self):
        peer = self.peer()
        for byte in masked(0x2, codec.frame(codec.set_("/a", "slowly"))):
            peer.send_raw(bytes([byte]))
        self.assertEqual(peer.get("/a").value, "slowly")

    def test_only_the_first_frame_of_a_message_counts(self):
        peer = self.peer()
        peer.send_bytes(codec.frame(codec.set_("/a", 1)) + codec.frame(codec.set_("/b", 2)))
        self.assertEqual((peer.get("/a").value, peer.get("/b")), (1, None))

    def test_ping_is_answered(self):
        peer = self.peer()
        peer.send_raw(masked(0x9, b"are you there"))
        while not (found := peer.take_frame()):
            peer._read()
        self.assertEqual(found, (0xA, b"are you there"))

    def test_close_is_answered(self):
        peer = self.peer()
        peer.send_raw(masked(0x8, struct.pack(">H", 1000) + b"bye"))
        self.assertEqual(self.closure(peer)[0], 1000)

    def test_the_largest_message_is_taken_and_a_larger_one_is_not(self):
        peer = self.peer()
        peer.send_bytes(codec.frame(b"\x41" + bytes(65_534), timestamp=1))
        self.assertEqual(peer.receive().type, "PONG")
        peer.send_bytes(bytes(65_548))
        code, reason = self.closure(peer)
        self.assertEqual(code, 1009)
        self.assertRegex(reason, ".")
        self.assertEqual(self.peer().news(), [])

    def test_a_length_that_is_only_promised_is_refused_at_once(self):
        peer = self.peer()
        peer.send_raw(struct.pack(">BBQ", 0x82, 0x80 | 127, 1 << 40) + bytes(4))
        self.assertEqual(self.closure(peer)[0], 1009)

    def test_masks_are_taken_off(self):
        peer = self.peer()
        data = codec.frame(codec.set_("/masked", "secret"))
        mask = os.urandom(4)
        hidden = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        peer.send_raw(bytes([0x82, 0x80 | len(data)]) + mask + hidden)
        self.assertEqual(peer.get("/masked").value, "secret")

    def test_a_frame_without_a_mask_is_a_violation(self):
        peer = self.peer()
        data = codec.frame(codec.ping())
        peer.send_raw(bytes([0x82, len(data)]) + data)
        self.assertEqual(self.closure(peer)[0], 1002)


class Full(WireCase):
    options = ("--max-sessions", "3")

    def test_one_too_many_is_told_to_come_later(self):
        peers = self.peers(3)
        connection = self.stranger()
        connection.send_bytes(codec.frame(codec.hello()))
        code, reason = self.closure(connection)
        self.assertEqual(code, 1013)
        self.assertRegex(reason, "full")
        peers[0].send_raw(masked(0x8, b""))
        self.closure(peers[0])
        self.peer()


class Origins(WireCase):
    def test_a_foreign_page_may_not_use_an_open_relay(self):
        request = upgrade_request().decode()
        for origin, status in (("http://127.0.0.1", 101), ("http://127.0.0.1:8080", 101), ("https://evil.example", 403)):
            with socket.create_connection(("127.0.0.1", self.relay.port), 10) as connection:
                connection.sendall(request.replace("\r\n\r\n", f"\r\nOrigin: {origin}\r\n\r\n").encode())
                answer = connection.recv(4096).decode()
                self.assertEqual(int(re.match(r"HTTP/1.1 (\d+)", answer).group(1)), status, origin)
