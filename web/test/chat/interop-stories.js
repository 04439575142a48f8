// A client of another make and ours in the same rooms, on whatever relay is given.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { OtherClient } from './other-client.js';
import { texts, until, world } from './setup.js';

/** `start()` gives a relay, or nothing for the stand-in. */
export function interopStories(start) {
    const worlds = [];
    const others = [];
    after(async () => {
        others.forEach((one) => one.close());
        await Promise.all(worlds.map((one) => one.end()));
    });

    async function begin() {
        const one = await world(await start());
        worlds.push(one);
        return {
            ...one,
            async other(uid) {
                const client = await OtherClient.connect(one.relay.url, { uid, name: `Other ${uid}`, token: await one.relay.issue(uid) });
                others.push(client);
                return client;
            },
        };
    }

    test('a public room of ours with a client of another make: messages, edits, deletions, reactions, presence', async () => {
        const { person, other } = await begin();
        const [ann, bob] = [await person('ann'), await other('bob')];
        const room = await ann.create({ name: 'Mixed' });
        bob.join(room.rid);
        await until(() => room.present.get('bob')?.name === 'Other bob');
        await until(() => bob.params.get(at.room(room.rid, 'presence/ann'))?.name === 'Ann');
        const mine = await room.say('from ours');
        await until(() => bob.messages.some(({ text, userId, from }) => text === 'from ours' && userId === 'ann' && from === 'Ann'));
        const theirs = await bob.say('from theirs');
        await until(() => texts(room).includes('from theirs'));
        await bob.edit(theirs, 'edited there');
        await until(() => texts(room).includes('edited there'));
        await room.edit(mine, 'edited here');
        await until(() => bob.messages.some(({ text }) => text === 'edited here'));
        bob.react(mine.msgId, '🎉');
        await until(() => room.reactionsOf(mine.msgId)[0]?.count === 1);
        await room.react(theirs.msgId, '👍');
        await until(() => room.reactionsOf(theirs.msgId)[0]?.isMine);
        bob.remove(theirs);
        await until(() => room.timeline.get(theirs.msgId).isDeleted);
        await room.remove(mine);
        await until(() => !bob.messages.some(({ msgId }) => msgId === mine.msgId));
    });

    test('an encrypted room of ours: the other client gets the key and both read', async () => {
        const { person, other } = await begin();
        const [ann, bob] = [await person('ann'), await other('bob')];
        const room = await ann.create({ name: 'Sealed', encrypted: true });
        bob.join(room.rid);
        bob.ask();
        await until(() => bob.key);
        await room.say('sealed here');
        await until(() => bob.messages.some(({ text }) => text === 'sealed here'));
        const theirs = await bob.say('sealed there');
        await until(() => texts(room).includes('sealed there'));
        await bob.edit(theirs, 'edited and sealed');
        await until(() => texts(room).includes('edited and sealed'));
    });

    test('an encrypted room of theirs: we get the key and both read; their slip into plain text is marked', async () => {
        const { person, other } = await begin();
        const [ann, bob] = [await person('ann'), await other('bob')];
        await bob.create('theirs', { name: 'Theirs', hasEncryption: true });
        await until(() => ann.directory.rooms.has('theirs'));
        const room = await ann.join('theirs');
        await until(() => room.secrecy.state === 'have');
        await room.say('hello from ours');
        await until(() => bob.messages.some(({ text }) => text === 'hello from ours'));
        await bob.say('hello back');
        await until(() => texts(room).includes('hello back'));
        bob.isEncrypted = false;
        const slip = await bob.say('in the clear');
        await until(() => room.timeline.get(slip.msgId)?.isClear);
    });

    test('a password room of ours: the other client gets in with the password and not without', async () => {
        const { person, other } = await begin();
        const [ann, bob, eve] = [await person('ann'), await other('bob'), await other('eve')];
        const room = await ann.create({ name: 'Vault', password: 'secret' });
        for (const one of [bob, eve]) one.join(room.rid);
        await until(() => bob.params.has(at.room(room.rid, 'meta')) && eve.params.has(at.room(room.rid, 'meta')));
        eve.ask('guess');
        await until(() => room.present.has('eve'));
        assert.equal(await room.secrecy.hasProof('eve'), false);
        assert.equal(eve.key, undefined);
        // From here on the other make is a holder, and it does not check proofs; so Eve asks no more.
        clearInterval(eve.timer);
        bob.ask('secret');
        await until(() => bob.key);
        await room.say('inside');
        await until(() => bob.messages.some(({ text }) => text === 'inside'));
        await until(() => eve.messages.length > 0);
        assert.equal(eve.key, undefined);
        assert.equal(eve.messages[0].text, undefined);
    });

    test('friendship with a client of another make, both ways', async () => {
        const { person, other } = await begin();
        const [ann, bob] = [await person('ann'), await other('bob')];
        bob.subscribe('/chat/requests/bob/*');
        await ann.people.ask('bob');
        await until(() => bob.params.get(at.request('bob', 'ann'))?.fromId === 'ann');
        bob.set(at.friend('bob', 'ann'), { name: 'Ann', avatarColor: '#457b9d', addedAt: Date.now() });
        bob.set(at.request('ann', 'bob'), { type: 'accepted', fromId: 'bob', fromName: 'Bob', fromColor: '#457b9d', timestamp: Date.now() });
        await until(() => ann.people.friends.has('bob'));
        const cid = await other('cid');
        cid.set(at.request('ann', 'cid'), { fromId: 'cid', fromName: 'Cid', fromColor: '#457b9d', timestamp: Date.now() });
        await until(() => ann.people.requests.has('cid'));
        cid.subscribe('/chat/requests/cid/*');
        await ann.people.acceptRequest(ann.people.requests.get('cid'));
        await until(() => cid.params.get(at.request('cid', 'ann'))?.type === 'accepted');
    });
}
