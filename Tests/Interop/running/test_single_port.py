"""One port for WebSocket and HTTP: everything is asked of it from outside."""

import http.client
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import codec
from case import WireCase
from http_client import call, get, guest, post, take_answers
from peer import Peer, Socket, masked, upgrade_request
from relay import BINARY, Relay


def request(method="GET", path="/livez", body=b"", fields=""):
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}{fields}\r\n".encode() + body


class SinglePort(WireCase):
    options = ("--single-port",)

    def connect(self, relay=None):
        connected = socket.create_connection(("127.0.0.1", (relay or self.relay).port), timeout=10)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(connected.close)
        return connected

    def ask(self, *pieces, answers=1, relay=None):
        connected = self.connect(relay)
        for piece in pieces:
            connected.sendall(piece)
            time.sleep(0.002)
        return take_answers(connected, answers)

    def test_everything_is_there(self):
        self.assertEqual(self.relay.port, self.relay.http_port)
        listening = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        mine = {str(path.readlink()) for path in pathlib.Path(f"/proc/{self.relay.process.pid}/fd").iterdir()}
        ports = [line for line in listening if line.split()[3] == "0A" and f"socket:[{line.split()[9]}]" in mine]
        self.assertEqual(len(ports), 1)
        for path in ("/livez", "/healthz", "/readyz", "/health", "/api/health", "/status", "/metrics"):
            self.assertEqual(get(self.relay.port, path)[0], 200, path)
        self.assertEqual(get(self.relay.port, "/nowhere")[0], 404)
        peer = self.peer()
        peer.acknowledged(codec.set_("/a", 1))
        self.assertEqual(peer.get("/a").value, 1)
        self.assertEqual(json.loads(get(self.relay.port, "/status")[1])["connections"], 1)

    def test_curl_asks_for_pages_and_shapes(self):
        with tempfile.TemporaryDirectory() as pages:
            (pathlib.Path(pages) / "index.html").write_text("<h1>a page</h1>")
            with Relay("--single-port", "--static-dir", pages) as relay:
                place = f"http://127.0.0.1:{relay.port}"
                asked = [f"{place}/", f"{place}/api/health", f"{place}/livez"]
                said = subprocess.run(
                    ["curl", "-sS", "--max-time", "10", *asked], capture_output=True, text=True, check=True).stdout
                self.assertTrue(said.startswith("<h1>a page</h1>{"), said)
                self.assertTrue(said.endswith("}ok\n"), said)
                self.keep(Peer(relay))

    def test_a_connection_is_kept(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.relay.port, timeout=10)
        for _ in range(50):
            connection.request("GET", "/livez")
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"ok\n"))
        connection.close()

    def test_requests_come_in_any_pieces(self):
        self.assertEqual(self.ask(request() * 20, answers=20), [(200, "ok\n")] * 20)
        whole = request(fields="X-Some: field\r\n")
        self.assertEqual(self.ask(*(bytes([byte]) for byte in whole)), [(200, "ok\n")])
        self.assertEqual(self.ask(request() + whole[:30], whole[30:], answers=2), [(200, "ok\n")] * 2)
        self.assertEqual(self.ask(b"GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n")[0][0], 400)
        self.assertEqual(self.ask(b"GET /livez HTTP/1.0\r\n\r\n"), [(200, "ok\n")])

    def test_a_websocket_after_other_requests(self):
        # Proxies keep their connections and ask for anything over them.
        connected = self.connect()
        connected.sendall(request() * 2)
        self.assertEqual(len(take_answers(connected, 2)), 2)
        kept = self.keep(Socket(self.relay.port, connected=connected))
        kept.send_bytes(codec.frame(codec.hello()))
        self.assertEqual(codec.decode(kept.receive_bytes()).type, "WELCOME")
        # In one piece: the answer to the first comes first.
        connected = self.connect()
        connected.sendall(request() + upgrade_request())
        said = b""
        while b"101 Switching" not in said:
            said += connected.recv(4096)
        self.assertRegex(said, rb"(?s)^HTTP/1.1 200 OK.*ok\nHTTP/1.1 101 ")

    def test_the_first_messages_may_come_with_the_request(self):
        connected = self.connect()
        hello = masked(2, codec.frame(codec.hello()))
        connected.sendall(upgrade_request() + hello)
        said = b""
        while b"wire" not in said and b"CLASP" not in said:
            said += connected.recv(4096)
        self.assertIn(b"101 Switching", said)

    def test_accounts_and_bodies(self):
        with Relay("--single-port", is_open=False) as relay:
            body = json.dumps({"username": "ada", "password": "correct horse"}).encode()
            whole = request("POST", "/auth/register", body)
            head = len(whole) - len(body)
            (status, text), = self.ask(whole[:head], whole[head:head + 5], whole[head + 5:], relay=relay)
            self.assertEqual(status, 200, text)
            peer = self.keep(Peer(relay, token=json.loads(text)["token"]))
            peer.acknowledged(codec.set_("/a", 1))
            self.assertEqual(post(relay.port, "/auth/login", {"username": "ada", "password": "wrong one"})[0], 401)
            self.assertEqual(self.ask(request("POST", "/auth/guest", b"x" * 20_000), relay=relay)[0][0], 400)
            expecting = request("POST", "/auth/guest", b"{}", "Expect: 100-continue\r\n")
            connected = self.connect(relay)
            connected.sendall(expecting[:-2])
            self.assertIn(b"100 Continue", connected.recv(100))
            connected.sendall(expecting[-2:])
            self.assertEqual(take_answers(connected, 1)[0][0], 200)
            self.assertEqual(call(relay.port, "OPTIONS", "/auth/login")[0], 200)
            self.assertTrue(guest(relay.port))

    def test_many_of_both_kinds_at_once(self):
        peers, plain = [], []
        for _ in range(100):
            peers.append(self.peer())
            plain.append(self.connect())
            plain[-1].sendall(request())
        for connected in plain:
            self.assertEqual(take_answers(connected, 1), [(200, "ok\n")])
        for number, peer in enumerate(peers):
            peer.acknowledged(codec.set_(f"/{number}", number))
        self.assertEqual(json.loads(get(self.relay.port, "/status")[1])["connections"], 100)
        for connected in plain:
            connected.sendall(request())
            self.assertEqual(take_answers(connected, 1), [(200, "ok\n")])

    def test_encryption(self):
        with tempfile.TemporaryDirectory() as place:
            certificate, key = f"{place}/c.pem", f"{place}/k.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                 "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                 certificate], check=True, capture_output=True)
            with Relay("--single-port", "--tls-cert", certificate, "--tls-key", key) as relay:
                context = ssl.create_default_context(cafile=certificate)

                def connect():
                    return context.wrap_socket(self.connect(relay), server_hostname="127.0.0.1")

                connected = connect()
                for count in (1, 5, 1):
                    connected.sendall(request() * count)
                    self.assertEqual(take_answers(connected, count), [(200, "ok\n")] * count)
                for first in (connected, connect()):
                    encrypted = self.keep(Socket(relay.port, connected=first))
                    encrypted.send_bytes(codec.frame(codec.hello()))
                    self.assertEqual(codec.decode(encrypted.receive_bytes()).type, "WELCOME")
                # More than a plain connection is read ahead, in one go.
                connected = connect()
                connected.sendall(request() * 2000)
                self.assertEqual(take_answers(connected, 2000), [(200, "ok\n")] * 2000)

    def test_the_end(self):
        idle = self.connect()
        idle.sendall(request())
        take_answers(idle, 1)
        peer = self.peer()
        silent = self.connect()
        self.relay.send(signal.SIGTERM)
        self.assertEqual(peer.closure()[0], 1012)
        self.assertEqual(self.relay.wait(), 0)
        self.assertEqual(silent.recv(1), b"")
        self.assertEqual(idle.recv(1), b"")

    def test_two_ports_hand_nothing_over(self):
        with Relay() as relay:
            self.assertEqual(get(relay.port, "/health"), (200, "ok\n"))
            with self.assertRaisesRegex(AssertionError, "404"):
                Socket(relay.http_port)

    def test_readiness_is_asked_there(self):
        asked = [BINARY, "healthcheck", "--single-port", "--port", str(self.relay.port)]
        self.assertEqual(subprocess.run(asked, capture_output=True, timeout=20).returncode, 0)
