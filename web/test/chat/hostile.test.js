// What somebody signed in, who was never let in, tries on those who are inside.
import { Settings, begin, texts, until } from './setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { MemoryStore } from '../../chat/core/store.js';
import { Hostile } from './hostile.js';

async function beginHostile() {
    const one = await begin();
    return { ...one, hostile: async (uid) => new Hostile(await one.person(uid)) };
}

async function befriend(one, other) {
    await one.people.ask(other.me.uid);
    await until(() => other.people.requests.has(one.me.uid));
    await other.people.acceptRequest(other.people.requests.get(one.me.uid));
    await until(() => one.people.friends.has(other.me.uid) && other.people.friends.has(one.me.uid));
}

/** Two friends in a conversation that is sealed. */
async function sealedConversation(person) {
    const [ann, ben] = [await person('ann-0001'), await person('ben-0002')];
    await befriend(ann, ben);
    const here = await ann.converse('ben-0002');
    await ann.encrypt(here);
    await until(() => ben.rooms.get(here.rid)?.secrecy.state === 'have');
    return { ann, ben, here, there: ben.rooms.get(here.rid) };
}

/** Asks are held apart by seconds; this is what comes of one after another key was offered. */
async function offerWhenAsked(eve, room) {
    await eve.babble();
    await until(() => room.timeline.list.some(({ isLocked }) => isLocked));
    await eve.giveKey(room.me.uid);
    await eve.say('after that');
    await until(() => room.timeline.list.some(({ text }) => text === 'after that') || room.isDirect);
    await eve.client.sync();
    await room.client.sync();
    await new Promise((resolve) => setTimeout(resolve, 50));
}

const kinds = {
    'a public room': {}, 'a private room': { isPublic: false }, 'a room with a password': { password: 'open sesame' },
};
for (const [kind, details] of Object.entries(kinds)) {
    test(`nobody replaces the key of ${kind} by making those inside ask for one`, async () => {
        const { person, hostile } = await beginHostile();
        const [ann, eve] = [await person('ann'), await hostile('eve')];
        const room = await ann.create({ name: 'Inside', encrypted: true, ...details });
        await until(() => room.secrecy.state === 'have');
        const before = room.secrecy.ring.current.k;
        await eve.lurk(room.rid);
        if (details.password) {
            // A proof can be read by whoever is present, and copied.
            await eve.client.set(at.room(room.rid, 'crypto/proof/eve'), { hash: room.secrecy.secret.hash, timestamp: Date.now() });
        }
        await offerWhenAsked(eve, room);
        assert.equal(room.secrecy.ring.current.k, before);
    });
}

test('nobody but the other one brings a key into a conversation', async () => {
    const { person, hostile } = await beginHostile();
    const { ann, here, there } = await sealedConversation(person);
    const eve = await hostile('eve-0003');
    const before = here.secrecy.ring.current.k;
    await eve.lurk(here.rid);
    await eve.babble();
    for (const room of [here, there]) await eve.giveKey(room.me.uid);
    await here.say('still between us');
    await until(() => texts(there).includes('still between us'));
    for (const room of [here, there]) assert.equal(room.secrecy.ring.current.k, before);
    assert.ok(ann);
});

test('a newcomer to a private room takes no key from a stranger until the user says so', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await hostile('eve')];
    const room = await ann.create({ name: 'Private', isPublic: false, encrypted: true });
    await ann.stop();
    const there = await bob.join(room.rid);
    await until(() => there.secrecy.state === 'waiting');
    await eve.lurk(room.rid);
    await eve.giveKey('bob');
    await until(() => there.secrecy.admissions.waiting.get('eve')?.brings);
    assert.equal(there.secrecy.state, 'waiting');
});

