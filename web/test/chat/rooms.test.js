import { Settings, begin, texts, until } from './setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { sameSecret } from '../../chat/core/crypto.js';
import { MemoryStore } from '../../chat/core/store.js';

test('two people meet in a public room, talk, edit, react, delete, and see each other', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const here = await ann.create({ name: 'Lobby' });
    await until(() => bob.directory.rooms.has(here.rid));
    const there = await bob.join(here.rid);
    await until(() => here.present.has('bob') && there.present.has('ann'));
    const first = await here.say('hello **bob**');
    await until(() => texts(there).includes('hello **bob**'));
    await until(() => there.timeline.list[0].proof === 'verified');
    there.keystroke();
    await until(() => here.typing.has('bob'));
    await there.say('hi', { replyTo: there.timeline.list[0] });
    await until(() => texts(here).includes('hi'));
    assert.equal(here.timeline.list[1].replyTo.text, 'hello **bob**');
    await until(() => !here.typing.has('bob'));
    await here.edit(first, 'hello all');
    await until(() => texts(there).includes('hello all'));
    assert.ok(there.timeline.get(first.msgId).editedAt);
    await there.react(first.msgId, '👍');
    await until(() => here.reactionsOf(first.msgId)[0]?.count === 1);
    await here.react(first.msgId, '👍');
    await until(() => there.reactionsOf(first.msgId)[0]?.count === 2);
    await there.react(first.msgId, '👍');
    await until(() => here.reactionsOf(first.msgId)[0]?.count === 1);
    await here.remove(first);
    await until(() => there.timeline.get(first.msgId).isDeleted);
    await there.leave();
    await until(() => !here.present.has('bob'));
    assert.deepEqual([...ann.troubles, ...bob.troubles], []);
});

test('of reactions at the same moment none is lost, and what is taken back stays so', async () => {
    const { person } = await begin();
    const people = await Promise.all(['ann', 'bob', 'cid'].map((uid) => person(uid)));
    const [here, ...others] = people;
    const room = await here.create({ name: 'Applause' });
    const rooms = [room, ...await Promise.all(others.map((one) => one.join(room.rid)))];
    const { msgId } = await room.say('hear me');
    await Promise.all(rooms.map((one) => until(() => one.timeline.get(msgId))));
    const counts = () => rooms.map((one) => one.reactionsOf(msgId)[0]?.count ?? 0);
    await Promise.all(rooms.map((one) => one.react(msgId, '👍')));
    await until(() => counts().every((count) => count === 3));
    await Promise.all(rooms.slice(1).map((one) => one.react(msgId, '👍')));
    await until(() => counts().every((count) => count === 1));
    assert.deepEqual(rooms.map((one) => one.reactionsOf(msgId)[0].isMine), [true, false, false]);
});

test('in an encrypted room the relay sees no word of it', async () => {
    const { person, relay } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const here = await ann.create({ name: 'Sealed', encrypted: true });
    const there = await bob.join(here.rid);
    await until(() => there.secrecy.state === 'have');
    await here.say('the secret word is swordfish');
    await there.say('swordfish indeed', { replyTo: here.timeline.list[0] });
    await here.edit(here.timeline.list[0], 'swordfish changed');
    await until(() => texts(here).includes('swordfish indeed') && texts(there).includes('swordfish changed'));
    const seen = JSON.stringify([relay.received, [...relay.params.values()]]);
    assert.ok(!seen.includes('swordfish'));
});

test('a password opens the room, a wrong one does not, and its hash is shown to nobody', async () => {
    const { person, relay } = await begin();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const here = await ann.create({ name: 'Vault', password: 'correct horse' });
    await here.say('before anybody came');
    const there = await bob.join(here.rid);
    assert.equal(there.secrecy.state, 'locked');
    assert.equal(await there.secrecy.unlock('correct horse'), 'asked');
    await until(() => there.secrecy.state === 'have');
    const outside = await eve.join(here.rid);
    assert.equal(await outside.secrecy.unlock('wrong'), 'asked');
    await here.say('only for us');
    await until(() => texts(there).includes('only for us'));
    await until(() => outside.timeline.list.some(({ isLocked }) => isLocked));
    assert.equal(outside.secrecy.state, 'waiting');
    assert.ok(!texts(outside).includes('only for us'));
    await assert.rejects(Promise.race([outside.say('plain').then(() => 'sent'), new Promise((_, reject) => setTimeout(() => reject(new Error('held')), 300))]), /held/);
    assert.ok(!JSON.stringify(relay.received).includes('"plain"'), 'no plaintext without a key');
    assert.equal((await bob.client.get(at.room(here.rid, 'meta'))).passwordHash, undefined);
    await outside.secrecy.giveUpPassword();
    await outside.secrecy.unlock('correct horse');
    await until(() => outside.secrecy.state === 'have');
    await until(() => texts(outside).includes('only for us'));
});

