import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { SignIn } from '../../sdk/auth.js';
import { ClaspClient } from '../../sdk/client.js';
import { story } from '../browser/house.js';
import { Product } from './relay.js';

const relays = [];
after(() => Promise.all(relays.map((relay) => relay.close())));

async function begin(options) {
    const relay = await Product.start(options);
    relays.push(relay);
    return { relay, door: new SignIn(`${relay.http}/auth`) };
}

const refusedWith = (status) => (error) => error.name === 'SignInError' && error.status === status;

test('a guest comes back as the same guest with the token, and with it alone', async () => {
    const { door } = await begin();
    const first = await door.guest({ name: 'Gwen', userId: 'gwen-1' });
    await assert.rejects(door.guest({ name: 'Eve', userId: 'gwen-1' }), refusedWith(409));
    const again = await door.guest({ name: 'Gwen', userId: 'gwen-1', token: first.token });
    assert.equal(again.userId, 'gwen-1');
    assert.notEqual(again.token, first.token);
});

test('a guest who makes an account keeps the id and the connection', async () => {
    const { relay, door } = await begin();
    const guest = await door.guest({ name: 'Gwen', userId: 'gwen-2' });
    const client = new ClaspClient(relay.url, { name: 'Gwen', token: guest.token });
    let closed = 0;
    client.on('close', () => { closed += 1; });
    await client.connect();
    const account = { username: 'Gwen', password: 'correct horse', userId: 'gwen-2' };
    await assert.rejects(door.register(account), refusedWith(409));
    const made = await door.register({ ...account, guestToken: guest.token });
    assert.equal(made.userId, 'gwen-2');
    await client.query('/nothing/**');
    assert.equal(closed, 0);
    client.close();
    assert.equal((await door.login({ username: 'gwen', password: 'correct horse' })).userId, 'gwen-2');
});

test('failures of others do not keep a device out that has a token', async () => {
    const { door } = await begin();
    const { token } = await door.register({ username: 'Ann', password: 'correct horse' });
    const wrong = { username: 'ann', password: 'a guess' };
    for (let n = 0; n < 5; n += 1) await assert.rejects(door.login(wrong), refusedWith(401));
    await assert.rejects(door.login({ ...wrong, password: 'correct horse' }), (error) => error.status === 429 && error.retryAfter > 0);
    await door.login({ username: 'ann', password: 'correct horse', token });
});

test('in the browser, too: a guest whose page forgot who was signed in comes in as the same one', async () => {
    const { relay } = await begin({ withPages: true });
    await story(async ({ guest }) => {
        const eve = await guest('Eve');
        const uid = () => JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith('account'))[1]).uid;
        const before = await eve.run(uid);
        await eve.run(() => Object.keys(localStorage).filter((key) => key.endsWith('account')).forEach((key) => localStorage.removeItem(key)));
        await eve.reload();
        await eve.click({ button: 'Guest' });
        await eve.fill({ label: 'Your name' }, 'Eve');
        await eve.click({ button: 'Come in' });
        await eve.until(() => document.querySelector('.frame'));
        assert.equal(await eve.run(uid), before);
    }, { site: { url: relay.http, relay, close: () => {} } });
});
