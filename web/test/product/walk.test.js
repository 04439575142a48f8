import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Product } from './relay.js';
import { story } from '../browser/house.js';

test('the product serves the chat: register, a sealed room, a message, signed in again after a reload', async () => {
    const relay = await Product.start({ withPages: true });
    const site = { url: relay.http, relay, close: () => relay.close() };
    await story(async ({ person, room, say, guest, join }) => {
        const ann = await person();
        await ann.open(`${site.url}/chat/`);
        await ann.click({ button: 'Register' });
        await ann.fill({ label: 'User name' }, 'Ann');
        await ann.fill({ label: 'Password' }, 'correct horse');
        await ann.click({ button: 'Create account' });
        await ann.sees('Hello, Ann');
        await room(ann, { name: 'Vault', encrypted: true });
        await say(ann, 'the word is swordfish');
        const bob = await guest('Bob');
        await join(bob, 'Vault');
        await bob.until(() => document.querySelector('.composer textarea')?.placeholder === 'Message Vault');
        await say(bob, 'a swordfish, really?');
        await ann.sees('a swordfish, really?');
        await ann.reload();
        await ann.sees('a swordfish, really?');
        await bob.click('.self');
        await bob.click({ button: 'Keep this account' });
        await bob.fill({ label: 'Password' }, 'battery staple');
        await bob.click({ button: 'Create account' });
        await bob.sees('Your account is made');
        await bob.click('.self');
        await bob.click({ button: 'Sign out' });
        await bob.fill({ label: 'User name' }, 'Bob');
        await bob.fill({ label: 'Password' }, 'battery staple');
        await bob.click('button.primary');
        await bob.sees('Vault');
        assert.equal((await relay.everything()).indexOf('swordfish'), -1);
    }, { site });
});