test('a wrong proof never brings a key, a thousand times', async () => {
    const { person } = await begin();
    const ann = await person('ann');
    const room = await ann.create({ name: 'Vault', password: 'p' });
    for (let n = 0; n < 1000; n += 1) assert.ok(!sameSecret(room.secrecy.secret.hash, Buffer.from(`wrong ${n}`).toString('base64').padEnd(44, '=')));
    room.secrecy.receive(['proof', 'eve'], { hash: 'AAAA', timestamp: 1 }, { signal: 'param' });
    assert.equal(await room.secrecy.hasProof('eve'), false);
});

test('whoever comes back reads what this device has kept, still sealed at rest', async () => {
    const { person } = await begin();
    const ann = await person('ann');
    const room = await ann.create({ name: 'Diary', encrypted: true });
    await room.say('dear diary');
    await ann.stop();
    assert.ok(!JSON.stringify([...ann.store.events.get(room.rid).values()]).includes('dear diary'));
    const again = await person('ann', { store: ann.store, settings: ann.settings });
    await until(() => texts(again.rooms.get(room.rid) ?? { timeline: { list: [] } }).includes('dear diary'));
});

test('newcomers hear the last of what was said in a room that is not sealed, and have missed nothing', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [open, sealed] = [await ann.create({ name: 'Lobby' }), await ann.create({ name: 'Sealed', encrypted: true })];
    const said = await open.say('one');
    await open.edit(said, 'one, mended');
    await open.say('two');
    await sealed.say('before you');
    await until(() => bob.directory.rooms.has(sealed.rid));
    const there = await bob.join(open.rid);
    assert.deepEqual(texts(there), ['one, mended', 'two']);
    assert.equal(there.unread, 0);
    const inside = await bob.join(sealed.rid);
    await until(() => inside.secrecy.state === 'have');
    await sealed.say('with you');
    await until(() => inside.timeline.list.length > 0);
    assert.deepEqual(texts(inside), ['with you']);
});

test('who closed the page finds what was said meanwhile, as unread, sealed rooms included', async () => {
    const { person } = await begin();
    const ann = await person('ann');
    const details = { store: new MemoryStore(), settings: new Settings() };
    const before = await person('bob', details);
    const rooms = [await ann.create({ name: 'Lobby' }), await ann.create({ name: 'Sealed', encrypted: true })];
    for (const room of rooms) {
        await until(() => before.directory.rooms.has(room.rid));
        const there = await before.join(room.rid);
        await until(() => there.secrecy.state !== 'waiting');
        await room.say('while you listen');
        await until(() => texts(there).includes('while you listen'));
        there.unread = 0;
    }
    await before.stop();
    for (const room of rooms) await room.say('while you are away');
    const bob = await person('bob', details);
    for (const { rid } of rooms) {
        await until(() => texts(bob.rooms.get(rid)).includes('while you are away'));
        assert.deepEqual(texts(bob.rooms.get(rid)), ['while you listen', 'while you are away']);
        await until(() => bob.rooms.get(rid).unread === 1);
    }
});

