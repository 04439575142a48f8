"""The HTTP port as any program sees it: requests of curl, and the exact status and shape of each answer."""

import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import codec
from peer import greet
from relay import Relay

# What an answer looks like.
SESSION = {"token": r"cpsk_[0-9a-f]{32}", "user_id": r"[A-Za-z0-9_-]{1,64}", "username": r".+"}
ERROR = {"error": r".{5,}"}
PROBLEM = {"type": "about:blank", "title": r".+", "status": int, "detail": r".{5,}"}
EMPTY = None

ORIGIN = "https://chat.example.com"


class Answer:
    def __init__(self, output):
        head, _, self.body = output.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.fields = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}

    @property
    def json(self):
        return json.loads(self.body)


def curl(relay, path, body=None, *more, method="POST"):
    """The answer to one request. A body may be a value, text, or bytes."""
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body, ensure_ascii=False)
    arguments = ["curl", "--silent", "--show-error", "--include", "--max-time", "20", "--request", method, *more]
    arguments += ["--header", "Expect:", "--data-binary", "@-"] if body is not None else []
    done = subprocess.run(
        [*arguments, f"http://127.0.0.1:{relay.http_port}{path}"],
        input=body.encode() if isinstance(body, str) else body, capture_output=True, check=True)
    return Answer(done.stdout)


def bearer(token):
    return "--header", f"Authorization: Bearer {token}"


def header(name, value):
    return "--header", f"{name}: {value}"


class SignInCase(unittest.TestCase):
    def check(self, answer, status, shape):
        self.assertEqual(answer.status, status, answer.body)
        if shape is EMPTY:
            self.assertEqual(answer.body, b"")
            return
        kind = "application/problem+json" if shape is PROBLEM else "application/json"
        self.assertEqual(answer.fields["content-type"].split(";")[0], kind)
        self.assertEqual(answer.json.keys(), shape.keys())
        for name, expected in shape.items():
            found = answer.json[name]
            if expected is int:
                self.assertEqual(found, status)
            else:
                self.assertRegex(found, f"^(?s:{expected})$")
        if status in (429, 503):
            self.assertGreater(int(answer.fields["retry-after"]), 0)


def user(name, password="correct horse", **more):
    return {"username": name, "password": password, **more}


REGISTER = [
    ("a user", user("bob"), 200, SESSION),
    ("with an id", user("eve", user_id="eve_-1"), 200, SESSION | {"user_id": "eve_-1", "username": "eve"}),
    ("a blank id", user("fay", user_id=" "), 200, SESSION | {"user_id": r"u-\d{13}-[0-9a-f]{8}"}),
    ("unknown members", user("gus", x=[{}]), 200, SESSION),
    ("white space around the name", user(" \tbo \n"), 200, SESSION | {"username": "bo"}),
    ("another script", user("ユーザー名", "秘密の言葉"), 200, SESSION | {"username": "ユーザー名"}),
    ("an emoji", user("👩‍🚀"), 200, SESSION | {"username": "👩‍🚀"}),
    ("a decomposed name", user("Zoe\u0308"), 200, SESSION | {"username": "Zo\u00eb"}),
    ("the same, composed, in capitals", user("ZO\u00cb"), 409, ERROR),
    ("33 bytes", user("x" * 33), 400, ERROR),
    ("33 bytes in eleven letters", user("ユ" * 11), 400, ERROR),
    ("one byte", user("x"), 400, ERROR),
    ("nothing but white space", user(" \u00a0\u2003 "), 400, ERROR),
    ("text that turns around", user("ab\u202ecd"), 400, ERROR),
    ("a zero byte", user("a\0b"), 400, ERROR),
    ("a password of five bytes", user("hal", "12345"), 400, ERROR),
    ("a password of 1,024 bytes", user("hal", "p" * 1024), 200, SESSION),
    ("a password of 1,025 bytes", user("ida", "p" * 1025), 400, ERROR),
    ("a slash in the id", user("ida", user_id="a/b"), 400, ERROR),
    ("a star as the id", user("ida", user_id="*"), 400, ERROR),
    ("dots as the id", user("ida", user_id=".."), 400, ERROR),
    ("65 letters of id", user("ida", user_id="i" * 65), 400, ERROR),
    ("a letter with an accent in the id", user("ida", user_id="\u00e9"), 400, ERROR),
    ("a number as the id", user("ida", user_id=7), 400, ERROR),
    ("a known name", user("Ann"), 409, ERROR),
    ("a known name in another case", user("aNN"), 409, ERROR),
    ("a known id", user("ida", user_id="ann-1"), 409, ERROR),
    ("the operator's id", user("ida", user_id="admin-bootstrap"), 409, ERROR),
    ("a list", [], 400, ERROR),
    ("no JSON", "{", 400, ERROR),
    ("two values", "{} {}", 400, ERROR),
    ("half a character", b'{"username":"\xc3","password":"correct horse"}', 400, ERROR),
    ("nothing", b"", 400, ERROR),
    ("no password", {"username": "ida"}, 400, ERROR),
    ("a null for the name", {"username": None, "password": "correct horse"}, 400, ERROR),
    ("an object for the password", {"username": "ida", "password": {}}, 400, ERROR),
    ("lists in lists in lists", "[" * 10_000, 400, ERROR),
    ("17 KB", user("ida", "p" * 17_000), 400, ERROR),
    ("5 MB", user("ida", "p" * 5_000_000), 400, ERROR),
]