test('an open room is given no key', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, eve] = [await person('ann'), await hostile('eve')];
    const room = await ann.create({ name: 'Open' });
    await ann.client.set(at.room(room.rid, 'crypto/pubkey/ann'), { publicKey: (await ann.identity()).exchangePublic, timestamp: Date.now() });
    await eve.lurk(room.rid);
    await eve.giveKey('ann');
    await eve.say('after that');
    await until(() => texts(room).includes('after that'));
    assert.equal(room.secrecy.ring.current, undefined);
});

test('whom the user has let into a private room may bring the key that was missed', async () => {
    const { person } = await beginHostile();
    const [ann, bob, cid] = [await person('ann'), await person('bob'), await person('cid')];
    const here = await ann.create({ name: 'Private', isPublic: false, encrypted: true });
    const [there, also] = [await bob.join(here.rid), await cid.join(here.rid)];
    const admit = async (room, uid) => {
        await until(() => room.secrecy.admissions.waiting.has(uid) || false);
        await room.secrecy.answer(room.secrecy.admissions.waiting.get(uid), true);
    };
    await admit(here, 'bob');
    await admit(here, 'cid');
    await until(() => there.secrecy.state === 'have' && also.secrecy.state === 'have');
    assert.equal(also.secrecy.ring.current.k, here.secrecy.ring.current.k);
});

test('no edit and no deletion of what somebody signed is forged, whatever it claims or repeats', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await hostile('eve')];
    const here = await ann.create({ name: 'Said' });
    const there = await bob.join(here.rid);
    eve.rid = here.rid;
    const heard = [];
    ann.client.subscribe(at.room(here.rid, 'messages'), (event) => heard.push(event), { types: ['event'] });
    bob.client.subscribe(at.room(here.rid, 'messages'), (event) => heard.push(event), { types: ['event'] });
    const [first, second] = [await here.say('first'), await here.say('second')];
    await here.edit(second, 'second, mended');
    await until(() => there.timeline.get(first.msgId)?.proof === 'verified' && texts(there).includes('second, mended'));
    const [saidFirst, saidSecond, edit] = heard;
    assert.equal(edit.type, 'edit');
    const now = Date.now();
    const aboutFirst = { targetId: first.msgId, timestamp: now, fromId: ann.me.sid, userId: 'ann' };
    const attacks = [
        { ...aboutFirst, type: 'delete', isModAction: true, fromId: 'ann' }, { ...aboutFirst, type: 'delete' }, { ...aboutFirst, type: 'edit', text: 'forged' },
        // Told to be proven, by whom it does not concern.
        { ...aboutFirst, type: 'edit', text: 'forged', proof: 'verified', msgId: `${first.msgId}.1-a` }, { ...aboutFirst, type: 'delete', proof: 'verified', msgId: `${first.msgId}.1-a` },
        // Signatures of hers, each given for something else.
        { ...saidSecond, type: 'edit', targetId: first.msgId }, { ...saidFirst, type: 'delete', targetId: first.msgId }, { ...edit, targetId: first.msgId }, { ...edit, type: 'delete' },
        { ...edit, targetId: first.msgId, type: 'delete', isModAction: true, fromId: 'ann' },
    ];
    for (const attack of attacks) await eve.publish(attack);
    await eve.publish({ ...edit, type: 'text' });
    await until(() => there.timeline.get(edit.msgId));
    assert.deepEqual(texts(there), ['first', 'second, mended', 'second, mended']);
    assert.notEqual(there.timeline.get(edit.msgId).proof, 'verified', 'a change said once more is no message of hers');
    assert.deepEqual(texts(here).slice(0, 2), ['first', 'second, mended']);
});

