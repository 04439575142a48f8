// What a device keeps of a room over a reload, and what it makes of that.
import { Settings, begin, texts, until } from './setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { MemoryStore } from '../../chat/core/store.js';

const device = () => ({ store: new MemoryStore(), settings: new Settings() });
const picture = 'data:image/png;base64,iVBORw0KGgo=';

for (const encrypted of [false, true]) {
    test(`what the relay never had is shown as unsent after a reload${encrypted ? ' of a sealed room' : ''}, and sent again once`, async () => {
        const { person, relay } = await begin();
        const mine = device();
        const [ann, bob] = [await person('ann', mine), await person('bob')];
        const here = await ann.create({ name: 'Tunnel', encrypted });
        const there = await bob.join(here.rid);
        await until(() => !encrypted || there.secrecy.state === 'have');
        const first = await here.say('before the tunnel');
        await until(() => texts(there).includes('before the tunnel'));
        const frozen = [...relay.sessions].find(({ subject }) => subject === 'ann').socket;
        frozen.freeze();
        const lost = Promise.allSettled([here.say('in the tunnel'), here.edit(first, 'mended in the tunnel')]);
        await until(() => [...mine.store.events.get(here.rid).values()].filter(({ isUnsent }) => isUnsent).length === 2);
        const again = (await person('ann', mine)).rooms.get(here.rid);
        await until(() => again.timeline.list.length === 2 && again.meta);
        assert.deepEqual(again.timeline.list.map(({ text, status }) => [text, status]), [['mended in the tunnel', 'kept'], ['in the tunnel', 'failed']]);
        await until(() => texts(there).includes('mended in the tunnel'));
        assert.ok(!texts(there).includes('in the tunnel'));
        await again.timeline.list[1].retry();
        await until(() => texts(there).includes('in the tunnel'));
        assert.equal(again.timeline.list[1].status, 'sent');
        await until(() => ![...mine.store.events.get(here.rid).values()].some(({ isUnsent }) => isUnsent));
        // The page before may still come to speak.
        frozen.cut();
        await lost;
        await here.say('after all');
        await until(() => texts(there).includes('after all'));
        assert.deepEqual(texts(there), ['mended in the tunnel', 'in the tunnel', 'after all']);
    });
}

test('what was sealed with a key that came later is read in full: text, picture, edit, signature', async () => {
    const { person } = await begin();
    const [ann, bob] = [await person('ann'), await person('bob')];
    const here = await ann.create({ name: 'Private', isPublic: false, encrypted: true });
    const there = await bob.join(here.rid);
    await until(() => here.secrecy.admissions.waiting.has('bob') && here.present.has('bob'));
    const said = await here.say('first', { image: picture });
    await here.edit(said, 'mended');
    await until(() => there.timeline.list[0]?.isLocked);
    await here.secrecy.answer(here.secrecy.admissions.waiting.get('bob'), true);
    await until(() => texts(there)[0] === 'mended');
    const read = there.timeline.list[0];
    await until(() => read.proof === 'verified');
    assert.ok(read.editedAt && !read.isLocked);
    assert.equal(read.image, picture);
});

test('a change that came before its message is there after a reload', async () => {
    const { person, relay } = await begin();
    const mine = device();
    const [ann, bob] = [await person('ann', mine), await person('bob')];
    const here = await ann.create({ name: 'Mixed' });
    const now = Date.now();
    const place = at.room(here.rid, 'messages');
    // As clients write them that sign nothing.
    await bob.client.publish(place, { type: 'edit', fromId: 's', targetId: 'm1', text: 'mended', timestamp: now + 5 });
    await bob.client.publish(place, { from: 'Bob', fromId: 's', userId: 'bob', msgId: 'm1', text: 'first', timestamp: now, type: 'text' });
    await until(() => texts(here).includes('mended'));
    await ann.stop();
    relay.history.splice(0);
    const again = (await person('ann', mine)).rooms.get(here.rid);
    await until(() => again.timeline.list.length > 0);
    await until(() => again.meta);
    assert.deepEqual(texts(again), ['mended']);
});

test('edits and deletions that were signed are there after a reload', async () => {
    const { person, relay } = await begin();
    const mine = device();
    const [ann, bob] = [await person('ann', mine), await person('bob')];
    const here = await ann.create({ name: 'Mended' });
    const there = await bob.join(here.rid);
    const said = [];
    for (const text of ['one', 'two', 'three']) said.push(await there.say(text));
    await until(() => here.timeline.list.length === 3 && here.timeline.list.every(({ proof }) => proof === 'verified'));
    await there.edit(said[0], 'one, mended');
    await there.remove(said[1]);
    await here.remove(here.timeline.list[2]);
    const shown = (room) => room.timeline.list.map(({ text, isDeleted = false, isModerated = false }) => [text, isDeleted, isModerated]);
    const all = [['one, mended', false, false], ['', true, false], ['', true, true]];
    await until(() => texts(here)[0] === 'one, mended' && here.timeline.list[1].isDeleted);
    assert.deepEqual(shown(here), all);
    await until(() => there.timeline.list[2].isDeleted);
    await ann.stop();
    relay.history.splice(0);
    const again = (await person('ann', mine)).rooms.get(here.rid);
    await until(() => again.meta && again.timeline.list.length === 3);
    assert.deepEqual(shown(again), all);
});
