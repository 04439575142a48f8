"""SIGHUP: what can change while the relay runs does so for sockets that are open; nobody is sent away."""

import json
import os
import signal
import tempfile

import codec
from case import WireCase
from http_client import get, guest, post
from peer import Peer, Socket
from relay import Relay
from test_health import until


class Reload(WireCase):
    def setUp(self):
        self.place = self.enterContext(tempfile.TemporaryDirectory())

    def write(self, name, text):
        path = os.path.join(self.place, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def reload(self, relay):
        before = relay.log.count("settings read again")
        relay.send(signal.SIGHUP)
        until(lambda: relay.log.count("settings read again") > before)
        return json.loads([line for line in relay.log.splitlines() if "settings read again" in line][-1])["fields"]

    def test_limits_of_open_sockets(self):
        config = self.write("config.toml", "")
        with Relay("--config", config) as relay:
            peer = self.keep(Peer(relay))
            self.assertEqual(peer.ask(codec.subscribe(1, "/a/**")), [])
            peer.ask(codec.set_("/a", 1))
            peer.ask(codec.announce("/s", codec.definition("/s/1")))
            self.write("config.toml", "[limits]\nmax_subscriptions = 1\nmax_params = 1\nmax_definitions = 1\nmax_sessions = 1\n")
            said = self.reload(relay)
            self.assertEqual(
                said, {"changed": "max-sessions max-subscriptions max-params max-definitions", "after_restart": ""})
            self.assertRefused(peer.ask(codec.subscribe(2, "/b/**")), 429, "/b/**", "TooManySubscriptions")
            self.assertRefused(peer.ask(codec.set_("/b", 1)), 400, "/b", "AtCapacity")
            self.assertEqual(peer.ask(codec.announce("/s", codec.definition("/s/2")))[0].code, 429)
            second = self.keep(Socket(relay.port))
            second.send_bytes(codec.frame(codec.hello()))
            self.assertEqual(self.closure(second)[0], 1013)
            # More than there was room for at the start.
            self.write("config.toml", "[limits]\nmax_sessions = 3000\nmax_params = 2\n")
            self.reload(relay)
            self.assertEqual(peer.ask(codec.set_("/b", 1)), [])
            self.assertEqual(peer.ask(codec.subscribe(2, "/b/**"))[0].params[0].value, 1)
            self.keep(Peer(relay))

    def test_pace_and_shares_of_users(self):
        config = self.write("config.toml", "[limits]\nrate = 0\n")
        with Relay("--config", config, is_open=False) as relay:
            token = post(relay.http_port, "/auth/register", {"username": "ada", "password": "correct horse"})[1]["token"]
            peers = [self.keep(Peer(relay, token=token)) for _ in range(2)]
            visitor = self.keep(Peer(relay, token=guest(relay.http_port)))
            for number in range(400):
                peers[0].send(codec.set_(f"/{number % 3}", number))
            self.assertEqual(peers[0].news(), [])
            visitor.ask(codec.set_("/v", 1))
            self.write(
                "config.toml",
                "[limits]\nrate = 0\nmax_params_per_user = 4\nmax_params_per_guest = 1\nmax_sessions_per_user = 2\n")
            self.reload(relay)
            # All sessions of a user together.
            self.assertEqual(peers[1].ask(codec.set_("/3", 1)), [])
            for peer in peers:
                self.assertRefused(peer.ask(codec.set_("/4", 1)), 400, "/4", "AtCapacity: a user")
            self.assertRefused(visitor.ask(codec.set_("/w", 1)), 400, "/w", "AtCapacity: a guest")
            third = self.keep(Socket(relay.port))
            third.send_bytes(codec.frame(codec.hello(token=token)))
            self.assertEqual(self.closure(third)[0], 1008)
            self.write("config.toml", "[limits]\nrate = 1\nburst = 2\nfree_subscribes = 1\n")
            self.reload(relay)
            for number in range(6):
                peers[0].send(codec.set_("/0", number))
            self.assertEqual(peers[0].receive().code, 429)

    def test_pages_and_rules_of_the_application(self):
        rules = self.write("app.json", json.dumps({"scopes": ["read:/**", "write:/**"]}))
        config = self.write("config.toml", "")
        with Relay("--config", config, "--app-config", rules, is_open=False) as relay:
            peer = self.keep(Peer(relay, token=guest(relay.http_port)))
            listener = self.keep(Peer(relay, token=guest(relay.http_port)))
            listener.ask(codec.subscribe(1, "/**"))
            page = [("Origin", "https://a.example")]
            self.keep(Socket(relay.port, fields=page))
            self.assertEqual(peer.ask(codec.set_("/secret/x", {"hash": 1, "shown": 2})), [])
            self.assertTold(listener.news(), ("/secret/x", {"hash": 1, "shown": 2}))
            self.write("app.json", json.dumps({
                "scopes": ["read:/**", "write:/**"],
                "snapshot_transforms": [{"path": "/secret/**", "redact_fields": ["hash"]}],
            }))
            self.write("config.toml", '[web]\ncors_origin = ["https://b.example"]\n')
            self.assertEqual(self.reload(relay), {"changed": "cors-origin app-config", "after_restart": ""})
            with self.assertRaisesRegex(AssertionError, "403"):
                Socket(relay.port, fields=page)
            self.keep(Socket(relay.port, fields=[("Origin", "https://b.example")]))
            peer.ask(codec.set_("/secret/x", {"hash": 3, "shown": 4}))
            self.assertTold(listener.news(), ("/secret/x", {"shown": 4}))
            self.assertEqual(peer.get("/secret/x").value, {"shown": 4})
            # What cannot be read changes nothing.
            self.write("app.json", "{")
            relay.send(signal.SIGHUP)
            until(lambda: "the settings stay as they were" in relay.log)
            self.assertEqual(peer.get("/secret/x").value, {"shown": 4})

    def test_what_waits_for_a_restart_is_named(self):
        config = self.write("config.toml", "")
        with Relay("--config", config) as relay:
            self.write("config.toml", "[server]\nname = \"other\"\n[limits]\nmax_queue = \"2MiB\"\n")
            self.assertEqual(self.reload(relay), {"changed": "", "after_restart": "name max-queue"})
            self.write("config.toml", "[server]\nnam = 1\n")
            relay.send(signal.SIGHUP)
            until(lambda: "no such key; did you mean name?" in relay.log)
            self.assertEqual(get(relay.http_port, "/readyz")[0], 200)
