// One user on several devices, and the marks that others see beside what they say.
import { Settings, begin, texts, until } from './setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { MemoryStore } from '../../chat/core/store.js';

const proofs = ({ timeline }) => timeline.list.map(({ text, proof }) => [text, proof]);
const proofOf = (room, text) => room.timeline.list.find((message) => message.text === text)?.proof;

test('both devices of a user sign for themselves, to those who come later', async () => {
    const { person } = await begin();
    const [phone, desk] = [await person('ann'), await person('ann')];
    const here = await phone.create({ name: 'Two' });
    const also = await desk.join(here.rid);
    const bob = await person('bob');
    const there = await bob.join(here.rid);
    await here.say('from the phone');
    await also.say('from the desk');
    await until(() => proofOf(there, 'from the phone') === 'verified' && proofOf(there, 'from the desk') === 'verified');
});

test('a new device is told apart until the user accepts it, and the old one stays what it was', async () => {
    const { person } = await begin();
    const mine = { store: new MemoryStore(), settings: new Settings() };
    const [phone, bob] = [await person('ann'), await person('bob', mine)];
    const here = await phone.create({ name: 'Two' });
    const there = await bob.join(here.rid);
    await here.say('before');
    await until(() => proofOf(there, 'before') === 'verified');
    const desk = await person('ann');
    const also = await desk.join(here.rid);
    await here.say('from the phone');
    await also.say('from the desk');
    await until(() => proofOf(there, 'from the phone') === 'verified' && proofOf(there, 'from the desk') === 'changed');
    const keys = await bob.people.newKeys('ann');
    assert.equal(keys.length, 1);
    await bob.people.accept('ann', keys);
    await until(() => proofOf(there, 'from the desk') === 'verified');
    assert.deepEqual(await bob.people.newKeys('ann'), []);
    await bob.stop();
    const again = (await person('bob', mine)).rooms.get(here.rid);
    await until(() => texts(again).length === 3);
    assert.deepEqual(proofs(again), [['before', 'verified'], ['from the phone', 'verified'], ['from the desk', 'verified']]);
});

test('what was verified once stays so when its author takes their keys down', async () => {
    const { person } = await begin();
    const mine = { store: new MemoryStore(), settings: new Settings() };
    const [ann, bob] = [await person('ann'), await person('bob', mine)];
    const here = await ann.create({ name: 'Kept' });
    const there = await bob.join(here.rid);
    await here.say('signed');
    await until(() => proofOf(there, 'signed') === 'verified');
    await ann.client.set(at.profile('ann'), { name: 'Ann', userId: 'ann' });
    await bob.stop();
    await mine.store.delete('marks', 'signing:ann');
    const again = (await person('bob', mine)).rooms.get(here.rid);
    await until(() => proofOf(again, 'signed') === 'verified');
});
