import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';

const isDoor = () => Boolean(document.querySelector('.door form'));
const account = () => localStorage.getItem('clasp-relay-chat.account');

/** The relay goes away for a while, and pages may say so. */
async function away(site, pages, during) {
    site.relay.faults.isAway = true;
    site.relay.cutAll();
    await during();
    site.relay.faults.isAway = false;
    for (const page of pages) page.faults.splice(0, Infinity, ...page.faults.filter((fault) => !/WebSocket/.test(fault)));
}

test('who signs out while the relay is away is signed out, and the page forgets who was here', () => story(async ({ site, guest, room }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Secret club' });
    await away(site, [ann], async () => {
        await ann.sees('Offline');
        await ann.click('.self');
        await ann.click({ button: 'Sign out' });
        await ann.until(isDoor);
    });
    assert.equal(await ann.run(account), null);
    await ann.press('k', 2);
    assert.equal(await ann.run(() => document.querySelectorAll('dialog').length), 0);
    assert.equal(await ann.run(() => document.title), 'Chat');
}));

test('what is erased is erased, also while another tab is open, which says so', () => story(async ({ site, browser, guest, room, say }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Vault', encrypted: true });
    await say(ann, 'to be forgotten');
    await ann.sees('to be forgotten');
    const other = await browser.page(ann.browserContextId);
    await other.open(`${site.url}/chat/`);
    await other.until(() => document.querySelector('.frame'));
    await ann.front();
    await ann.click('.self');
    await ann.click({ button: 'Erase this device' });
    await ann.click({ button: 'Erase and sign out' });
    await ann.until(isDoor);
    assert.deepEqual(await ann.run(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
    assert.deepEqual(await ann.run(() => Object.keys(localStorage)), []);
    await other.sees('erased in another tab');
    assert.deepEqual(other.faults, []);
    assert.deepEqual(await ann.run(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
}));

test('a guest who has made an account stays in when the token of the guest ends', () => story(async ({ site, guest }) => {
    const ann = await guest('Ann');
    await ann.click('.self');
    await ann.click({ button: 'Keep this account' });
    await ann.fill({ label: 'User name' }, 'Ann');
    await ann.fill({ label: 'Password' }, 'correct horse');
    const [guests] = [...site.relay.tokens.keys()];
    await ann.click({ button: 'Create account' });
    await ann.sees('Your account is made.');
    site.relay.tokens.delete(guests);
    site.relay.cutAll();
    await ann.until(() => document.querySelector('.foot')?.innerText !== 'Connected');
    await ann.sees('Connected');
    assert.ok(!await ann.run(isDoor));
}));