test('an unsigned deletion does not overtake the sealed message that it is about', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await hostile('eve')];
    const here = await ann.create({ name: 'Sealed', encrypted: true });
    const there = await bob.join(here.rid);
    await until(() => there.secrecy.state === 'have');
    await eve.lurk(here.rid);
    const isHeard = new Promise((resolve) => eve.client.subscribe(at.room(here.rid, 'messages'), ({ msgId }) => {
        eve.publish({ type: 'delete', targetId: msgId, fromId: 'ann', userId: 'ann', isModAction: true, timestamp: Date.now() }).then(resolve, () => {});
    }, { types: ['event'] }));
    // Said before it is there, too.
    const { rid } = here;
    const say = here.say('it stands');
    await eve.client.publish(at.room(rid, 'messages'), { type: 'delete', targetId: here.timeline.list[0].msgId, fromId: ann.me.sid, userId: 'ann', timestamp: Date.now() });
    await say;
    await isHeard;
    await here.say('and this');
    await until(() => texts(there).includes('and this'));
    assert.deepEqual(texts(there), ['it stands', 'and this']);
});

test('what is typed before anything is known of a room is held, and sealed where the room was', async () => {
    const { person, relay } = await beginHostile();
    const ann = await person('ann');
    const details = { store: new MemoryStore(), settings: new Settings() };
    const room = await ann.create({ name: 'Sealed', encrypted: true });
    const before = await person('bob', details);
    const there = await before.join(room.rid);
    await until(() => there.secrecy.state === 'have');
    await before.stop();
    // One who knows the room, and one whose device has lost everything but the list of rooms.
    for (const store of [details.store, new MemoryStore()]) {
        const bob = await person('bob', { ...details, store });
        const again = bob.rooms.get(room.rid);
        assert.equal(again.meta, undefined);
        await again.say('swordfish', { replyTo: { msgId: 'm', from: 'Ann', text: 'swordfish too' } });
        await bob.stop();
    }
    await until(() => texts(room).filter((text) => text === 'swordfish').length === 2);
    assert.ok(!JSON.stringify(relay.received).includes('swordfish'));
});

test('a room that was sealed stays so, whatever its meta says later', async () => {
    const { person, relay } = await beginHostile();
    const ann = await person('ann');
    const room = await ann.create({ name: 'Sealed', encrypted: true });
    for (const meta of [{ ...room.meta, encrypted: false }, { name: 'Sealed' }]) {
        relay.write(at.room(room.rid, 'meta'), meta);
        await until(() => room.isDowngraded);
        await room.say('swordfish');
        relay.write(at.room(room.rid, 'meta'), { ...meta, encrypted: true });
        await until(() => !room.isDowngraded);
    }
    assert.ok(!JSON.stringify(relay.received).includes('swordfish'));
});

test('what came without a seal is marked after a reload as it was before, and only that', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, eve] = [await person('ann'), await hostile('eve')];
    const room = await ann.create({ name: 'Opened' });
    eve.rid = room.rid;
    await eve.say('before');
    await until(() => texts(room).includes('before'));
    await ann.encrypt(room);
    await eve.say('after');
    await until(() => texts(room).includes('after'));
    const marks = ({ timeline }) => timeline.list.map(({ text, isClear }) => [text, isClear]);
    assert.deepEqual(marks(room), [['before', false], ['after', true]]);
    await ann.stop();
    const again = (await person('ann', { store: ann.store, settings: ann.settings })).rooms.get(room.rid);
    await until(() => again.timeline.list.length === 2 && again.meta);
    assert.deepEqual(marks(again), marks(room));
});

test('who may not seal a room keeps what they had', async () => {
    const { person } = await beginHostile();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const there = await bob.join((await ann.create({ name: 'Open' })).rid);
    await assert.rejects(bob.encrypt(there), /403|write_rules/);
    assert.ok(!there.isEncrypted);
    assert.equal(there.secrecy.ring.current, undefined);
});

