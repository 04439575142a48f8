"""Our codec against the golden vectors: a judge that errs is no judge."""

import json
import math
import struct
import unittest

import codec
from relay import ROOT

VECTORS = [json.loads(line) for line in (ROOT / "Tests/Golden/vectors.jsonl").open()]
NUMBERS = {"time", "revision", "timestamp", "t1", "t2", "t3"}


def untagged(value):
    kind, content = value["t"], value.get("v")
    match kind:
        case "null":
            return None
        case "int":
            return int(content)
        case "float":
            return struct.unpack(">d", bytes.fromhex(value["bits"]))[0]
        case "bytes":
            return bytes.fromhex(value["hex"])
        case "array":
            return [untagged(item) for item in content]
        case "map":
            return {key: untagged(member) for key, member in content}
    return content


def plain(message):
    """A message of the vectors as the codec shows it. Values are compared as their bytes: 1, 1.0 and True differ."""
    shown = {}
    for key, member in message.items():
        if key == "value":
            member = codec.encoded(untagged(member)) if not isinstance(member, bytes) else member
        elif key == "samples":
            member = [untagged(sample) for sample in member]
        elif key in NUMBERS:
            member = int(member)
        elif key in ("params", "signals"):
            member = [plain(item) for item in member]
        shown[key] = member
    return shown


def shown(message):
    message = dict(message)
    message.pop("qos", None)
    if "value" in message:
        message["value"] = codec.encoded(message["value"])
    for key in ("params", "signals"):
        if key in message:
            message[key] = [shown(item) for item in message[key]]
    return message


def has_nan(message):
    return "NaN" in json.dumps(message)


class Reading(unittest.TestCase):
    def test_what_a_relay_says_is_read_as_the_vectors_say(self):
        types = {"WELCOME", "PUBLISH", "SET", "SNAPSHOT", "SYNC", "PONG", "ACK", "ERROR", "RESULT"}
        read = 0
        for vector in VECTORS:
            if vector["direction"] == "c2s" or vector["message"]["type"] not in types or not vector["canonical"]:
                continue
            message = codec.decode(bytes.fromhex(vector["hex"]))
            self.assertEqual(message.qos, vector["frame"]["qos"])
            if not has_nan(vector["message"]):
                self.assertEqual(shown(message), plain(vector["message"]), vector["name"])
            read += 1
        self.assertGreater(read, 100)


class Writing(unittest.TestCase):
    def payload(self, message):
        """The same message by our codec; None for types that these tests do not write."""
        fields = {key: member for key, member in message.items() if key not in ("type", "types", "options")}
        for key in fields.keys() & NUMBERS:
            fields[key] = int(fields[key])
        if "value" in fields:
            fields["value"] = untagged(fields["value"])
        if "samples" in fields:
            fields["samples"] = [untagged(sample) for sample in fields["samples"]]
        if "ttl" in fields:
            ttl = fields["ttl"]
            fields["ttl"] = ttl.get("seconds", 0) | (ttl["mode"] == "absolute") << 31
        match message["type"]:
            case "SET":
                return codec.set_(**fields)
            case "PUBLISH":
                return codec.publish(**fields)
            case "GET" | "QUERY" | "UNSUBSCRIBE" | "PING":
                maker = {"GET": codec.get, "QUERY": codec.query, "UNSUBSCRIBE": codec.unsubscribe, "PING": codec.ping}
                return maker[message["type"]](**fields)
            case "SUBSCRIBE":
                options = dict(message.get("options", {}))
                if "epsilon" in options:
                    options["epsilon"] = untagged(options["epsilon"])
                return codec.subscribe(types=message["types"], **fields, **options)
            case "BUNDLE":
                inner = [self.payload(item) for item in message["messages"]]
                stamp = message.get("timestamp")
                return None if None in inner else codec.bundle(*inner, timestamp=int(stamp) if stamp else None)
        return None

    def test_what_a_client_says_is_written_as_the_vectors_say(self):
        written = 0
        for vector in VECTORS:
            if vector["direction"] == "s2c" or not vector["canonical"] or has_nan(vector["message"]):
                continue
            payload = self.payload(vector["message"])
            if payload is None:
                continue
            self.assertEqual(codec.frame(payload, vector["frame"]["qos"]).hex(), vector["hex"], vector["name"])
            written += 1
        self.assertGreater(written, 100)

    def test_nan_keeps_its_bits(self):
        self.assertTrue(math.isnan(codec.Reader(codec.encoded(math.nan)).value()))