LOGIN = [
    ("right", user("Ann"), 200, SESSION | {"user_id": "ann-1", "username": "Ann"}),
    ("in another case", user(" aNN "), 200, SESSION | {"user_id": "ann-1", "username": "Ann"}),
    ("a wrong password", user("Ann", "wrong horse"), 401, ERROR),
    ("a password in another case", user("Ann", "CORRECT HORSE"), 401, ERROR),
    ("a password that cannot be", user("Ann", "x"), 401, ERROR),
    ("an unknown user", user("nobody"), 401, ERROR),
    ("an injection", user("Ann' OR '1'='1"), 401, ERROR),
    ("a name of 10 KB", user("x" * 10_000), 401, ERROR),
    ("a name of marks that want to be sorted", user("a" + "\u0323\u0308" * 2000), 401, ERROR),
    ("a list for the name", user(["Ann"]), 400, ERROR),
    ("no JSON", "username=Ann", 400, ERROR),
    ("17 KB", user("Ann", "p" * 17_000), 400, ERROR),
    ("a stored hash that is none", user("Broken"), 500, ERROR),
]

GUEST = [
    ("nothing said", {}, 200, SESSION | {"username": r"guest-[0-9a-f]{6}"}),
    ("a name", {"name": " Bo "}, 200, SESSION | {"username": "Bo"}),
    ("a short id", {"user_id": "x"}, 200, SESSION | {"user_id": "x", "username": "guest-x"}),
    ("the id of that guest", {"user_id": "x"}, 409, ERROR),
    ("a bad id", {"user_id": "a b"}, 400, ERROR),
    ("a number as the name", {"name": 1}, 400, ERROR),
    ("129 bytes of name", {"name": "n" * 129}, 400, ERROR),
    ("a user's id", {"user_id": "ann-1"}, 409, ERROR),
    ("a user's name in another case", {"name": "ANN"}, 409, ERROR),
    ("nothing at all", b"", 400, ERROR),
]


