"""CLASP frames, written down once more from the description of the wire, so that the relay's own codec is not its judge.

Functions named like messages make payloads; `frame` puts the header before one. `decode` reads what a relay sends.
Values are Python's: None, bool, int, float, str, bytes, list, dict.
"""

import struct

SIGNALS = ["param", "event", "stream", "gesture", "timeline"]
PHASES = ["start", "move", "end", "cancel"]


class Message(dict):
    """A decoded message; its members read as attributes, absent ones as None."""

    def __getattr__(self, name):
        return self.get(name)


# Writing


def frame(payload, qos=0, timestamp=None, encoding=1):
    flags = qos << 6 | encoding | (0x20 if timestamp is not None else 0)
    stamp = b"" if timestamp is None else struct.pack(">Q", timestamp)
    return struct.pack(">BBH", 0x53, flags, len(payload)) + stamp + payload


def text(string):
    data = string.encode() if isinstance(string, str) else string
    return struct.pack(">H", len(data)) + data


def tagged(value):
    """A value as its type code and its data."""
    if value is None:
        return 0x00, b""
    if isinstance(value, bool):
        return 0x01, bytes([value])
    if isinstance(value, int):
        return 0x05, struct.pack(">q", value)
    if isinstance(value, float):
        return 0x07, struct.pack(">d", value)
    if isinstance(value, str):
        return 0x08, text(value)
    if isinstance(value, bytes):
        return 0x09, text(value)
    if isinstance(value, list):
        return 0x0A, struct.pack(">H", len(value)) + b"".join(map(encoded, value))
    members = b"".join(text(key) + encoded(member) for key, member in value.items())
    return 0x0B, struct.pack(">H", len(value)) + members


def encoded(value):
    code, data = tagged(value)
    return bytes([code]) + data


def hello(name="wire test", token="", features=0xF8, version=1):
    return bytes([0x01, version, features]) + text(name) + text(token)


def set_(address, value, revision=None, ttl=None, lock=False, unlock=False):
    """`ttl`: the 32 bits as they stand on the wire."""
    code, data = tagged(value)
    flags = code | (0x80 if revision is not None else 0) | 0x40 * lock | 0x20 * unlock | (0x10 if ttl is not None else 0)
    payload = bytes([0x21, flags]) + text(address) + data
    if revision is not None:
        payload += struct.pack(">Q", revision)
    if ttl is not None:
        payload += struct.pack(">I", ttl)
    return payload


def get(address):
    return b"\x22" + text(address)


NOTHING = object()


def publish(address, value=NOTHING, signal="event", phase="start", samples=None, timestamp=None, id=None, rate=None):
    flags = SIGNALS.index(signal) << 5 | PHASES.index(phase)
    flags |= (0x10 if timestamp is not None else 0) | (0x08 if id is not None else 0)
    payload = bytes([0x20, flags]) + text(address)
    if value is not NOTHING:
        payload += b"\x01" + encoded(value)
    elif samples is not None:
        payload += b"\x02" + struct.pack(f">H{len(samples)}d", len(samples), *samples)
    else:
        payload += b"\x00"
    for number, layout in ((timestamp, ">Q"), (id, ">I"), (rate, ">I")):
        if number is not None:
            payload += struct.pack(layout, number)
    return payload


def type_mask(types):
    return sum(1 << SIGNALS.index(name) for name in types) if types else 0xFF


def subscribe(id, pattern, types=(), max_rate=None, epsilon=None, history=None, window=None):
    options = [(max_rate, ">I"), (epsilon, ">d"), (history, ">I"), (window, ">I")]
    flags = sum(1 << bit for bit, (option, _) in enumerate(options) if option is not None)
    payload = b"\x10" + struct.pack(">I", id) + text(pattern) + bytes([type_mask(types), flags])
    return payload + b"".join(struct.pack(layout, option) for option, layout in options if option is not None)


def unsubscribe(id):
    return b"\x11" + struct.pack(">I", id)


def bundle(*payloads, timestamp=None):
    head = struct.pack(">BBH", 0x30, 0 if timestamp is None else 0x80, len(payloads))
    stamp = b"" if timestamp is None else struct.pack(">Q", timestamp)
    return head + stamp + b"".join(struct.pack(">H", len(payload)) + payload for payload in payloads)


def definition(address, signal="param", datatype=None, access=None, unit=None):
    """`unit` stands for all that only ANNOUNCE carries."""
    strings = [datatype, access]
    flags = sum(1 << bit for bit, string in enumerate(strings) if string is not None) | (0x04 if unit is not None else 0)
    data = text(address) + bytes([SIGNALS.index(signal), flags])
    data += b"".join(text(string) for string in strings if string is not None)
    return data + (b"\x01" + text(unit) if unit is not None else b"")


def announce(namespace, *definitions):
    return b"\x03" + text(namespace) + struct.pack(">H", len(definitions)) + b"".join(definitions)


def query(pattern):
    return b"\x60" + text(pattern)


def sync(t1):
    return b"\x40\x00" + struct.pack(">Q", t1)


def ping():
    return b"\x41"


def replay(pattern):
    return b"\x24\x00" + text(pattern) + b"\xff"


