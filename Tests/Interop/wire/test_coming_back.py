"""Coming back: where the history stands, and what was missed."""

import codec
from case import AppConfig, WireCase

POSITION = "/clasp/relay/position"


class ComingBack(WireCase):
    MANY = 200

    def setUp(self):
        self.options = "--app-config", self.enterContext(AppConfig(history=["/kept/**"]))
        super().setUp()

    def after(self, position, pattern="/kept/**"):
        return codec.replay(f"/clasp/relay/after/{position.value['epoch']}/{position.value['position']}{pattern}")

    def test_everybody_may_come_back_at_once(self):
        teller = self.peer()
        position = teller.get(POSITION)
        for number in range(20):
            teller.send(codec.publish("/kept/e", number))
        teller.news()
        peers = [self.peer() for _ in range(self.MANY)]
        for peer in peers:
            peer.send(self.after(position), qos=1)
        for peer in peers:
            self.assertEqual([peer.expect("PUBLISH").value for _ in range(20)], list(range(20)))
            self.assertEqual(peer.expect("ACK").revision, position.value["position"] + 20)

    def test_one_connection_asks_only_so_often_at_a_time(self):
        teller = self.peer()
        position = teller.get(POSITION)
        padding = "x" * 4000
        for number in range(500):
            teller.send(codec.publish("/kept/e", [number, padding]))
        teller.news()
        peer = self.peer()
        # More than fits through at once, so that none has been answered when the ninth is asked for.
        for _ in range(9):
            peer.send(self.after(position), qos=1)
        ends = []
        while len(ends) < 9:
            message = peer.receive()
            if message.type != "PUBLISH":
                ends.append(message)
        self.assertEqual(sorted(end.type for end in ends), ["ACK"] * 8 + ["ERROR"])
        self.assertEqual(next(end.code for end in ends if end.type == "ERROR"), 429)
        # And then again.
        peer.send(self.after(position, "/kept/none"), qos=1)
        peer.expect("ACK")

    def test_what_was_told_in_another_history_is_incomplete(self):
        teller = self.peer()
        teller.send(codec.publish("/kept/e", 1))
        position = teller.get(POSITION)
        position["value"]["epoch"] = "1234"
        teller.send(self.after(position), qos=1)
        self.assertEqual(teller.expect("PUBLISH").value, 1)
        self.assertEqual(teller.expect("ERROR").code, 404)

    def test_nobody_writes_there_and_no_wildcard_finds_it(self):
        peer = self.peer()
        self.assertNotIn(POSITION, peer.params)
        self.assertEqual(peer.subscribe(1, "/clasp/**"), [])
        for message in (codec.set_(POSITION, 1), codec.publish(POSITION, 1)):
            self.assertEqual([found.code for found in peer.ask(message)], [301])
