"""Tokens that somebody else has signed, with the keys of generate-secrets.sh and with secrets."""

import base64
import hashlib
import hmac
import json
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import codec
from peer import greet
from relay import ROOT, Relay


def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(message, secret):
    return hmac.new(secret, message, hashlib.sha256).digest()


class Keys:
    """A directory as generate-secrets.sh leaves it."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory(prefix="clasp-keys-")
        self.path = pathlib.Path(self.place.name)
        subprocess.run([ROOT / "scripts/generate-secrets.sh", self.path], check=True, capture_output=True)
        self.file = self.path / "secrets/verify/signing_keys.json"
        self.made = json.loads(self.file.read_text())["keys"][0]

    def ed25519(self, message, name="jwt_private.pem"):
        with tempfile.NamedTemporaryFile() as signed:
            signed.write(message)
            signed.flush()
            return subprocess.run(
                ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.path / "secrets" / name, "-in", signed.name],
                check=True, capture_output=True).stdout

    def add_secret(self, kid, issuer=None):
        secret = segment(hashlib.sha512(kid.encode()).digest()).encode()
        path = self.path / "secrets/verify" / kid
        path.write_bytes(secret + b"\n")
        path.chmod(0o600)
        entry = {"kid": kid, "alg": "HS256", "file": kid}
        if issuer:
            entry["issuer"] = issuer
        self.write([self.made, entry])
        return secret

    def write(self, keys):
        self.file.write_text(json.dumps({"keys": keys}))


def token(header, claims, sign):
    message = f"{segment(json.dumps(header).encode())}.{segment(json.dumps(claims).encode())}".encode()
    return f"{message.decode()}.{segment(sign(message))}"


def claims(**more):
    now = int(time.time())
    return {"sub": "robot", "aud": "clasp-relay", "exp": now + 600, "scope": "read:/** write:/robot/**"} | more


class SignedTokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = Keys()
        cls.addClassCleanup(cls.keys.place.cleanup)
        cls.secret = cls.keys.add_secret("jobs", issuer="https://id.example.com")
        cls.public = (cls.keys.path / "secrets/verify/jwt_public.pem").read_bytes()
        cls.relay = cls.enterClassContext(Relay("--signing-keys", str(cls.keys.file), is_open=False))
        cls.kid = cls.keys.made["kid"]

    def assertGreeted(self, text):
        connection, answer = greet(self.relay, text)
        self.addCleanup(connection.close)
        self.assertEqual(answer.type, "WELCOME", answer)
        return connection

    def test_what_the_keys_have_signed_counts(self):
        now = int(time.time())
        issued = {"iss": "https://id.example.com"}
        for name, text in {
            "EdDSA": token({"alg": "EdDSA", "kid": self.kid}, claims(), self.keys.ed25519),
            "EdDSA, a list of scopes": token(
                {"alg": "EdDSA", "kid": self.kid, "typ": "JWT"},
                claims(scope=None, scopes=["read:/**"], nbf=now - 1, aud=["x", "clasp-relay"]), self.keys.ed25519),
            "HS256": token({"alg": "HS256", "kid": "jobs"}, claims(**issued), lambda m: hs256(m, self.secret)),
        }.items():
            with self.subTest(name):
                self.assertGreeted(text)

    def test_what_the_guide_shows_is_a_token(self):
        shown = subprocess.run(
            [ROOT / "Tests/DeploymentTests/documented", "sign"], check=True, capture_output=True, text=True).stdout
        self.keys.write([self.keys.made])
        self.addCleanup(self.keys.add_secret, "jobs", issuer="https://id.example.com")
        made = subprocess.run(
            ["sh", "-euc", shown], cwd=self.keys.path, check=True, capture_output=True, text=True).stdout.strip()
        self.assertGreeted(made)

    def test_everything_else_is_refused(self):
        now = int(time.time())
        good = {"alg": "EdDSA", "kid": self.kid}
        sign = self.keys.ed25519
        whole = token(good, claims(), sign)
        head, body, signature = whole.split(".")
        other = Keys()
        self.addCleanup(other.place.cleanup)
        cases = {
            "alg none, without a signature": token({"alg": "none", "kid": self.kid}, claims(), lambda _: b""),
            "alg none in capitals": token({"alg": "NONE", "kid": self.kid}, claims(), lambda _: b""),
            "alg none, with a good signature": token({"alg": "none", "kid": self.kid}, claims(), sign),
            "HS256 with the public key": token(
                {"alg": "HS256", "kid": self.kid}, claims(), lambda m: hs256(m, self.public)),
            "HS256 with the public key, trimmed": token(
                {"alg": "HS256", "kid": self.kid}, claims(), lambda m: hs256(m, self.public.strip())),
            "HS256 with the public key, said to be EdDSA": token(good, claims(), lambda m: hs256(m, self.public)),
            "EdDSA by the id of the secret": token({"alg": "EdDSA", "kid": "jobs"}, claims(), sign),
            "an unknown kid": token(good | {"kid": "other"}, claims(), sign),
            "no kid": token({"alg": "EdDSA"}, claims(), sign),
            "a number as kid": token(good | {"kid": 1}, claims(), sign),
            "another's key": token(good, claims(), other.ed25519),
            "a key that comes along": token(good | {"jwk": {"kty": "OKP"}, "crit": ["jwk"]}, claims(), sign),
            "expired": token(good, claims(exp=now - 1), sign),
            "never expiring": token(good, claims(exp=None), sign),
            "an expiry in words": token(good, claims(exp="tomorrow"), sign),
            "an expiry beyond all clocks": token(good, claims(exp=1e300), sign),
            "not yet valid": token(good, claims(nbf=now + 60), sign),
            "for another audience": token(good, claims(aud="another-relay"), sign),
            "for no audience": token(good, claims(aud=None), sign),
            "for other audiences": token(good, claims(aud=["a", "b"]), sign),
            "by another issuer": token(
                {"alg": "HS256", "kid": "jobs"}, claims(iss="https://evil.example"), lambda m: hs256(m, self.secret)),
            "a star as subject": token(good, claims(sub="*"), sign),
            "two segments as subject": token(good, claims(sub="a/b"), sign),
            "nobody as subject": token(good, claims(sub=None), sign),
            "another body": f"{head}.{segment(json.dumps(claims(sub='admin')).encode())}.{signature}",
            "half a signature": whole[:-20],
            "no signature": f"{head}.{body}.",
            "two parts": f"{head}.{body}",
            "four parts": f"{whole}.x",
            "padding": whole + "==",
            "9 KB": token(good, claims(note="x" * 9000), sign),
        }
        for name, text in cases.items():
            with self.subTest(name):
                connection, answer = greet(self.relay, text)
                self.assertEqual((answer.type, answer.code), ("ERROR", 302 if name == "expired" else 300))
                self.assertEqual(connection.closure()[0], 1008)

    def test_scopes_are_what_the_claims_say(self):
        text = token(
            {"alg": "EdDSA", "kid": self.kid}, claims(scopes=["write:/robot/**", "nonsense", 7, "read:**"]),
            self.keys.ed25519)
        connection = self.assertGreeted(text)
        for address in ("/robot/a", "/other"):
            connection.send_bytes(codec.frame(codec.set_(address, 1)))
        while (answer := codec.decode(connection.receive_bytes())).type != "ERROR":
            pass
        self.assertEqual((answer.code, answer.address), (301, "/other"))


class ChangingKeys(unittest.TestCase):
    def test_a_key_that_is_taken_out_ends_what_it_signed(self):
        keys = Keys()
        self.addCleanup(keys.place.cleanup)
        secret = keys.add_secret("old")
        with Relay("--signing-keys", str(keys.file), is_open=False) as relay:
            by_old = token({"alg": "HS256", "kid": "old"}, claims(), lambda m: hs256(m, secret))
            by_new = token({"alg": "EdDSA", "kid": keys.made["kid"]}, claims(), keys.ed25519)
            (old, first), (new, second) = greet(relay, by_old), greet(relay, by_new)
            self.assertEqual((first.type, second.type), ("WELCOME", "WELCOME"))
            keys.file.write_text("{")
            relay.send(signal.SIGHUP)
            while "stay as they were" not in relay.log:
                time.sleep(0.01)
            self.assertEqual(greet(relay, by_old)[1].type, "WELCOME")
            keys.write([keys.made])
            relay.send(signal.SIGHUP)
            self.assertEqual(old.closure(), (1008, "Token revoked"))
            self.assertEqual(greet(relay, by_old)[1].code, 300)
            new.send_bytes(codec.frame(codec.ping()))
            while codec.decode(new.receive_bytes()).type != "PONG":
                pass