class TheTable(SignInCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(
            Relay("--register-attempts", "10000", "--login-attempts", "10000", is_open=False))
        curl(cls.relay, "/auth/register", user("Ann", user_id="ann-1"))
        with sqlite3.connect(cls.relay.data / "users.db") as accounts:
            accounts.execute("INSERT INTO users VALUES ('broken-1', 'Broken', '$2y$12$x', 0)")
            accounts.execute("INSERT INTO folded_names VALUES ('broken-1', 'broken', 0)")
        accounts.close()

    def run_table(self, path, table):
        for name, body, status, shape in table:
            with self.subTest(name):
                answer = curl(self.relay, path, body)
                self.check(answer, status, shape)
                self.assertEqual(answer.fields["cache-control"], "no-store")
                self.assertEqual(answer.fields["access-control-allow-origin"], "*")

    def test_register(self):
        self.run_table("/auth/register", REGISTER)

    def test_login(self):
        self.run_table("/auth/login", LOGIN)

    def test_guest(self):
        self.run_table("/auth/guest", GUEST)

    def test_one_text_for_a_wrong_name_and_a_wrong_password(self):
        texts = {curl(self.relay, "/auth/login", user(name, "wrong horse")).body for name in ("Ann", "nobody")}
        self.assertEqual(len(texts), 1)

    def test_methods_and_paths(self):
        for method, path, status in [
            ("GET", "/auth/login", 405), ("PUT", "/auth/register", 405), ("DELETE", "/auth/guest", 405),
            ("POST", "/auth/me", 405), ("POST", "/auth/registers", 404), ("POST", "/auth/login/", 404),
            ("POST", "/auth/../auth/nothing", 404), ("GET", "/auth", 404),
        ]:
            with self.subTest(f"{method} {path}"):
                answer = curl(self.relay, path, "{}" if method != "GET" else None, "--path-as-is", method=method)
                self.check(answer, status, EMPTY)

    def test_what_a_token_is_good_for(self):
        ann = curl(self.relay, "/auth/login", user("Ann")).json["token"]
        gone = curl(self.relay, "/auth/guest", {}).json["token"]
        me = curl(self.relay, "/auth/me", None, *bearer(ann), method="GET")
        self.assertEqual(me.status, 200)
        self.assertEqual(me.json.keys(), {"user_id", "username", "kind", "scopes", "expires_at"})
        self.assertEqual((me.json["user_id"], me.json["kind"]), ("ann-1", "account"))
        refreshed = curl(self.relay, "/auth/refresh", "", *bearer(ann))
        self.assertEqual(refreshed.json.keys(), {"user_id", "username", "expires_at"})
        change = {"password": "correct horse", "new_password": "battery staple"}
        for path, body, token, status, shape in [
            ("/auth/logout", "", gone, 204, EMPTY),
            ("/auth/logout", "", gone, 401, PROBLEM),
            ("/auth/refresh", "", gone, 401, PROBLEM),
            ("/auth/refresh", "", "cpsk_" + "0" * 32, 401, PROBLEM),
            ("/auth/logout", "all", ann, 400, PROBLEM),
            ("/auth/password", change | {"password": "wrong horse"}, ann, 403, PROBLEM),
            ("/auth/password", change | {"new_password": "x"}, ann, 400, PROBLEM),
            ("/auth/password", {"password": "correct horse"}, ann, 400, PROBLEM),
            ("/auth/password", change, ann, 204, EMPTY),
            ("/auth/password", {name: change[other] for name, other in zip(change, reversed(change))}, ann, 204, EMPTY),
            ("/auth/logout", {"all": True}, ann, 204, EMPTY),
        ]:
            with self.subTest(f"{path} {status}"):
                answer = curl(self.relay, path, body, *bearer(token))
                self.check(answer, status, shape)
                if status == 401:
                    self.assertEqual(answer.fields["www-authenticate"], "Bearer")

    def test_any_page_may_ask_where_none_is_listed(self):
        for origin in (ORIGIN, "null", "https://evil.example"):
            answer = preflight(self.relay, origin)
            self.check(answer, 200, EMPTY)
            self.assertEqual(answer.fields["access-control-allow-origin"], "*")
            self.assertNotIn("access-control-allow-credentials", answer.fields)

    def test_the_description_names_every_status(self):
        paths = curl(self.relay, "/openapi.json", method="GET").json["paths"]
        for path, table in (("/auth/register", REGISTER), ("/auth/login", LOGIN), ("/auth/guest", GUEST)):
            self.assertLessEqual({str(status) for _, _, status, _ in table}, paths[path]["post"]["responses"].keys())


def preflight(relay, origin, path="/auth/login"):
    asked = header("Access-Control-Request-Method", "POST") + header(
        "Access-Control-Request-Headers", "authorization,content-type")
    return curl(relay, path, None, *header("Origin", origin), *asked, method="OPTIONS")


class Pages(SignInCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(
            Relay("--cors-origin", ORIGIN, "--cookie", "--register-attempts", "10000", is_open=False))

    def test_a_listed_page_may_ask_and_read(self):
        for path in ("/auth/login", "/auth/me", "/auth/refresh"):
            answer = preflight(self.relay, ORIGIN, path)
            self.check(answer, 200, EMPTY)
            self.assertEqual(answer.fields["access-control-allow-origin"], ORIGIN)
            self.assertEqual(answer.fields["access-control-allow-headers"], "authorization,content-type")
            self.assertEqual(answer.fields["access-control-allow-methods"], "POST, OPTIONS")
            self.assertIn("Origin", answer.fields["vary"])

    def test_others_get_nothing(self):
        for origin in (
                "null", "https://evil.example", ORIGIN + ".evil.example", ORIGIN + ":8443", "http://chat.example.com",
                "https://CHAT.example.com", ORIGIN + "/", "*"):
            with self.subTest(origin):
                for answer in (preflight(self.relay, origin), curl(
                        self.relay, "/auth/guest", {}, *header("Origin", origin))):
                    self.assertEqual(answer.status, 200)
                    self.assertFalse([name for name in answer.fields if name.startswith("access-control-")])
                    self.assertNotIn("set-cookie", answer.fields)
                    self.assertIn("Origin", answer.fields["vary"])

    def test_a_cookie_counts_for_our_pages_only(self):
        given = curl(self.relay, "/auth/guest", {"user_id": "g-1"}, *header("Origin", ORIGIN))
        token = given.json["token"]
        self.assertEqual(
            given.fields["set-cookie"], f"token={token}; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict")
        self.assertEqual(given.fields["access-control-allow-credentials"], "true")
        cookie = header("Cookie", f"token={token}")
        for more, status, shape in [
            ((), 403, PROBLEM), (header("Origin", "null"), 403, PROBLEM),
            (header("Origin", "https://evil.example"), 403, PROBLEM),
            (header("Sec-Fetch-Site", "cross-site"), 403, PROBLEM), (header("Origin", ORIGIN), 204, EMPTY),
        ]:
            self.check(curl(self.relay, "/auth/logout", "", *cookie, *more), status, shape)


class Limits(SignInCase):
    def test_the_sixth_failure_and_the_eleventh_guest_wait(self):
        with Relay(is_open=False) as relay:
            for status in [401] * 5 + [429]:
                self.check(curl(relay, "/auth/login", user("nobody")), status, ERROR)
            for status, shape in [(200, SESSION)] * 10 + [(429, ERROR)]:
                self.check(curl(relay, "/auth/guest", {}), status, shape)
            self.check(curl(relay, "/auth/register", user("bob")), 429, ERROR)

    def test_only_so_many_passwords_wait_to_be_hashed(self):
        with Relay("--hash-workers", "1", "--hash-queue", "1", "--register-attempts", "10000", is_open=False) as relay:
            body = json.dumps(user("nobody"))
            urls = [f"http://127.0.0.1:{relay.http_port}/auth/login"] * 12
            done = subprocess.run(
                ["curl", "--silent", "--parallel", "--parallel-immediate", "--include", "--data-binary", body, *urls],
                capture_output=True, check=True).stdout
            answers = [Answer(b"HTTP/1.1 " + text) for text in re.split(rb"HTTP/1\.1 ", done)[1:]]
            self.assertEqual(len(answers), 12)
            away = [answer for answer in answers if answer.status == 503]
            self.assertGreater(len(away), 3)
            for answer in away:
                self.check(answer, 503, ERROR)

    def test_open_mode_has_no_accounts(self):
        with Relay() as relay:
            for path in ("/auth/register", "/auth/login", "/auth/guest", "/openapi.json"):
                self.check(curl(relay, path, "{}"), 404, EMPTY)

    def test_closed_and_by_invitation(self):
        with Relay("--registration", "closed", is_open=False) as relay:
            self.check(curl(relay, "/auth/register", user("bob")), 403, ERROR)
        with Relay("--registration", "invite-only", is_open=False) as relay:
            invite = relay.command("invite", "issue", "--uses", "1")
            self.check(curl(relay, "/auth/register", user("bob")), 403, ERROR)
            self.check(curl(relay, "/auth/register", user("bob", invite=invite)), 200, SESSION)
            self.check(curl(relay, "/auth/register", user("eve", invite=invite)), 403, ERROR)


class Sockets(SignInCase):
    """What a token is worth on the other port, for how long."""

    def guest(self, relay, **wish):
        answer = curl(relay, "/auth/guest", wish)
        self.check(answer, 200, SESSION)
        return answer.json["token"]

    def test_every_token_can_be_ended_at_once(self):
        with Relay(is_open=False) as relay:
            connections = [greet(relay, self.guest(relay))[0] for _ in range(3)]
            self.assertEqual(relay.command("token", "revoke", "--all").split(), ["3", "revoked"])
            for connection in connections:
                self.assertEqual(connection.closure(), (1008, "Token revoked"))

    def test_a_token_outlives_a_restart_and_a_revoked_one_nothing(self):
        with tempfile.TemporaryDirectory(prefix="clasp-relay-") as place:
            with Relay(data=place, is_open=False) as relay:
                kept, gone = self.guest(relay, user_id="kept"), self.guest(relay, user_id="gone")
                connection, welcome = greet(relay, gone)
                self.assertEqual(welcome.type, "WELCOME")
                self.check(curl(relay, "/auth/logout", "", *bearer(gone)), 204, EMPTY)
                self.assertEqual(connection.closure(), (1008, "Token revoked"))
                by_hand, _ = greet(relay, self.guest(relay, user_id="by-hand"))
                relay.command("token", "revoke", "--user", "by-hand")
                self.assertEqual(by_hand.closure(), (1008, "Token revoked"))
                relay.stop()
            with Relay(data=place, is_open=False) as relay:
                self.assertEqual(greet(relay, kept)[1].type, "WELCOME")
                self.assertEqual(greet(relay, gone)[1].code, 300)
                self.assertEqual(greet(relay, "")[1].code, 300)
                self.check(curl(relay, "/auth/guest", {"user_id": "kept"}), 409, ERROR)

    def test_a_session_is_warned_and_ends_with_its_token_unless_that_is_refreshed(self):
        with Relay(is_open=False) as relay:
            tokens = [self.guest(relay) for _ in range(3)]
            stays, goes, deaf = connections = [greet(relay, token)[0] for token in tokens]
            for connection in (stays, goes):
                connection.send_bytes(codec.frame(codec.subscribe(1, "/clasp/relay/expiring")))
            # Who asks for more than the one address is left alone.
            deaf.send_bytes(codec.frame(codec.subscribe(1, "/clasp/**")))
            for connection in connections:
                self.answered(connection)
            end = int((time.time() + 6) * 1e6)
            with sqlite3.connect(relay.data / "users.db") as accounts:
                accounts.execute("UPDATE tokens SET expiry = ?", [end])
            accounts.close()
            for connection in (stays, goes):
                warning = codec.decode(connection.receive_bytes())
                self.assertEqual((warning.type, warning.address, warning.value), ("PUBLISH", "/clasp/relay/expiring", end))
            self.assertEqual(curl(relay, "/auth/refresh", "", *bearer(tokens[0])).status, 200)
            for connection in (goes, deaf):
                self.assertEqual(codec.decode(connection.receive_bytes()).code, 302)
                self.assertEqual(connection.closure(), (1008, "Token expired"))
            self.assertGreaterEqual(time.time() * 1e6, end)
            self.answered(stays)
            self.assertEqual(greet(relay, tokens[1])[1].code, 302)

    def answered(self, connection):
        connection.send_bytes(codec.frame(codec.ping()))
        while codec.decode(connection.receive_bytes()).type != "PONG":
            pass

    def test_a_cookie_opens_a_socket_for_our_pages_only(self):
        with Relay("--cookie", "--cors-origin", ORIGIN, "--cors-origin", "https://other.example", is_open=False) as relay:
            cookie = ("Cookie", "token=" + self.guest(relay))
            self.assertEqual(greet(relay, "", fields=[cookie, ("Origin", ORIGIN)])[1].type, "WELCOME")
            self.assertEqual(greet(relay, "", fields=[cookie])[1].code, 300)
            self.assertEqual(greet(relay, "cpsk_" + "0" * 32, fields=[cookie, ("Origin", ORIGIN)])[1].code, 300)
            with self.assertRaisesRegex(AssertionError, " 403 "):
                greet(relay, "", fields=[cookie, ("Origin", "https://evil.example")])
        with Relay("--cors-origin", ORIGIN, is_open=False) as relay:
            cookie = ("Cookie", "token=" + self.guest(relay))
            self.assertEqual(greet(relay, "", fields=[cookie, ("Origin", ORIGIN)])[1].code, 300)

    def test_a_backup_brings_logins_back(self):
        with tempfile.TemporaryDirectory(prefix="clasp-relay-") as place:
            with Relay(data=place, is_open=False) as relay:
                made = curl(relay, "/auth/register", user("Ann", user_id="ann"))
                self.check(made, 200, SESSION)
                relay.command("backup", "--to", place + "/backups")
                self.check(curl(relay, "/auth/register", user("Late")), 200, SESSION)
                relay.command("user", "delete", "Ann")
                relay.stop()
                name = next(pathlib.Path(place, "backups").iterdir())
                relay.command("restore", str(name))
            with Relay(data=place, is_open=False) as relay:
                self.check(curl(relay, "/auth/login", user("ANN")), 200, SESSION | {"user_id": "ann"})
                self.check(curl(relay, "/auth/login", user("Late")), 401, ERROR)
                self.assertEqual(greet(relay, made.json["token"])[1].type, "WELCOME")


class Reloading(SignInCase):
    def test_what_may_change_does_so_on_a_signal(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as settings, tempfile.NamedTemporaryFile("w") as config:
            def write(file, text):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()

            write(settings, f'[web]\ncors_origin = ["{ORIGIN}"]\n')
            write(config, '{"scopes": ["read:/before/{userId}"]}')
            with Relay("--config", settings.name, "--app-config", config.name, is_open=False) as relay:
                self.check(curl(relay, "/auth/register", user("Ann")), 200, SESSION)
                self.assertIn("access-control-allow-origin", preflight(relay, ORIGIN).fields)
                write(settings, '[web]\ncors_origin = ["https://new.example"]\n'
                                '[auth]\nregistration = "closed"\nguests = "closed"\nlogin_attempts = 1\ntoken_ttl = "60s"\n')
                write(config, '{"scopes": ["read:/after/{userId}"]}')
                relay.send(signal.SIGHUP)
                deadline = time.monotonic() + 10
                while curl(relay, "/auth/register", "{").status != 403:
                    self.assertLess(time.monotonic(), deadline, relay.log)
                self.check(curl(relay, "/auth/guest", {}), 403, ERROR)
                self.assertNotIn("access-control-allow-origin", preflight(relay, ORIGIN).fields)
                self.assertIn("access-control-allow-origin", preflight(relay, "https://new.example").fields)
                token = curl(relay, "/auth/login", user("Ann")).json["token"]
                me = curl(relay, "/auth/me", None, *bearer(token), method="GET").json
                self.assertEqual(me["scopes"], ["read:/after/" + me["user_id"]])
                self.assertLess(me["expires_at"] - time.time(), 61)
                self.check(curl(relay, "/auth/login", user("Ann", "wrong horse")), 401, ERROR)
                self.check(curl(relay, "/auth/login", user("Ann")), 429, ERROR)

    def test_the_operators_token_is_made_and_opens_what_is_closed(self):
        with tempfile.TemporaryDirectory() as place:
            path = pathlib.Path(place, "deep", "admin.token")
            with Relay("--admin-token", str(path), is_open=False) as relay:
                token = path.read_text().strip()
                self.assertEqual(path.stat().st_mode & 0o777, 0o600)
                self.assertRegex(token, "^cpsk_[0-9a-f]{32}$")
                self.assertEqual(greet(relay, token)[1].type, "WELCOME")
                me = curl(relay, "/auth/me", None, *bearer(token), method="GET").json
                self.assertEqual(
                    (me["user_id"], me["scopes"], me["expires_at"]), ("admin-bootstrap", ["admin:/**"], None))
                away = header("X-Forwarded-For", "192.0.2.1")
                self.assertEqual(curl(relay, "/metrics", None, *away, method="GET").status, 401)
                figures = curl(relay, "/metrics", None, *away, *bearer(token), method="GET")
                self.assertEqual(figures.status, 200)
                self.check(curl(relay, "/auth/logout", "", *bearer(token)), 403, PROBLEM)

    def test_the_figures_count_what_happened(self):
        with Relay("--login-attempts", "2", is_open=False) as relay:
            self.assertEqual(relay.metric('relay_auth_attempts_total{action="login",result="failure"}'), 0)
            curl(relay, "/auth/register", user("Ann"))
            for password in ("correct horse", "wrong horse", "wrong horse", "wrong horse"):
                curl(relay, "/auth/login", user("Ann", password))
            for result, count in (("success", 1), ("failure", 2), ("limited", 1)):
                name = f'relay_auth_attempts_total{{action="login",result="{result}"}}'
                self.assertEqual(relay.metric(name), count, result)
            self.assertEqual(relay.metric("relay_tokens"), 2)
            self.assertEqual(relay.metric("relay_hash_queue"), 0)
            self.assertEqual(relay.metric("relay_hash_wait_seconds_count"), 4)
            accounts = curl(relay, "/status", method="GET").json["accounts"]
            self.assertEqual((accounts["connected"], accounts["tokens"]), (True, 2))
