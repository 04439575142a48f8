"""A WebSocket client that shows everything: each message, each close code, and how fast it reads is ours to say."""

import base64
import os
import socket
import struct
import time

import codec


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"closed with {code}: {reason}")
        self.code, self.reason = code, reason


def masked(opcode, payload, final=True):
    """A client's WebSocket frame. The mask is zero, which is as good as any here."""
    length = len(payload)
    head = bytes([0x80 * final | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 1 << 16:
        head += struct.pack(">BH", 0x80 | 126, length)
    else:
        head += struct.pack(">BQ", 0x80 | 127, length)
    return head + bytes(4) + payload


def upgrade_request(protocols="clasp", path="/", fields=()):
    key = base64.b64encode(os.urandom(16)).decode()
    offer = f"Sec-WebSocket-Protocol: {protocols}\r\n" if protocols else ""
    offer += "".join(f"{name}: {value}\r\n" for name, value in fields)
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n").encode()


class Socket:
    """A WebSocket, before anything is said over it."""

    def __init__(self, port, receive_buffer=None, protocols="clasp", path="/", fields=(), connected=None):
        """`connected`: a socket on which something else may have been said already."""
        self.socket = connected or socket.socket()
        self.socket.settimeout(10)
        if not connected:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(upgrade_request(protocols, path, fields))
        self.input = bytearray()
        while b"\r\n\r\n" not in self.input:
            self._read()
        head, _, rest = bytes(self.input).partition(b"\r\n\r\n")
        self.response = head.decode()
        assert " 101 " in self.response.splitlines()[0], self.response
        self.input = bytearray(rest)

    def _read(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise Closed(1006, "the connection ended without a word")
        self.input += data

    def close(self):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_bytes(self, message):
        self.socket.sendall(masked(0x2, message))

    def send_text(self, message):
        self.socket.sendall(masked(0x1, message.encode()))

    def take_frame(self):
        """The next WebSocket frame that has come whole: opcode and payload; None when there is none yet."""
        data = self.input
        if len(data) < 2:
            return None
        length, start = data[1], 2
        if length == 126:
            if len(data) < 4:
                return None
            length, start = struct.unpack_from(">H", data, 2)[0], 4
        elif length == 127:
            if len(data) < 10:
                return None
            length, start = struct.unpack_from(">Q", data, 2)[0], 10
        if len(data) < start + length:
            return None
        payload = bytes(data[start:start + length])
        opcode = data[0]
        del data[:start + length]
        return opcode & 0x0F, payload

    def receive_bytes(self, seconds=10):
        """The next binary message. Pings are answered, a Close is answered and raised."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.take_frame()
            if found is None:
                self.socket.settimeout(max(0.001, deadline - time.monotonic()))
                self._read()
                continue
            opcode, payload = found
            if opcode == 0x2:
                return payload
            if opcode == 0x9:
                self.socket.sendall(masked(0xA, payload))
            elif opcode == 0x8:
                try:
                    self.socket.sendall(masked(0x8, payload))
                except OSError:
                    pass  # The relay may be gone already.
                self.close()
                code = struct.unpack_from(">H", payload)[0] if payload else 1005
                raise Closed(code, payload[2:].decode())
            else:
                assert opcode == 0xA, f"unexpected opcode {opcode}"


    def closure(self, seconds=10):
        """How the relay ends the connection: code and reason. What comes before that is dropped."""
        try:
            deadline = time.monotonic() + seconds
            while True:
                self.receive_bytes(deadline - time.monotonic())
        except Closed as closed:
            return closed.code, closed.reason


def greet(relay, token, **options):
    """Says HELLO with a token: the connection, and the first message that comes back."""
    connection = Socket(relay.port, **options)
    connection.send_bytes(codec.frame(codec.hello(token=token)))
    return connection, codec.decode(connection.receive_bytes())


class Peer(Socket):
    """A CLASP session."""

    def __init__(self, relay, name="wire test", receive_buffer=None, token="", fields=()):
        super().__init__(relay.port, receive_buffer, fields=fields)
        self.send(codec.hello(name, token))
        self.welcome = self.receive()
        assert self.welcome.type == "WELCOME", self.welcome
        self.id = self.welcome.session
        # As many as there are, and at least one.
        self.params = {param.address: param for message in self.news() for param in message.params}

    def send(self, payload, qos=0):
        self.send_bytes(codec.frame(payload, qos))

    def receive(self, seconds=10):
        return codec.decode(self.receive_bytes(seconds))

    def expect(self, kind, seconds=10):
        """The next message, which has to be of that type."""
        message = self.receive(seconds)
        assert message.type == kind, f"{kind} was expected, but there came {message}"
        return message

    def news(self):
        """Everything that has come up to now. What the relay has done for others before this call is in it."""
        self.send(codec.ping())
        messages = []
        while (message := self.receive()).type != "PONG":
            messages.append(message)
        return messages

    def ask(self, payload, qos=0):
        """Sends a message and returns what comes back at once. ACKs wait for the disk and may come later."""
        self.send(payload, qos)
        return self.news()

    def acknowledged(self, payload, qos=1):
        """Sends a message and returns its ACK."""
        self.send(payload, qos)
        return self.expect("ACK")

    def subscribe(self, id, pattern, **options):
        """Subscribes, and returns the params that came with it."""
        return [param for message in self.ask(codec.subscribe(id, pattern, **options)) for param in message.params]

    def get(self, address):
        """The stored param, or None."""
        found = [param for message in self.ask(codec.get(address)) for param in message.params]
        return found[0] if found else None