test('the key changes when somebody is banned, and they do not get the new one', async () => {
    const { person } = await begin();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const here = await ann.create({ name: 'Closed', encrypted: true });
    const [there, bad] = [await bob.join(here.rid), await eve.join(here.rid)];
    await until(() => there.secrecy.state === 'have' && bad.secrecy.state === 'have');
    const before = here.secrecy.ring.current.k;
    await here.ban('eve');
    await until(() => there.secrecy.ring.current.k !== before);
    assert.equal(there.secrecy.ring.current.k, here.secrecy.ring.current.k);
    await until(() => bad.isBanned);
    await here.say('she is gone');
    await until(() => texts(there).includes('she is gone'));
    // A hostile client goes on asking.
    await eve.client.set(at.room(here.rid, 'crypto/pubkey/eve'), { publicKey: (await eve.identity()).exchangePublic, timestamp: Date.now() });
    await eve.client.publish(at.room(here.rid, 'messages'), { from: 'Eve', fromId: 'x', userId: 'eve', msgId: 'e-1', text: 'still here', timestamp: Date.now(), type: 'text' });
    await here.say('nobody hears her');
    await until(() => texts(there).includes('nobody hears her'));
    assert.equal(bad.secrecy.ring.current.k, before);
    assert.ok(!texts(there).includes('still here'));
});

test('the key changes when a member leaves for good', async () => {
    const { person } = await begin();
    const [ann, bob, cid] = [await person('ann'), await person('bob'), await person('cid')];
    const here = await ann.create({ name: 'Circle', encrypted: true });
    const [there, also] = [await bob.join(here.rid), await cid.join(here.rid)];
    await until(() => there.secrecy.state === 'have' && also.secrecy.state === 'have');
    const before = here.secrecy.ring.current.k;
    await bob.leave(there);
    await until(() => here.secrecy.ring.current.k !== before && also.secrecy.ring.current.k === here.secrecy.ring.current.k);
});

test('a key swapped in the relay is noticed', async () => {
    const { person, relay } = await begin();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const here = await ann.create({ name: 'Watched', encrypted: true });
    const there = await bob.join(here.rid);
    await until(() => there.secrecy.state === 'have');
    const warning = new Promise((resolve) => here.on('key-changed', resolve));
    relay.write(at.room(here.rid, 'crypto/pubkey/bob'), { publicKey: (await eve.identity()).exchangePublic, timestamp: Date.now() });
    const { uid, fingerprint, before } = await warning;
    assert.equal(uid, 'bob');
    assert.notEqual(fingerprint, before);
});

test('friends ask, accept and converse; nobody becomes a friend unasked', async () => {
    const { person } = await begin();
    const [ann, bob, eve] = [await person('ann-0001'), await person('bob-0002'), await person('eve-0003')];
    await eve.client.set(at.request('ann-0001', 'eve-0003'), { type: 'accepted', fromId: 'eve-0003', fromName: 'Eve', fromColor: '#000000', timestamp: Date.now() });
    await ann.people.ask('bob-0002');
    await until(() => bob.people.requests.has('ann-0001'));
    await assert.rejects(bob.client.set(at.dm('ann-0001', 'dm-x-y'), { fromId: 'bob-0002' }), /403|write_rules/);
    await bob.people.acceptRequest(bob.people.requests.get('ann-0001'));
    await until(() => ann.people.friends.has('bob-0002') && bob.people.friends.has('ann-0001'));
    const room = await ann.converse('bob-0002');
    await until(() => bob.rooms.has(room.rid));
    const other = bob.rooms.get(room.rid);
    await until(() => other.name === 'Ann-0001');
    await room.say('psst');
    await until(() => texts(other).includes('psst'));
    assert.equal(other.unread, 1);
    assert.ok(!ann.people.friends.has('eve-0003'));
});

test('a conversation whose shortened id belongs to two others is not used', async () => {
    const { person } = await begin();
    const ann = await person('u-170000000-aaaaaaaa');
    const room = await ann.join('dm-u-170000-u-170000').catch((error) => error);
    assert.match(room.message, /no such room/);
    await ann.client.set(at.room('dm-u-170000-u-170000', 'meta'), { name: 'x', type: 'dm', dmUsers: { 'u-170000001-b': 'B', 'u-170000002-c': 'C' }, creatorId: 'u-170000000-aaaaaaaa' });
    const joined = await ann.join('dm-u-170000-u-170000');
    assert.match(joined.silence, /two other people/);
});

