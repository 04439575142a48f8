import { begin, texts, until } from '../chat/setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { NodeWebSocket } from '../../sdk/node-socket.js';
import { OtherClient } from '../chat/other-client.js';
import { Product } from './relay.js';

test('a password room on the product: inside one reads, outside nobody does, and nothing is written down', async () => {
    const { person, relay } = await begin(await Product.start());
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const here = await ann.create({ name: 'Vault', password: 'open sesame' });
    const there = await bob.join(here.rid);
    assert.equal(await there.secrecy.unlock('open sesame'), 'asked');
    await until(() => there.secrecy.state === 'have');
    const outside = await eve.join(here.rid);
    await outside.secrecy.unlock('wrong');
    for (let n = 0; n < 25; n += 1) {
        await here.say(`swordfish ${n}`);
        await there.say(`swordfish answer ${n}`);
        await new Promise((resolve) => setTimeout(resolve, 210));
    }
    await until(() => there.timeline.list.length === 50 && here.timeline.list.length === 50);
    assert.deepEqual(texts(here), texts(there));
    await until(() => outside.timeline.list.length >= 50);
    assert.ok(outside.timeline.list.every(({ isLocked, text }) => isLocked && text === ''));
    await outside.secrecy.giveUpPassword();
    await outside.secrecy.unlock('open sesame');
    await until(() => outside.secrecy.state === 'have');
    const written = await relay.everything();
    for (const secret of ['swordfish', 'open sesame', here.secrecy.ring.current.k]) assert.equal(written.indexOf(secret), -1, secret);
    assert.deepEqual([...ann.troubles, ...bob.troubles], []);
});

test('newcomers to a room of the product hear what was said last', async () => {
    const { person } = await begin(await Product.start());
    const [ann, bob] = [await person('ann-0003'), await person('bob-0004')];
    const room = await ann.create({ name: 'Lobby' });
    for (let n = 0; n < 4; n += 1) await room.say(`line ${n}`);
    const there = await bob.join(room.rid);
    assert.deepEqual(texts(there), ['line 0', 'line 1', 'line 2', 'line 3']);
    assert.equal(there.unread, 0);
    assert.deepEqual([...ann.troubles, ...bob.troubles], []);
});

test('what was said while the connection was broken is there afterwards, once and in order', async () => {
    const sockets = [];
    class Cut extends NodeWebSocket {
        constructor(...details) {
            super(...details);
            sockets.push(this);
        }
    }
    const { person } = await begin(await Product.start());
    const [ann, bob] = [await person('ann-0005', { WebSocket: Cut }), await person('bob-0006')];
    const here = await ann.create({ name: 'Tunnel', encrypted: true });
    const there = await bob.join(here.rid);
    await until(() => there.secrecy.state === 'have' && here.present.has('bob-0006'));
    const isBack = new Promise((resolve) => ann.client.on('open', resolve));
    sockets.splice(0).forEach((socket) => socket.terminate());
    for (let n = 0; n < 4; n += 1) await there.say(`while she is away ${n}`);
    assert.equal((await isBack).recovered, true);
    await until(() => here.timeline.list.length >= 4);
    await there.say('and now');
    await until(() => texts(here).includes('and now'));
    assert.deepEqual(texts(here), texts(there));
});

test('friends, a conversation, a ban and a client of another make on the product', async () => {
    const { person, relay } = await begin(await Product.start());
    const [ann, bob] = [await person('ann-0001'), await person('bob-0002')];
    await ann.people.ask('bob-0002');
    await until(() => bob.people.requests.has('ann-0001'));
    await bob.people.acceptRequest(bob.people.requests.get('ann-0001'));
    await until(() => ann.people.friends.has('bob-0002'));
    const room = await ann.converse('bob-0002');
    await until(() => bob.rooms.has(room.rid));
    await room.say('psst');
    await until(() => texts(bob.rooms.get(room.rid)).includes('psst'));
    const open = await ann.create({ name: 'Sealed', encrypted: true });
    const eve = await OtherClient.connect(relay.url, { uid: 'eve', name: 'Eve', token: await relay.issue('eve') });
    eve.join(open.rid);
    eve.ask();
    await until(() => eve.key);
    await open.say('hello eve');
    await until(() => eve.messages.some(({ text }) => text === 'hello eve'));
    await open.ban('eve');
    await eve.say('can you hear me?');
    await open.say('she cannot read this');
    await until(() => eve.messages.length === 3);
    assert.ok(!eve.messages.some(({ text }) => text === 'she cannot read this'));
    assert.ok(!texts(open).includes('can you hear me?'));
    eve.close();
});

test('20 attacks by raw CLASP are refused with the name of the rule', async () => {
    const { person } = await begin(await Product.start());
    const [ann, eve] = [await person('ann'), await person('eve')];
    const room = await ann.create({ name: 'Mine', encrypted: true, password: 'p' });
    const seen = await eve.join(room.rid);
    const attacks = [
        [at.room(room.rid, 'meta'), { name: 'Hers', creatorId: 'eve' }, 403], [at.room(room.rid, 'meta'), null, 403],
        [at.room(room.rid, 'admin/eve'), { role: 'admin' }, 403], [at.room(room.rid, 'bans/ann'), { bannedBy: 'eve' }, 403],
        [at.room(room.rid, 'presence/ann'), null, 301], [at.room(room.rid, 'typing/ann'), { name: 'Ann' }, 301],
        [at.room(room.rid, 'crypto/pubkey/ann'), { publicKey: {} }, 301], [at.room(room.rid, 'crypto/proof/ann'), { hash: 'x' }, 301],
        [at.profile('ann'), { name: 'Not Ann' }, 301], [at.friend('ann', 'eve'), { name: 'Eve' }, 301], [at.signingKey('ann'), {}, 301],
        [at.dm('ann', 'dm-ann-eve'), { fromId: 'eve' }, 403], [at.dm('ann', 'dm-ann-eve'), { fromId: 'ann' }, 403],
        [at.request('ann', 'bob'), { fromId: 'bob' }, 403], [at.request('ann', 'eve'), { fromId: 'bob' }, 403], [at.request('ann', 'bob'), null, 403],
        ['/chat/requests/ann/eve/more', { fromId: 'eve' }, 403], ['/chat/user/ann', 1, 301], ['/other/place', 1, 301], ['/clasp/relay/position', 1, 301],
    ];
    assert.equal(attacks.length, 20);
    for (const [address, value, code] of attacks) {
        await assert.rejects(eve.client.set(address, value), (error) => {
            assert.equal(error.code, code, `${address}: ${error.code} ${error.message}`);
            if (code === 403 && !address.endsWith('/more')) assert.match(error.message, /write_rules\[\d+\]/);
            return true;
        });
    }
    assert.ok(seen);
});
