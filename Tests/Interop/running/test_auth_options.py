"""Each key of [auth] changes what the relay does."""

import base64
import concurrent.futures
import datetime
import hmac
import json
import os
import pathlib
import subprocess
import time

from http_client import call, get, post
from relay import BINARY
from settings import ADA, Behaviour, Setup

class Accounts(Behaviour):
    # Accounts

    def test_auth_open_and_database(self):
        relay = self.relay("[auth]\nopen = true\n", is_open=False)
        self.peer(relay)
        self.assertFalse((relay.data / "users.db").exists())
        setup = Setup(self.stack, '[auth]\nauth_db = "$HERE/people.db"\n', is_open=False)
        relay = setup.start()
        self.assertEqual(post(relay.http_port, "/auth/register", ADA)[0], 200)
        self.assertTrue(pathlib.Path(setup.place, "people.db").exists())
        self.assertFalse((relay.data / "users.db").exists())

    def test_auth_registration(self):
        asked = [
            post(self.relay(toml, is_open=False).http_port, "/auth/register", ADA)[0]
            for toml in ("", '[auth]\nregistration = "closed"\n', '[auth]\nregistration = "invite-only"\n')]
        self.assertEqual(asked, [200, 403, 403])

    def test_auth_guests(self):
        asked = [
            post(self.relay(toml, is_open=False).http_port, "/auth/guest", {})[0]
            for toml in ("", '[auth]\nguests = "closed"\n', '[auth]\nregistration = "closed"\n')]
        self.assertEqual(asked, [200, 403, 200])

    def test_auth_token_ttl(self):
        def lifetime(relay):
            post(relay.http_port, "/auth/register", ADA)
            listed = subprocess.run(
                [BINARY, "token", "list", "--data-dir", str(relay.data)], capture_output=True, text=True, timeout=20)
            token = json.loads(listed.stdout.splitlines()[0])
            created, expires = (datetime.datetime.fromisoformat(token[key]) for key in ("created", "expires"))
            return (expires - created).total_seconds()

        self.assertEqual(self.both('[auth]\ntoken_ttl = "60s"\n', lifetime, is_open=False), (24 * 3600, 60))

    def test_auth_admin_token(self):
        secret = "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa"

        def ask(relay):
            fields = [("Authorization", f"Bearer {secret}"), ("X-Forwarded-For", "192.0.2.7")]
            return get(relay.http_port, "/status", fields)[0]

        self.assertEqual(self.both(f'[auth]\nadmin_token = "{secret}"\n', ask, is_open=False), (403, 200))
        setup = Setup(self.stack, '[auth]\nadmin_token_file = "$HERE/made"\n', is_open=False)
        relay = setup.start()
        self.assertEqual(os.stat(f"{setup.place}/made").st_mode & 0o777, 0o600)
        secret = pathlib.Path(setup.place, "made").read_text().strip()
        self.assertEqual(ask(relay), 200)

    def wrong_logins(self, relay, count=2):
        return [post(relay.http_port, "/auth/login", {"username": "ada", "password": "wrong one"})[0] for _ in range(count)]

    def test_auth_login_attempts_and_window(self):
        self.assertEqual(
            self.both("[auth]\nlogin_attempts = 1\n", self.wrong_logins, is_open=False), ([401, 401], [401, 429]))

    def test_auth_register_attempts(self):
        def ask(relay):
            field = [("X-Forwarded-For", "192.0.2.7")]
            return [call(relay.http_port, "POST", "/auth/guest", {}, field)[0] for _ in range(2)]

        self.assertEqual(self.both("[auth]\nregister_attempts = 1\n", ask, is_open=False), ([200, 200], [200, 429]))

    def test_auth_windows(self):
        def forgets(relay):
            field = [("X-Forwarded-For", "192.0.2.7")]
            first = self.wrong_logins(relay, 4), [call(relay.http_port, "POST", "/auth/guest", {}, field)[0] for _ in range(9)]
            time.sleep(1.2)
            again = self.wrong_logins(relay, 2), [call(relay.http_port, "POST", "/auth/guest", {}, field)[0] for _ in range(2)]
            return 429 not in again[0], 429 not in again[1]

        self.assertEqual(
            self.both("[auth]\nlogin_window = 1\nregister_window = 1\n", forgets, is_open=False), ((False, False), (True, True)))

    def test_auth_cookie(self):
        def ask(relay):
            page = [("Origin", f"http://127.0.0.1:{relay.http_port}")]
            return "Set-Cookie" in call(relay.http_port, "POST", "/auth/guest", {}, page)[1]

        self.assertEqual(self.both("[auth]\ncookie = true\n", ask, is_open=False), (False, True))

    def test_auth_signing_keys(self):
        secret = "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa"
        files = {"keys.json": '{"audience": "here", "keys": [{"kid": "k", "alg": "HS256", "file": "k"}]}', "k": secret}

        def digits(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        claims = {"sub": "jobs", "aud": "here", "exp": time.time() // 1 + 600, "scopes": ["read:/**"]}
        said = b".".join(digits(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k"}, claims))
        token = said + b"." + digits(hmac.digest(secret.encode(), said, "sha256"))

        def is_known(relay):
            return get(relay.http_port, "/auth/me", [("Authorization", f"Bearer {token.decode()}")])[0] == 200

        asked = self.both('[auth]\nsigning_keys = "$HERE/keys.json"\n', is_known, is_open=False, files=files)
        self.assertEqual(asked, (False, True))

    def test_auth_hash_workers_and_queue(self):
        def workers(relay):
            names = [(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{relay.process.pid}/task").iterdir()]
            return sum(name.startswith("relay-hash") for name in names)

        self.assertEqual(workers(self.relay("[auth]\nhash_workers = 3\n", is_open=False)), 3)

        def busy(relay):
            def login(number):
                return post(relay.http_port, "/auth/login", {"username": f"user{number}", "password": "wrong one"})[0]

            # One address gets a quarter of the 64 places.
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                return 503 in list(pool.map(login, range(16)))

        file = "[auth]\nhash_workers = 1\nlogin_attempts = 1000\n"
        self.assertEqual((busy(self.relay(file, is_open=False)), busy(self.relay(file + "hash_queue = 1\n", is_open=False))), (False, True))
