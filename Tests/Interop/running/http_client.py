"""HTTP as it is on the wire, and the accounts behind it."""

import http.client
import json
import re


def call(port, method, path, body=None, fields=(), host="127.0.0.1"):
    """Status, header fields and text."""
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.request(method, path, body if body is None or isinstance(body, str) else json.dumps(body), dict(fields))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def get(port, path, fields=()):
    status, _, text = call(port, "GET", path, fields=fields)
    return status, text


def post(port, path, body, fields=()):
    """Status and parsed answer."""
    status, _, text = call(port, "POST", path, body, fields)
    return status, json.loads(text) if text else {}


def guest(port, **body):
    return post(port, "/auth/guest", body)[1]["token"]


def take_answers(socket, count):
    """So many answers that have a length, from one connection."""
    data, answers = b"", []
    while len(answers) < count:
        head, blank, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        needed = int(length.group(1)) if length else 0
        if blank and len(rest) >= needed:
            answers.append((int(head.split()[1]), rest[:needed].decode()))
            data = rest[needed:]
            continue
        more = socket.recv(1 << 16)
        if not more:
            raise AssertionError(f"{len(answers)} answers and {data!r}")
        data += more
    assert not data, data
    return answers
