import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AuthError, ClaspClient, ClosedError, ConflictError, EncodeError, ForbiddenError } from '../../sdk/clasp.js';
import { StandInRelay } from '../stand-in/relay.js';

const open = [];
after(async () => {
    for (const one of open) await (one.stop ? one.stop() : one.close());
});

async function relay(options) {
    const one = await new StandInRelay(options).listen();
    open.push(one);
    return one;
}

async function client(server, options = {}) {
    const one = new ClaspClient(server.url ?? server, { reconnect: { base: 5, cap: 20 }, ...options });
    open.unshift(one);
    await one.connect();
    return one;
}

/** Waits for something to become true; the test's own time limit ends a wait in vain. */
async function until(condition) {
    while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const nextOpen = (one) => new Promise((resolve) => {
    const stop = one.on('open', (details) => {
        stop();
        resolve(details);
    });
});

test('a value set by one client reaches the other, and a newcomer', async () => {
    const server = await relay();
    const [a, b] = [await client(server), await client(server)];
    const heard = [];
    await b.subscribe('/t/**', (value, address, { revision, snapshot }) => heard.push([address, value, revision, snapshot])).ready;
    assert.deepEqual(await a.set('/t/x', { deep: [1, 'two'] }), { revision: 1 });
    await until(() => heard.length === 1);
    assert.deepEqual(heard, [['/t/x', { deep: [1, 'two'] }, 1, false]]);
    const late = [];
    await b.subscribe('/t/x', (value, address, { snapshot }) => late.push([value, snapshot])).ready;
    assert.deepEqual(late, [[{ deep: [1, 'two'] }, true]]);
    assert.equal(heard.length, 1, 'the snapshot of another subscription is no news');
});

test('get tells what is there and undefined for what is not, at once', async () => {
    const server = await relay();
    const one = await client(server);
    await one.set('/a', 'text');
    assert.equal(await one.get('/a'), 'text');
    assert.equal(await one.get('/nothing'), undefined);
    const [x, y] = await Promise.all([one.get('/a'), one.get('/a')]);
    assert.deepEqual([x, y], ['text', 'text']);
});

test('events, streams and gestures arrive with what they carry', async () => {
    const server = await relay();
    const [a, b] = [await client(server), await client(server)];
    const heard = [];
    await b.subscribe('/e/*', (value, address, { signal, phase, id }) => heard.push([address, value, signal, phase, signal === 'gesture' ? id : 0])).ready;
    await a.publish('/e/cue', { cue: 'intro' });
    a.stream('/e/level', 0.5);
    a.stream('/e/wave', new Float32Array([0.25, 0.5]));
    a.gesture('/e/touch', 7, 'move', { x: 1 });
    await until(() => heard.length === 4);
    assert.deepEqual(heard, [
        ['/e/cue', { cue: 'intro' }, 'event', 'start', 0],
        ['/e/level', 0.5, 'stream', 'start', 0],
        ['/e/wave', [0.25, 0.5], 'stream', 'start', 0],
        ['/e/touch', { x: 1 }, 'gesture', 'move', 7],
    ]);
});

test('a bundle is applied as a whole and acknowledged', async () => {
    const server = await relay();
    const one = await client(server);
    const { revision } = await one.bundle([{ address: '/b/1', value: 1 }, { address: '/b/2', value: 2 }, { type: 'PUBLISH', address: '/b/e', value: 'x' }]);
    assert.equal(revision, 1);
    assert.equal(await one.get('/b/2'), 2);
});

test('subscriptions with types get only those', async () => {
    const server = await relay();
    const [a, b] = [await client(server), await client(server)];
    const heard = [];
    await b.subscribe('/m/**', (value) => heard.push(value), { types: ['event'] }).ready;
    await a.set('/m/p', 'param');
    await a.publish('/m/e', 'event');
    await until(() => heard.length > 0);
    assert.deepEqual(heard, ['event']);
});

test('an expected revision that is wrong is a ConflictError of exactly that write', async () => {
    const server = await relay();
    const one = await client(server);
    await one.set('/c', 1);
    const results = await Promise.allSettled([one.set('/c', 2), one.set('/c', 3, { revision: 1 }), one.set('/c', 4)]);
    assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
    assert.ok(results[1].reason instanceof ConflictError);
    assert.equal(await one.get('/c'), 4);
});

test('what cannot be encoded is refused here and disturbs nothing', async () => {
    const server = await relay();
    const one = await client(server);
    await assert.rejects(one.set('/big', 'x'.repeat(70_000)), EncodeError);
    await one.set('/small', 'x');
});

test('writes made offline are sent when the relay is back, the newest of each address', async () => {
    const server = await relay();
    const one = await client(server);
    await server.stop();
    await until(() => one.state === 'waiting');
    const results = Promise.all([one.set('/o/a', 1), one.set('/o/b', 'b'), one.set('/o/a', 2), one.publish('/o/e', 'event')]);
    await server.listen(server.port);
    await results;
    assert.deepEqual([server.params.get('/o/a').value, server.params.get('/o/a').revision], [2, 1]);
    assert.equal(server.history.length, 1);
});

test('a write whose acknowledgement was lost is not made twice', async () => {
    const server = await relay();
    const one = await client(server);
    server.faults.acknowledge = false;
    const result = one.set('/once', { n: 1 });
    await until(() => server.params.has('/once'));
    server.faults.acknowledge = true;
    server.cutAll();
    assert.deepEqual(await result, { revision: 1 });
    assert.equal(server.params.get('/once').revision, 1);
});

test('a write that somebody overwrote before it was confirmed is sent again, not lost silently', async () => {
    const server = await relay();
    const one = await client(server);
    server.faults.acknowledge = false;
    const result = one.set('/over', 'mine');
    await until(() => server.params.has('/over'));
    server.write('/over', 'theirs');
    server.faults.acknowledge = true;
    server.cutAll();
    await result;
    assert.equal(server.params.get('/over').value, 'mine');
});

test('an event that had to be sent twice is told once', async () => {
    const server = await relay();
    const [a, b] = [await client(server), await client(server)];
    const heard = [];
    await b.subscribe('/twice', (value) => heard.push(value)).ready;
    const sender = [...server.sessions][0];
    sender.send = () => {};
    const result = a.publish('/twice', 'hello');
    await until(() => heard.length === 1);
    sender.socket.cut();
    await result;
    await a.publish('/twice', 'end');
    await until(() => heard.includes('end'));
    assert.deepEqual(heard, ['hello', 'end']);
    assert.equal(server.history.filter(({ value }) => value === 'hello').length, 2);
});

test('a relay that keeps nothing acknowledges nothing, and writes are settled all the same', async () => {
    const server = await relay();
    server.faults.acknowledge = false;
    const one = await client(server, { ackTimeout: 60 });
    await one.set('/n', 1);
    await one.set('/n', 2);
    assert.equal(await one.get('/n'), 2);
});

test('across 100 restarts no change is missed in the end and none is told twice', async () => {
    const server = await relay();
    const reader = await client(server);
    const told = [];
    await reader.subscribe('/r/**', (value, address, { revision }) => told.push(`${address} ${revision} ${value}`)).ready;
    for (let round = 0; round < 100; round += 1) {
        server.write(`/r/${round % 7}`, round);
        const isBack = nextOpen(reader);
        await server.stop();
        server.write(`/r/${(round + 3) % 7}`, `away ${round}`);
        await server.listen(server.port);
        await isBack;
    }
    const last = new Map(told.map((line) => [line.split(' ')[0], line]));
    for (const { address, revision, value } of server.params.values()) assert.equal(last.get(address), `${address} ${revision} ${value}`);
    assert.equal(new Set(told).size, told.length);
});

test('a param that vanished during a break is told as null', async () => {
    const server = await relay();
    const one = await client(server);
    server.write('/v/a', 'here');
    server.write('/v/b', 'stays');
    const told = [];
    await one.subscribe('/v/*', (value, address, { removed }) => told.push([address, value, removed])).ready;
    told.length = 0;
    const isBack = nextOpen(one);
    await server.stop();
    server.params.delete('/v/a');
    await server.listen(server.port);
    await isBack;
    assert.deepEqual(told, [['/v/a', null, true]]);
});

test('missed events are told once and in order, and recovered is true', async () => {
    const server = await relay();
    const [a, b] = [await client(server), await client(server)];
    const told = [];
    await b.subscribe('/h/**', (value) => told.push(value), { types: ['event'] }).ready;
    let sent = 0;
    const send = async () => a.publish('/h/e', sent++);
    for (let round = 0; round < 20; round += 1) {
        await send();
        const isBack = nextOpen(b);
        [...server.sessions].filter(({ id }) => id === b.session).forEach(({ socket }) => socket.cut());
        await Promise.all([send(), send(), send()]);
        assert.equal((await isBack).recovered, true);
        await send();
    }
    await until(() => told.length >= sent);
    assert.deepEqual(told, Array.from({ length: sent }, (_, index) => index));
});

test('recovered is false when history may have been lost', async () => {
    const server = await relay();
    const one = await client(server);
    const back = nextOpen(one);
    server.epoch = 'another';
    server.cutAll();
    assert.equal((await back).recovered, false);
    server.faults.resume = false;
    const again = nextOpen(one);
    server.cutAll();
    assert.equal((await again).recovered, false);
});

test('presence is said again before anything else', async () => {
    const server = await relay();
    const one = await client(server);
    await one.subscribe('/x', () => {}).ready;
    await one.presence('/here/me', () => ({ at: 'desk' })).ready;
    server.received = [];
    const isBack = nextOpen(one);
    server.cutAll();
    await isBack;
    const kinds = server.received.map(({ type, address }) => `${type} ${address ?? ''}`.trim());
    assert.deepEqual(kinds.slice(0, 3), ['HELLO', 'SET /here/me', 'SUBSCRIBE']);
});

test('a connection that has gone silent is given up', async () => {
    const server = await relay();
    const one = await client(server, { quietAfter: 30, answerWithin: 30 });
    const isBack = nextOpen(one);
    for (const { socket } of server.sessions) socket.freeze();
    await isBack;
});

test('what the relay dropped because of its limit is sent again', async () => {
    const server = await relay();
    const one = await client(server);
    server.faults.dropNext = 2;
    const results = Promise.all([one.set('/l/a', 1), one.publish('/l/e', 2), one.set('/l/c', 3)]);
    await results;
    assert.deepEqual([server.params.get('/l/a').value, server.history[0].value, server.params.get('/l/c').value], [1, 2, 3]);
});

test('a refused token is not tried again, a new one is', async () => {
    const server = await relay({ config: { scopes: ['read:/**', 'write:/**'], write_rules: [], snapshot_visibility: [], snapshot_transforms: [] } });
    await assert.rejects(client(server, { token: 'cpsk_wrong' }), AuthError);
    let asked = 0;
    const one = await client(server, {
        token: ({ refused }) => {
            asked += 1;
            return refused ? server.issue('u1') : 'cpsk_wrong';
        },
    });
    assert.equal(asked, 2);
    await one.set('/ok', true);
});

test('what a rule forbids is a ForbiddenError that names the rule', async () => {
    const config = { scopes: ['read:/**', 'write:/a/**'], write_rules: [{ path: '/a/only/{user}', checks: [{ type: 'segment_equals_session', segment: 'user' }] }], snapshot_visibility: [], snapshot_transforms: [] };
    const server = await relay({ config });
    const one = await client(server, { token: server.issue('u1') });
    await assert.rejects(one.set('/a/only/u2', 1), (error) => error instanceof ForbiddenError && error.code === 403 && /write_rules\[0\]/.test(error.message));
    await assert.rejects(one.publish('/b', 1), (error) => error instanceof ForbiddenError && error.code === 301);
    await one.set('/a/only/u1', 1);
});

test('the hint of a relay that restarts is honoured', async () => {
    const server = await relay();
    const one = await client(server);
    const waiting = new Promise((resolve) => one.on('reconnecting', resolve));
    await server.stop({ code: 1012, reason: 'restarting; retry-after=0.25' });
    const { delay } = await waiting;
    assert.ok(delay >= 250 && delay <= 255, `${delay}`);
    await server.listen(server.port);
});

test('closing gives up what waits', async () => {
    const server = await relay();
    const one = await client(server);
    await server.stop();
    await until(() => one.state === 'waiting');
    const result = one.set('/never', 1);
    one.close();
    await assert.rejects(result, ClosedError);
    await assert.rejects(one.set('/never', 1), ClosedError);
});

test('history is read without disturbing what is subscribed', async () => {
    const server = await relay();
    const one = await client(server);
    for (const n of [1, 2, 3]) await one.publish('/log', n);
    const told = [];
    await one.subscribe('/log', (value) => told.push(value)).ready;
    assert.deepEqual((await one.history('/log')).map(({ value }) => value), [1, 2, 3]);
    assert.deepEqual(told, []);
});

test('the mark in history stays young: it moves with time and with events', async () => {
    const server = await relay();
    const [a, b, slow] = [await client(server), await client(server, { positionEvery: 10 }), await client(server)];
    const asked = (one) => {
        const { received } = [...server.sessions].find(({ id }) => id === one.session);
        return received.filter(({ type, address }) => type === 'GET' && address === '/clasp/relay/position').length;
    };
    await until(() => asked(b) > 3);
    let told = 0;
    await slow.subscribe('/many', () => { told += 1; }).ready;
    for (let sent = 0; sent < 2500; sent += 100) await Promise.all(Array.from({ length: 100 }, (_, index) => a.publish('/many', sent + index)));
    await until(() => told === 2500 && asked(slow) === 3);
    const isBack = nextOpen(slow);
    server.received = [];
    [...server.sessions].find(({ id }) => id === slow.session).socket.cut();
    assert.equal((await isBack).recovered, true);
    const [{ pattern }] = server.received.filter(({ type }) => type === 'REPLAY');
    assert.match(pattern, /\/2\d{3}\/many$/, 'what is replayed begins late');
    assert.equal(told, 2500);
});

test('who subscribes again is told the history again, and others are not', async () => {
    const server = await relay();
    const one = await client(server);
    for (const n of [1, 2, 3]) await one.publish('/log/x', n);
    const [told, listening] = [[], []];
    await one.subscribe('/log/**', (value) => listening.push(value)).ready;
    for (let round = 0; round < 2; round += 1) {
        const log = one.subscribe('/log/x', (value) => told.push(value), { history: 100 });
        await log.ready;
        log.unsubscribe();
    }
    assert.deepEqual(told, [1, 2, 3, 1, 2, 3]);
    assert.deepEqual(listening, [1, 2, 3]);
});

test('a write in doubt stays in doubt when the next connection breaks too', async () => {
    const server = await relay();
    const one = await client(server);
    await one.set('/count', 1);
    server.faults.acknowledge = false;
    const result = one.set('/count', 2, { revision: 1 });
    await until(() => server.params.get('/count').revision === 2);
    server.faults.acknowledge = true;
    // The second connection ends before anything could be looked up on it.
    server.faults.cutAt = 'GET';
    server.cutAll();
    await until(() => server.faults.cutAt === undefined);
    assert.deepEqual(await result, { revision: 2 });
    assert.equal(server.params.get('/count').revision, 2);
});
