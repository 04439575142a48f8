import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AuthError, ClaspClient, ConflictError, ForbiddenError } from '../../sdk/clasp.js';
import { NodeWebSocket } from '../../sdk/node-socket.js';
import { Product } from './relay.js';

const rounds = Number(process.env.RESTARTS ?? 20);
const open = [];
after(async () => {
    for (const one of open) await one.close();
});

async function product(options) {
    const one = await Product.start(options);
    open.push(one);
    return one;
}

async function client(relay, options = {}) {
    const one = new ClaspClient(relay.url, { reconnect: { base: 5, cap: 50 }, ...options });
    open.unshift(one);
    await one.connect();
    return one;
}

async function until(condition) {
    while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('values, events and answers go through the product', async () => {
    const relay = await product({ isOpen: true });
    const [a, b] = [await client(relay), await client(relay)];
    const heard = [];
    await b.subscribe('/t/**', (value, address, { signal, revision }) => heard.push([address, value, signal, revision])).ready;
    assert.deepEqual(await a.set('/t/x', { deep: [1, 'two', null, true] }), { revision: 1 });
    assert.deepEqual(await a.set('/t/x', 2, { qos: 2 }), { revision: 2 });
    await a.publish('/t/e', 'first event at this address');
    await a.publish('/t/e', 'second');
    await until(() => heard.length === 4);
    assert.deepEqual(heard, [
        ['/t/x', { deep: [1, 'two', null, true] }, 'param', 1], ['/t/x', 2, 'param', 2],
        ['/t/e', 'first event at this address', 'event', undefined], ['/t/e', 'second', 'event', undefined],
    ]);
    assert.equal(await a.get('/t/x'), 2);
    assert.equal(await a.get('/nothing/here'), undefined);
    await assert.rejects(a.set('/t/x', 3, { revision: 1 }), ConflictError);
    await a.bundle([{ address: '/b/1', value: 1 }, { address: '/b/2', value: 2 }]);
    assert.deepEqual([await b.get('/b/1'), await b.get('/b/2')], [1, 2]);
    await a.announce('/t', [{ address: '/t/x', signal: 'param', datatype: 'f64' }]);
    assert.deepEqual(await b.query('/t/**'), [{ address: '/t/x', signal: 'param', datatype: 'f64' }]);
    assert.ok(Math.abs((await a.sync()).offset) < 1000);
});

for (const [how, signal, count] of [['kills', 'SIGKILL', rounds], ['orderly restarts', 'SIGTERM', Math.ceil(rounds / 5)]]) test(`across ${count} ${how} of the product nothing confirmed is missing and nothing is told twice`, async () => {
    const rounds = count;
    const relay = await product({ isOpen: true });
    const [writer, reader] = [await client(relay), await client(relay)];
    const told = [];
    await reader.subscribe('/r/**', (value, address, { revision }) => told.push(`${address} ${revision} ${value}`)).ready;
    for (let round = 0; round < rounds; round += 1) {
        await writer.set(`/r/${round % 5}`, `before ${round}`);
        const isBack = new Promise((resolve) => { const stop = reader.on('open', () => { stop(); resolve(); }); });
        const during = writer.set(`/r/${(round + 2) % 5}`, `during ${round}`);
        await relay.end(signal);
        await relay.begin();
        await Promise.all([isBack, during]);
    }
    await until(() => told.some((line) => line.endsWith(`during ${rounds - 1}`)));
    // A kill may take back what was told but not yet confirmed; then it is told again, after what was there before.
    const each = new Map();
    for (const line of told) {
        const [address] = line.split(' ');
        assert.notEqual(each.get(address), line);
        each.set(address, line);
    }
    if (signal === 'SIGTERM') assert.equal(new Set(told).size, told.length);
    const last = new Map(told.map((line) => [line.split(' ')[0], line.split(' ').slice(2).join(' ')]));
    for (const [address, value] of last) assert.equal(await reader.get(address), value);
});

test('who has no token is refused at once, who has one may do what the rules allow', async () => {
    const relay = await product();
    await assert.rejects(client(relay), AuthError);
    await assert.rejects(client(relay, { token: 'cpsk_00000000000000000000000000000000' }), AuthError);
    const ann = await client(relay, { token: await relay.issue('ann') });
    await ann.set('/chat/user/ann/profile', { name: 'Ann' });
    await assert.rejects(ann.set('/chat/user/bob/profile', { name: 'Bob' }), ForbiddenError);
    await assert.rejects(ann.set('/elsewhere', 1), ForbiddenError);
    await assert.rejects(ann.subscribe('/**', () => {}).ready, ForbiddenError);
});

test('events missed in a break are told once and in order where the config keeps them, and recovered says so', async () => {
    const cuts = [];
    class Cut extends NodeWebSocket {
        constructor(...details) {
            super(...details);
            cuts.push(this);
        }
    }
    const relay = await product();
    const [ann, bob] = [await client(relay, { token: await relay.issue('ann') }), await client(relay, { token: await relay.issue('bob'), WebSocket: Cut })];
    await ann.set('/chat/room/r/presence/ann', { name: 'Ann' });
    await bob.presence('/chat/room/r/presence/bob', { name: 'Bob' }).ready;
    const told = [];
    await bob.subscribe('/chat/room/r/messages', (value) => told.push(value)).ready;
    const sent = [];
    const say = async () => {
        sent.push(sent.length);
        await ann.publish('/chat/room/r/messages', sent.length - 1);
    };
    for (let round = 0; round < 5; round += 1) {
        await say();
        const isBack = new Promise((resolve) => { const stop = bob.on('open', (details) => { stop(); resolve(details); }); });
        cuts.splice(0).forEach((socket) => socket.terminate());
        for (let n = 0; n < 3; n += 1) await say();
        assert.equal((await isBack).recovered, true);
        await say();
    }
    await until(() => told.length >= sent.length);
    assert.deepEqual(told, sent);
});
