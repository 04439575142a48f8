import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, encodeFrame } from '../../sdk/codec/frame.js';
import { Link } from '../../sdk/link.js';

/** A socket that says what the test says. */
class Socket {
    readyState = 1;
    sent = [];

    constructor() {
        Socket.last = this;
        queueMicrotask(() => this.onopen());
    }

    send(bytes) { this.sent.push(decodeFrame(bytes).message.type); }
    close() {}
    hear(message) { this.onmessage({ data: encodeFrame(message) }); }
}

async function openLink(t) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const ends = [];
    const link = new Link({
        url: 'ws://relay/', hello: { version: 1, features: [], name: 'test', token: '' }, timeouts: { connect: 1000, quiet: 20_000, answer: 8000 },
        onMessage() {}, onEnd: ({ error }) => ends.push(error.message), onQuiet: () => link.probe(),
    });
    const opening = link.open(Socket);
    await Promise.resolve();
    const socket = Socket.last;
    socket.hear({ type: 'WELCOME', version: 1, features: [], time: 0, session: 's', name: 'relay' });
    await opening;
    return { link, socket, ends };
}

test('two probes within one round trip do not end a healthy link, nor are there two questions from then on', async (t) => {
    const { link, socket, ends } = await openLink(t);
    link.probe();
    link.probe();
    socket.hear({ type: 'PONG' });
    t.mock.timers.tick(8000);
    assert.deepEqual([ends, link.isOpen], [[], true]);
    socket.sent = [];
    for (let round = 0; round < 3; round += 1) {
        t.mock.timers.tick(20_000);
        socket.hear({ type: 'PONG' });
    }
    assert.deepEqual(socket.sent, ['PING', 'PING', 'PING']);
});

test('a dead link ends in time, however often somebody asks', async (t) => {
    const { link, ends } = await openLink(t);
    for (let second = 0; second < 8; second += 1) {
        link.probe();
        t.mock.timers.tick(1000);
    }
    assert.deepEqual(ends, ['the relay has gone silent']);
});