test('all that was said offline arrives once and in order on both sides', async () => {
    const { person, relay } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const here = await ann.create({ name: 'Tunnel' });
    const there = await bob.join(here.rid);
    await until(() => here.present.has('bob'));
    const sent = [];
    const say = (room, text) => {
        sent.push(text);
        return room.say(text);
    };
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1010));
    for (let n = 0; n < 4; n += 1) await say(here, `before ${n}`);
    await until(() => there.timeline.list.length === 4);
    await pause();
    const cut = [...relay.sessions].find(({ subject }) => subject === 'ann');
    cut.socket.freeze();
    const pending = [];
    for (let n = 0; n < 4; n += 1) pending.push(say(here, `during ${n}`));
    ann.client.wake();
    for (let n = 0; n < 5; n += 1) {
        await say(there, `others ${n}`);
    }
    cut.socket.cut();
    await Promise.all(pending);
    await until(() => here.timeline.list.length === sent.length && there.timeline.list.length === sent.length);
    assert.deepEqual([...texts(here)].sort(), [...sent].sort());
    assert.deepEqual(texts(here), texts(there));
});

test('who comes back to a relay that cannot tell what was missed is told so', async () => {
    const { person, relay } = await begin();
    const ann = await person('ann');
    const room = await ann.create({ name: 'Gap' });
    const gap = new Promise((resolve) => room.on('gap', resolve));
    relay.epoch = 'another';
    relay.cutAll();
    await gap;
});

test('rules hold: who may not, gets a refusal that names the rule', async () => {
    const { person } = await begin();
    const [ann, eve] = [await person('ann'), await person('eve')];
    const room = await ann.create({ name: 'Mine', encrypted: true });
    const seen = await eve.join(room.rid);
    const attacks = [
        [at.room(room.rid, 'meta'), { name: 'Hers', creatorId: 'eve' }],
        [at.room(room.rid, 'admin/eve'), { role: 'admin', promotedBy: 'ann' }],
        [at.room(room.rid, 'bans/ann'), { bannedBy: 'eve' }],
        [at.room(room.rid, 'presence/ann'), null],
        [at.room(room.rid, 'typing/ann'), { name: 'Ann' }],
        [at.room(room.rid, 'crypto/pubkey/ann'), { publicKey: {} }],
        [at.room(room.rid, 'crypto/proof/ann'), { hash: 'x' }],
        [at.profile('ann'), { name: 'Not Ann' }],
        [at.friend('ann', 'eve'), { name: 'Eve' }],
        [at.signingKey('ann'), { publicKey: {} }],
        [at.dm('ann', 'dm-ann-eve'), { fromId: 'eve' }],
        [at.dm('ann', 'dm-ann-eve'), { fromId: 'ann' }],
        [at.request('ann', 'bob'), { fromId: 'bob' }],
        [at.request('ann', 'eve'), { fromId: 'bob' }],
        ['/chat/requests/ann/eve/more', { fromId: 'eve' }],
        ['/chat/room', { x: 1 }],
        ['/other/place', 1],
    ];
    for (const [address, value] of attacks) await assert.rejects(eve.client.set(address, value), (error) => error.code === 403 || error.code === 301, address);
    // What no rule of the relay forbids, the client does not believe.
    await eve.client.publish(at.room(room.rid, `crypto/keyex/ann`), { fromId: 'eve', encryptedKey: 'AAAA', iv: 'AAAA', senderPublicKey: (await eve.identity()).exchangePublic });
    const message = await room.say('mine');
    await eve.client.publish(at.room(room.rid, 'messages'), { type: 'delete', fromId: 'ann', isModAction: true, targetId: 'nothing' });
    await eve.client.publish(at.room(room.rid, 'messages'), { type: 'edit', fromId: ann.me.sid, userId: 'ann', targetId: message.msgId, text: 'forged', timestamp: Date.now() });
    await eve.client.publish(at.room(room.rid, 'messages'), { from: 'x', fromId: 'y', userId: 'eve', msgId: 'after', text: 'after', timestamp: Date.now(), type: 'text' });
    await until(() => room.timeline.get('after'));
    assert.equal(message.text, 'mine');
    assert.ok(room.timeline.get('after').isClear, 'plaintext in a sealed room is marked');
    assert.ok(seen);
});