def federation(pattern):
    return b"\x04\x01\x00\x01" + text(pattern) + b"\x00\x00\x00"


# Reading


class Reader:
    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, layout):
        (number,) = struct.unpack_from(">" + layout, self.data, self.position)
        self.position += struct.calcsize(">" + layout)
        return number

    def bytes(self):
        count = self.take("H")
        data = self.data[self.position:self.position + count]
        assert len(data) == count, "a text is cut"
        self.position += count
        return data

    def text(self):
        return self.bytes().decode()

    def value(self, code=None):
        code = self.take("B") if code is None else code
        if code == 0x00:
            return None
        if code == 0x01:
            return self.take("B") != 0
        if 0x02 <= code <= 0x07:
            return self.take("bhiqfd"[code - 2])
        if code == 0x08:
            return self.text()
        if code == 0x09:
            return self.bytes()
        if code == 0x0A:
            return [self.value() for _ in range(self.take("H"))]
        assert code == 0x0B, f"value type {code:#x}"
        return {self.text(): self.value() for _ in range(self.take("H"))}

    def optional(self, message, flags, *fields):
        """Members that a bit each announces, in order."""
        for bit, name, layout in fields:
            if flags & bit:
                message[name] = self.text() if layout == "text" else self.take(layout)
        return message


def lifetime(raw):
    seconds = raw & 0x7FFF_FFFF
    if seconds == 0 and raw == 0:
        return {"mode": "never"}
    return {"mode": "absolute" if raw >> 31 else "sliding", "seconds": seconds}


def decode(data):
    """The message of a frame, with the frame's quality of service as `qos`."""
    magic, flags, length = struct.unpack_from(">BBH", data)
    assert magic == 0x53, "no frame"
    start = 12 if flags & 0x20 else 4
    assert len(data) == start + length, f"{len(data)} bytes for a payload of {length}"
    reader = Reader(data[start:])
    message = READERS[reader.take("B")](reader)
    assert reader.position == length, f"{length - reader.position} bytes are left over in {message}"
    message["qos"] = flags >> 6
    return message


def read_welcome(reader):
    version, features, time = reader.take("B"), reader.take("B"), reader.take("Q")
    names = [name for bit, name in enumerate(SIGNALS) if features & 0x80 >> bit]
    message = Message(type="WELCOME", version=version, features=names, time=time, session=reader.text(), name=reader.text())
    token = reader.text()
    return Message(message, token=token) if token else message


def read_publish(reader):
    flags = reader.take("B")
    signal = SIGNALS[flags >> 5] if flags >> 5 < 5 else "event"
    phase = PHASES[flags & 7] if flags & 7 < 4 else "start"
    message = Message(type="PUBLISH", signal=signal, phase=phase, address=reader.text())
    indicator = reader.take("B")
    if indicator == 1:
        message["value"] = reader.value()
    elif indicator == 2:
        message["samples"] = [reader.take("d") for _ in range(reader.take("H"))]
    reader.optional(message, flags, (0x10, "timestamp", "Q"), (0x08, "id", "I"))
    if len(reader.data) - reader.position >= 4:
        message["rate"] = reader.take("I")
    return message


def read_set(reader):
    flags = reader.take("B")
    message = Message(type="SET", address=reader.text(), value=reader.value(flags & 0x0F))
    message.update(lock=bool(flags & 0x40), unlock=bool(flags & 0x20))
    reader.optional(message, flags, (0x80, "revision", "Q"), (0x10, "ttl", "I"))
    if message.ttl is not None:
        message["ttl"] = lifetime(message.ttl)
    return message


def read_snapshot(reader):
    params = []
    for _ in range(reader.take("H")):
        param = Message(address=reader.text(), value=reader.value(), revision=reader.take("Q"))
        params.append(reader.optional(param, reader.take("B"), (1, "writer", "text"), (2, "timestamp", "Q")))
    return Message(type="SNAPSHOT", params=params)


def read_sync(reader):
    flags = reader.take("B")
    return reader.optional(Message(type="SYNC", t1=reader.take("Q")), flags, (1, "t2", "Q"), (2, "t3", "Q"))


def read_ack(reader):
    fields = (1, "address", "text"), (2, "revision", "Q"), (4, "locked", "B"), (8, "holder", "text"), (16, "correlation_id", "I")
    return reader.optional(Message(type="ACK"), reader.take("B"), *fields)


def read_error(reader):
    message = Message(type="ERROR", code=reader.take("H"), message=reader.text())
    return reader.optional(message, reader.take("B"), (1, "address", "text"), (2, "correlation_id", "I"))


def read_result(reader):
    signals = []
    for _ in range(reader.take("H")):
        signal = Message(address=reader.text(), signal=SIGNALS[reader.take("B")])
        signals.append(reader.optional(signal, reader.take("B"), (1, "datatype", "text"), (2, "access", "text")))
    return Message(type="RESULT", signals=signals)


# What a relay may say. Anything else is a fault of the relay, and shows as a KeyError.
READERS = {
    0x02: read_welcome,
    0x20: read_publish,
    0x21: read_set,
    0x23: read_snapshot,
    0x40: read_sync,
    0x42: lambda reader: Message(type="PONG"),
    0x50: read_ack,
    0x51: read_error,
    0x61: read_result,
}