test('a conversation that somebody has prepared for two others is not theirs to join', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, ben, eve] = [await person('ann-0001'), await person('ben-0002'), await hostile('eve-0003')];
    await befriend(ann, ben);
    const prepared = [
        { dmUsers: { 'ann-0001': 'Ann', 'eve-0003': 'Ben-0002' } }, { dmUsers: { 'ann-0001': 'Ann', 'ben-0002': 'Ben', 'eve-0003': 'Eve' } }, {},
        // No conversation at all, so that anybody would get the key.
        { type: 'text', isPublic: true }, { type: 'text', isPublic: true, dmUsers: { 'ann-0001': 'Ann', 'eve-0003': 'Ben' } },
    ];
    const rid = 'dm-ann-0001-ben-0002';
    for (const meta of prepared) {
        await eve.client.set(at.room(rid, 'meta'), { name: 'Ben-0002', type: 'dm', isPublic: false, creatorId: 'eve-0003', ...meta });
        const room = await ann.converse('ben-0002');
        await until(() => room.meta);
        assert.match(room.silence, /two other people/, JSON.stringify(meta));
        assert.deepEqual([room.peer, room.name], ['ben-0002', 'Ben-0002']);
        await ann.leave(room);
    }
    // Even where it names the right ones, who wrote it runs nothing, and the other one is told.
    await eve.client.set(at.room(rid, 'meta'), { name: 'x', type: 'dm', isPublic: false, creatorId: 'eve-0003', dmUsers: { 'ann-0001': 'Ann', 'ben-0002': 'Eve' } });
    const here = await ann.converse('ben-0002');
    await until(() => here.meta && ben.rooms.has(rid));
    await eve.client.set(at.room(rid, 'admin/eve-0003'), { role: 'admin' });
    assert.deepEqual([here.silence, here.name, here.roleOf('eve-0003')], [undefined, 'Ben-0002', 'member']);
    eve.rid = rid;
    await eve.say('I am here, too');
    await here.say('between us');
    await until(() => texts(ben.rooms.get(rid)).includes('between us'));
    assert.deepEqual(texts(ben.rooms.get(rid)), ['between us']);
});

test('an id that looks like that of a friend does not take their conversation', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, ben, eve] = [await person('ann-0001'), await person('ben-0002'), await hostile('ben-0002-eve')];
    await befriend(ann, ben);
    const rid = 'dm-ann-0001-ben-0002';
    await eve.client.set(at.friend('ben-0002-eve', 'ann-0001'), { name: 'Ann' });
    await eve.client.set(at.room(rid, 'meta'), { name: 'x', type: 'dm', isPublic: false, creatorId: 'ben-0002-eve', dmUsers: { 'ann-0001': 'Ann', 'ben-0002-eve': 'Ben' } });
    await eve.client.set(at.dm('ann-0001', rid), { fromId: 'ben-0002-eve', fromName: 'Ben-0002', roomId: rid, timestamp: Date.now() });
    await until(() => ann.people.conversations.has(rid));
    assert.ok(!ann.rooms.has(rid));
    const room = await ann.converse('ben-0002');
    assert.match(room.silence, /two other people/);
});

test('nobody makes those who run a room change its key again and again', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, eve] = [await person('ann'), await hostile('eve')];
    const closed = await ann.create({ name: 'Private', isPublic: false, encrypted: true });
    const open = await ann.create({ name: 'Public', encrypted: true });
    const keys = new Map([[closed, 0], [open, 0]]);
    for (const room of keys.keys()) room.on('key', () => keys.set(room, keys.get(room) + 1));
    const comeAndGo = async (room, times) => {
        for (let n = 0; n < times; n += 1) {
            await eve.lurk(room.rid);
            await eve.client.get(at.room(room.rid, 'meta'));
            if (room === open) await until(() => room.secrecy.ring.wasGiven('eve'));
            await eve.client.set(at.room(room.rid, 'crypto/pubkey/eve'), null);
            await until(() => !room.secrecy.ring.wasGiven('eve'));
        }
    };
    await comeAndGo(closed, 5);
    await comeAndGo(open, 1);
    await until(() => keys.get(open) === 1);
    await comeAndGo(open, 5);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual([...keys.values()], [0, 1]);
    assert.ok(open.secrecy.ring.isDue, 'the last one is not forgotten');
});