test('only its creator changes a room, and the password survives that', async () => {
    const { person, relay } = await begin();
    const ann = await person('ann');
    const room = await ann.create({ name: 'Old name', password: 'pw' });
    await until(() => room.meta);
    await room.changeMeta({ name: 'New name' });
    await until(() => room.name === 'New name');
    const stored = relay.params.get(at.room(room.rid, 'meta')).value;
    assert.equal(stored.passwordHash, room.secrecy.secret.hash);
    assert.equal(stored.creatorId, 'ann');
});

test('search finds words in what is loaded and what is kept', async () => {
    const { person } = await begin();
    const ann = await person('ann');
    const room = await ann.create({ name: 'Library', encrypted: true });
    for (const text of ['one fish', 'two fish', 'Red FISH', 'blue']) await room.say(text);
    assert.deepEqual((await room.search('fish')).map(({ text }) => text), ['Red FISH', 'two fish', 'one fish']);
    assert.deepEqual((await room.search('fish two')).map(({ text }) => text), ['two fish']);
});

test('groups hold rooms, public and private, and their passwords are shown to nobody', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    await ann.directory.createNamespace({ path: 'team', description: 'Ours', password: 'pw' });
    await until(() => bob.directory.namespaces.get('team')?.description === 'Ours');
    await assert.rejects(ann.directory.createNamespace({ path: 'team/../x' }), /letters/);
    const open = await ann.create({ name: 'Stand-up', namespace: 'team' });
    const hidden = await ann.create({ name: 'Plans', namespace: 'team/inner', isPublic: false });
    const rooms = bob.directory.pin('team');
    await until(() => rooms.has(open.rid));
    assert.ok(bob.directory.rooms.has(open.rid));
    assert.ok(!bob.directory.rooms.has(hidden.rid));
    assert.equal(await bob.directory.unlockNamespace('team', 'pw'), 'unknown');
    bob.directory.unpin('team');
    assert.equal(bob.directory.roomsIn('team'), undefined);
    await ann.deleteRoom(open);
    await until(() => !bob.directory.rooms.has(open.rid));
});

test('a room that was open is sealed from the moment its creator says so', async () => {
    const { person, relay } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const here = await ann.create({ name: 'Opened' });
    const there = await bob.join(here.rid);
    await here.say('still open');
    await until(() => texts(there).includes('still open'));
    await ann.encrypt(here);
    await until(() => there.isEncrypted && there.secrecy.state === 'have');
    await there.say('closed now');
    await until(() => texts(here).includes('closed now'));
    assert.ok(!JSON.stringify(relay.received).includes('closed now'));
    await assert.rejects(bob.encrypt(there).then(() => there.changeMeta({ name: 'x' })), /403|write_rules/);
});

test('name and status are told to others', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    await ann.rename('Anna');
    await ann.setStatus('away');
    assert.deepEqual(await bob.people.profile('ann', { fresh: true }).then(({ name, status }) => [name, status]), ['Anna', 'away']);
    await ann.setStatus('invisible');
    assert.equal((await bob.people.profile('ann', { fresh: true })).status, 'offline');
    await assert.rejects(ann.setStatus('nonsense'), /status is one of/);
});

test('an admin that the creator made may ban, and no more when it is taken back', async () => {
    const { person } = await begin();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const here = await ann.create({ name: 'Ruled' });
    const [there, bad] = [await bob.join(here.rid), await eve.join(here.rid)];
    await assert.rejects(there.ban('eve'), /403|write_rules/);
    await here.setRole('bob', true);
    await until(() => there.roleOf('bob') === 'admin');
    await there.ban('eve');
    await until(() => bad.isBanned && here.bans.has('eve'));
    assert.match(bad.silence, /banned/);
    await assert.rejects(bad.say('x'), /banned/);
    await bad.comeBack();
    await until(() => bad.isBanned);
    await until(() => !here.present.has('eve'));
    await here.unban('eve');
    await bad.comeBack();
    assert.ok(!bad.isBanned);
    await bad.say('back again');
    await until(() => texts(here).includes('back again'));
    await eve.leave(bad);
    const again = await eve.join(here.rid);
    assert.ok(!again.isBanned);
    await here.setRole('bob', false);
    await until(() => there.roleOf('bob') === 'member');
    await assert.rejects(there.ban('eve'), /403|write_rules/);
});

