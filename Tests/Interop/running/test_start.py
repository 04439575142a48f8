"""The command line, from outside: how a relay is started, what it says when it cannot be, and who wins."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

from http_client import get
from relay import BINARY, Relay, free_port
from test_health import until


def run(*arguments, environment=None, cwd=None):
    """Exit status, output and errors of a command that ends."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    ended = subprocess.run(
        [BINARY, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
        env=kept | (environment or {}), cwd=cwd)
    return ended.returncode, ended.stdout, ended.stderr


class Start(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(tempfile.TemporaryDirectory())

    def test_the_command_line_of_a_chat_server(self):
        """Unchanged but for the ports, which others may have, in an empty directory."""
        port, http_port = free_port(), free_port()
        process = subprocess.Popen(
            [BINARY, "--port", str(port), "--auth-port", str(http_port), "--data-dir", "./data", "--cors-origin",
             "http://localhost:5173"], cwd=self.place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), f"clasp-relay listens on ws://127.0.0.1:{port}\n")
        self.assertEqual(
            process.stdout.readline(), f"accounts, health and metrics on http://127.0.0.1:{http_port}\n")
        until(lambda: get(http_port, "/readyz") == (200, "ready\n"))
        self.assertEqual([path.name for path in pathlib.Path(self.place).iterdir()], ["data"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        process.stdout.close()

    def test_the_ports_without_a_word(self):
        printed = run("print-config")[1]
        self.assertRegex(printed, r"(?m)^port = 7330 .*# default$")
        self.assertRegex(printed, r"(?m)^auth_port = 7350 ")
        self.assertRegex(printed, r'(?m)^host = "127.0.0.1" ')

    def test_help_fits_the_screen_and_lists_every_flag(self):
        status, text, _ = run("--help")
        self.assertEqual(status, 0)
        keys = re.findall(r"(?m)^(?:# )?(\w+)(?: = | is not set)", run("print-config")[1])
        self.assertGreater(len(keys), 60)
        for key in keys:
            flag = key.removesuffix("_file") if key == "admin_token_file" else key
            self.assertIn("--" + flag.replace("_", "-"), text)
        commands = re.search(r"(?s)\nCommands\n(.*?)\n\n", text).group(1)
        names = re.findall(r"(?m)^  ([a-z-]+) ", commands)
        self.assertGreater(len(names), 15)
        for name in ["--help"] + names:
            words = [name] if name == "--help" else [name, "--help"]
            status, text, errors = run(*words)
            self.assertEqual((status, errors), (0, ""), name)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_slips_of_the_pen(self):
        for words, hint in (
            (["--prot", "1"], "did you mean --port?"), (["serv"], "did you mean serve?"),
            (["sub", "--cuont", "1", "/a"], "did you mean --count?"), (["user", "--data-dri", "x"], "did you mean --data-dir?"),
        ):
            status, _, errors = run(*words)
            self.assertEqual(status, 64, words)
            self.assertIn(hint, errors)
        self.assertEqual(run("at", "1h")[0], 64)
        self.assertIn("usage: clasp-relay at TIME PATTERN", run("at", "1h")[2])

    def test_a_port_in_use(self):
        with Relay() as relay:
            for option, port in (("--port", relay.port), ("--auth-port", relay.http_port)):
                other = {"--port": "0", "--auth-port": "0", option: str(port)}
                status, _, errors = run(
                    "--open", "--data-dir", self.place + "/data", *(word for pair in other.items() for word in pair))
                self.assertEqual(status, 69)
                self.assertIn(
                    f"{option} 127.0.0.1:{port}: process {relay.process.pid} (clasp-relay) listens there already", errors)
                self.assertIn("docs/troubleshooting.md#port-in-use", errors)

    def test_flag_variable_file_default(self):
        """Every option, in all four ways, as an operator sees it."""
        defaults = self.settings()
        self.assertGreater(len(defaults), 60)
        tried = 0
        for (table, key), (text, source) in defaults.items():
            self.assertEqual(source, "default")
            values = self.values(key, text)
            if values is None:
                continue
            in_file, variable, flag = values
            name = key.replace("_", "-")
            config = pathlib.Path(self.place, "config.toml")
            config.write_text(f"[{table}]\n{key} = {in_file}\n")
            config.chmod(0o600)
            environment = {"RELAY_" + key.upper(): variable.strip('"')}
            options = ["--config", str(config), *self.company(key)]
            found = [
                self.settings(*options)[table, key],
                self.settings(*options, environment=environment)[table, key],
                self.settings(*options, f"--{name}=" + flag.strip('"'), environment=environment)[table, key],
            ]
            wanted = [(in_file, f"{config}:2"), (variable, "RELAY_" + key.upper()), (flag, f"--{name}")]
            self.assertEqual(found, wanted, key)
            tried += 1
        self.assertGreater(tried, 45)

    def settings(self, *arguments, environment=None):
        status, text, errors = run("print-config", *arguments, environment=environment)
        self.assertEqual(status, 0, errors)
        found, table = {}, None
        for line in text.splitlines():
            if line.startswith("["):
                table = line.strip("[]")
            elif match := re.match(r"(\w+) = (.*?) +# (.*)$", line):
                found[table, match[1]] = match[2], match[3]
            elif match := re.match(r"# (\w+) is not set +# (.*)$", line):
                found[table, match[1]] = "", match[2]
        return found

    @staticmethod
    def values(key, text):
        """Three values that differ from the default and each other; None for what is no number, time, size or word."""
        if text in ("true", "false") or key in ("persist", "admin_token", "env", "durability", "recover", "registration", "guests"):
            return None
        if key in ("listen", "auth_listen"):
            return [f'"127.0.0.1:{port}"' for port in (1, 2, 3)]
        if key in ("host",):
            return [f'"127.0.0.{number}"' for number in (2, 3, 4)]
        if key in ("log", "log_format", "cors_origin", "trusted_proxies"):
            return None
        if key == "max_message":
            return ['"65000"', '"65001"', '"65002"']
        if text.isdigit():
            return [str(int(text) + step) for step in (1, 2, 3)]
        if match := re.match(r'"(\d+)(ms|s|m|h|d|KiB|MiB|%)"$', text):
            number, unit = int(match[1]), match[2]
            steps = [number + step for step in (1, 2, 3)]
            if key == "lagging_mark":
                return ['"257KiB"', '"258KiB"', '"259KiB"']
            if unit in ("m", "h", "d"):
                return [f'"{step}s"' for step in (121, 122, 123)]
            return [f'"{step}{unit}"' for step in steps]
        if text == "" and key.endswith(("_port", "_attempts", "_workers")):
            return ["11", "12", "13"]
        if text == "" and key.endswith("_window"):
            return ['"11s"', '"12s"', '"13s"']
        if key == "log_file_size":
            return ['"11KiB"', '"12KiB"', '"13KiB"']
        if text == '"0"':
            return ['"11s"', '"12s"', '"13s"']
        return ['"one"', '"two"', '"three"']

    @staticmethod
    def company(key):
        """What must be said beside a key for the settings to be whole."""
        return {
            "tls_cert": ["--tls-key=k"], "tls_key": ["--tls-cert=c"], "drain_spread": ["--drain-timeout=60s"],
            "rate": ["--burst=1000"], "ping_interval": [],
        }.get(key, [])

    def test_a_file_with_a_fault(self):
        config = pathlib.Path(self.place, "config.toml")
        config.write_text('[server]\nport = "many"\n[limits]\nmax_sesions = 1\n[auth]\nadmin_token = "CHANGE_THIS_TO_A_RANDOM_SECRET"\n')
        config.chmod(0o600)
        status, _, errors = run("check-config", "--config", str(config))
        self.assertEqual(status, 78)
        self.assertIn(f"{config}:2: port is not a port", errors)
        self.assertIn(f"{config}:4: max_sesions: no such key; did you mean max_sessions?", errors)
        self.assertIn(f"{config}:6: admin_token is still a placeholder", errors)

    def test_version_completions_and_manual(self):
        self.assertEqual(json.loads(run("--version", "--json")[1])["name"], "clasp-relay")
        completions = run("completions", "bash")[1]
        asked = f'{completions}\nCOMP_WORDS=(clasp-relay --max-se) COMP_CWORD=1; _clasp_relay; echo "${{COMPREPLY[@]}}"'
        said = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, timeout=20).stdout
        self.assertIn("--max-sessions", said.split())
        self.assertIn(".SH EXIT STATUS", run("man")[1])


RULES = str(pathlib.Path(__file__).resolve().parents[3] / "deploy/relay/config/chat.json")


class Doctor(unittest.TestCase):
    UNIT = "[Service]\nRestart=always\nTimeoutStopSec=90\n"

    def setUp(self):
        self.place = self.enterContext(tempfile.TemporaryDirectory())
        os.chmod(self.place, 0o700)
        os.mkdir(self.place + "/backups")
        self.write("backups/clasp-relay-20250131T120000Z.tar.gz", "a backup")
        self.write("relay.service", self.UNIT)
        self.write("token", "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa\n")

    def write(self, name, text):
        path = pathlib.Path(self.place, name)
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def findings(self, *options, **told):
        """Exit status, and what is bad by its name."""
        settings = {
            "--env": "production", "--cors-origin": "https://chat.example", "--data-dir": self.place + "/data", "--port": "0",
            "--auth-port": "0", "--registration": "invite-only", "--guests": "closed", "--admin-token": self.place + "/token", "--max-sessions": "16",
            "--max-http-connections": "16", "--app-config": RULES, **told.pop("settings", {})}
        words = [f"{name}={value}" for name, value in settings.items() if value is not None]
        unit, backups = told.pop("unit", self.place + "/relay.service"), told.pop("backups", self.place + "/backups")
        status, text, errors = run(
            "doctor", "--production", "--unit", unit, "--backups", backups, *options, "--", *words, **told)
        self.assertEqual(errors, "")
        return status, [line.split()[1] for line in text.splitlines() if line.startswith("FAIL")]

    def test_nothing_is_wrong(self):
        self.assertEqual(self.findings(), (0, []))

    def test_each_planted_fault(self):
        taken = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        port = str(taken.getsockname()[1])
        old = self.place + "/backups/clasp-relay-20250131T120000Z.tar.gz"
        planted = [
            ("mode", {"settings": {"--env": "development"}}),
            ("app-config", {"settings": {"--app-config": None}}),
            ("exposure", {"settings": {"--host": "0.0.0.0"}}),
            ("durability", {"settings": {"--durability": "none"}}),
            ("websocket-port", {"settings": {"--port": port}}),
            ("http-port", {"settings": {"--auth-port": port}}),
            ("data-directory", {"settings": {"--data-dir": "/proc/none/data"}}),
            ("disk", {"settings": {"--disk-degraded": "0.0001%", "--disk-read-only": "0.0001%"}}),
            ("invalid-app-config", {"settings": {"--app-config": self.write("bad.json", '{"scopes": 1}')}}),
            ("restart-policy", {"unit": self.write("idle.service", "[Service]\nRestart=no\n")}),
            ("stop-timeout", {"unit": self.write("hasty.service", "[Service]\nRestart=always\nTimeoutStopSec=10\n")}),
            ("backups", {"backups": self.place + "/none"}),
            ("unsafe-in-production", {"settings": {"--cors-origin": None}}),
            ("weak-secret", {"settings": {"--admin-token": self.write("weak", "short\n")}}),
            ("loose-file-mode", {"settings": {"--admin-token": self.write("loose", "v9Kq2mX7fT4wZ8pL1nB6cR3yH5jD0sGa\n")}}),
            ("unknown-key", {"settings": {"--config": self.write("config.toml", "[server]\nprot = 1\n")}}),
        ]
        os.chmod(self.place + "/loose", 0o644)
        for item, plant in planted:
            self.assertEqual(self.findings(**plant), (1, [item]), item)
        os.utime(old, (0, 0))
        self.assertEqual(self.findings(), (1, ["backups"]))

    def test_a_machine_without_tools(self):
        status, text, _ = run("doctor", "--host", environment={"PATH": self.place})
        self.assertEqual(status, 69)
        self.assertRegex(text, r"(?m)^FAIL +openssl +is not installed")