test('a relay that has lost its state changes no key, and is told the public keys again', async () => {
    const { person, relay } = await beginHostile();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const here = await ann.create({ name: 'Sealed', encrypted: true });
    const there = await bob.join(here.rid);
    await until(() => there.secrecy.state === 'have' && here.secrecy.ring.wasGiven('bob'));
    const before = here.secrecy.ring.current.k;
    const isKnown = (uid) => relay.params.get(at.room(here.rid, `crypto/pubkey/${uid}`))?.value;
    relay.params.clear();
    relay.cutAll();
    await until(() => isKnown('ann') && isKnown('bob'));
    await here.say('as if nothing had been');
    await until(() => texts(there).includes('as if nothing had been'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(here.secrecy.ring.current.k, before);
});

test('a stranger comes into a private room by the answer of the user alone, which outlives the page', async () => {
    const { person, hostile } = await beginHostile();
    const details = { store: new MemoryStore(), settings: new Settings() };
    const ann = await person('ann', details);
    const eve = await hostile('eve');
    const room = await ann.create({ name: 'Private', isPublic: false, encrypted: true });
    const offers = [];
    await eve.lurk(room.rid);
    eve.client.subscribe(at.room(room.rid, 'crypto/keyex/eve'), (offer) => offers.push(offer), { types: ['event'] });
    const asked = async (place) => {
        await until(() => place.secrecy.admissions.waiting.has('eve'));
        return place.secrecy.admissions.waiting.get('eve');
    };
    const first = await asked(room);
    assert.match(first.fingerprint, /^([0-9a-f]{4} ?){16}$/);
    await room.secrecy.answer(first, false);
    assert.equal(room.secrecy.admissions.waiting.size, 0);
    await ann.stop();
    const again = await person('ann', details);
    const there = again.rooms.get(room.rid);
    await until(() => there.secrecy.state === 'have' && there.present.has('eve'));
    await eve.showKey();
    await again.client.get(at.room(room.rid, 'meta'));
    assert.equal(there.secrecy.admissions.waiting.size, 0, 'who was turned away does not ask again with the same key');
    for (let n = 0; n < 2; n += 1) {
        await eve.lurk(room.rid);
        await there.secrecy.answer(await asked(there), false);
    }
    await eve.lurk(room.rid);
    await again.client.get(at.room(room.rid, 'meta'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([there.secrecy.admissions.waiting.size, offers.length], [0, 0], 'nor for ever with new ones');
});

test('an admin does not silence who made the room, nor a stranger one of two in a conversation', async () => {
    const { person, hostile } = await beginHostile();
    const [ann, ben, eve] = [await person('ann-0001'), await person('ben-0002'), await hostile('eve-0003')];
    const room = await ann.create({ name: 'Ruled' });
    const [there, hers] = [await ben.join(room.rid), await eve.session.join(room.rid)];
    await room.setRole('eve-0003', true);
    await until(() => hers.roleOf('eve-0003') === 'admin');
    await eve.client.set(at.room(room.rid, 'bans/ann-0001'), { bannedBy: 'eve-0003', timestamp: Date.now() });
    await room.say('still here');
    await until(() => texts(there).includes('still here'));
    assert.deepEqual([room.isBanned, there.bans.size], [false, 0]);
    await befriend(ann, ben);
    const rid = 'dm-ann-0001-ben-0002';
    await eve.client.set(at.room(rid, 'meta'), { name: 'x', type: 'dm', isPublic: false, creatorId: 'eve-0003', dmUsers: { 'ann-0001': 'Ann', 'ben-0002': 'Ben' } });
    await eve.client.set(at.room(rid, 'bans/ben-0002'), { bannedBy: 'eve-0003', timestamp: Date.now() });
    const here = await ann.converse('ben-0002');
    await until(() => ben.rooms.get(rid)?.meta && here.present.has('ben-0002'));
    await ben.rooms.get(rid).say('not silenced');
    await until(() => texts(here).includes('not silenced'));
});