test('signing out does not wait for a relay that is away', async () => {
    const { person, relay } = await begin();
    const ann = await person('ann');
    await ann.create({ name: 'Lobby' });
    relay.faults.isAway = true;
    relay.cutAll();
    await until(() => ann.client.state === 'waiting');
    await ann.stop();
    assert.equal(ann.client.state, 'closed');
    relay.faults.isAway = false;
});

test('signing out does not wait for a relay that says nothing', async () => {
    const { person, relay } = await begin();
    const ann = await person('ann');
    await ann.create({ name: 'Lobby' });
    for (const { socket } of relay.sessions) socket.freeze();
    await ann.stop();
    assert.equal(ann.client.state, 'closed');
});

test('of a room that one has left for good nothing stays on the device', async () => {
    const { person } = await begin();
    const stores = [new MemoryStore(), new MemoryStore()];
    const [ann, bob] = [await person('ann', { store: stores[0] }), await person('bob', { store: stores[1] })];
    const here = await ann.create({ name: 'Vault', password: 'pw' });
    const there = await bob.join(here.rid);
    await until(() => there.secrecy.state === 'locked');
    await there.secrecy.unlock('pw');
    await until(() => there.secrecy.state === 'have');
    await here.say('secret');
    await until(() => texts(there).includes('secret'));
    await bob.leave(there);
    const kept = { events: stores[1].events.get(here.rid), keys: await stores[1].get('keys', `room:${here.rid}`), marks: await stores[1].all('marks', here.rid) };
    assert.deepEqual(kept, { events: undefined, keys: undefined, marks: [] });
});

test('what is unread stays so until it is read, whatever time its sender claims', async () => {
    const { person } = await begin();
    const ann = await person('ann');
    const details = { store: new MemoryStore(), settings: new Settings() };
    const bob = await person('bob', details);
    const here = await ann.create({ name: 'Lobby' });
    const there = await bob.join(here.rid);
    for (let n = 0; n < 4; n += 1) await here.say(`line ${n}`);
    await ann.client.publish(at.room(here.rid, 'messages'), { from: 'Ann', fromId: 's', userId: 'ann', msgId: 'future', text: 'from tomorrow', timestamp: Date.now() + 86_400_000, type: 'text' });
    await until(() => there.unread === 5);
    await bob.stop();
    await here.say('while you are away');
    const again = await person('bob', details);
    assert.equal(again.unread, 5);
    await until(() => again.unread === 6);
    again.rooms.get(here.rid).unread = 0;
    await again.stop();
    assert.equal((await person('bob', details)).unread, 0);
});

test('who renames a room renames it in the lists', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const room = await ann.create({ name: 'Old name', namespace: 'team', password: 'pw' });
    const hidden = await ann.create({ name: 'Hidden', isPublic: false });
    const group = bob.directory.pin('team');
    await until(() => group.has(room.rid) && room.meta && hidden.meta);
    const before = bob.directory.rooms.get(room.rid);
    await ann.describe(room, { name: 'New name', description: 'what for' });
    await until(() => bob.directory.rooms.get(room.rid).name === 'New name' && group.get(room.rid).name === 'New name');
    assert.deepEqual(bob.directory.rooms.get(room.rid), { ...before, name: 'New name' });
    await ann.describe(hidden, { name: 'Still hidden', description: '' });
    await until(() => hidden.name === 'Still hidden');
    assert.ok(!bob.directory.rooms.has(hidden.rid));
});

test('groups that are not listed are shown to nobody, and opened by who knows their name', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    await ann.directory.createNamespace({ path: 'open', isPublic: true });
    await ann.directory.createNamespace({ path: 'secret', isPublic: false });
    const room = await ann.create({ name: 'Plans', namespace: 'secret/inner' });
    await until(() => bob.directory.namespaces.size === 2);
    assert.deepEqual(bob.directory.publicGroups(), ['open']);
    const inner = bob.directory.pin('secret/inner');
    await until(() => inner.has(room.rid));
});
