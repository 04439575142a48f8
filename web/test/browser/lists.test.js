import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';

test('what arrives while nobody looks at the tab is unread, also in the room that is open', () => story(async ({ browser, guest, room, join, say }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Lobby' });
    const bob = await guest('Bob');
    await join(bob, 'Lobby');
    const other = await browser.page(ann.browserContextId);
    await other.front();
    await ann.until(() => document.visibilityState === 'hidden');
    await say(bob, 'are you there?');
    await ann.until(() => document.title.startsWith('(1) '));
    await ann.front();
    await ann.until(() => !document.title.startsWith('('));
}));

test('a group that is not listed is opened by its name', () => story(async ({ guest, room }) => {
    const ann = await guest('Ann');
    await ann.click({ button: 'New' });
    await ann.click({ button: 'New group' });
    await ann.fill({ label: 'Name' }, 'secret');
    await ann.run(() => document.querySelector('dialog input[type=checkbox]').click());
    await ann.click({ button: 'Create group' });
    await ann.until(() => !document.querySelector('dialog'));
    await ann.click({ button: 'New' });
    await ann.click({ button: 'New room' });
    await ann.fill({ label: 'Name' }, 'Plans');
    await ann.fill({ label: 'Group' }, 'secret/inner');
    await ann.click({ button: 'Create room' });
    await ann.until(() => document.querySelector('.main h1')?.innerText.includes('Plans'));
    const bob = await guest('Bob');
    await bob.click({ button: 'Browse' });
    await bob.sees('Plans');
    assert.ok(!(await bob.run(() => document.querySelector('.side').innerText)).includes('secret'));
    await bob.click({ button: 'New' });
    await bob.click({ button: 'Open a group' });
    await bob.fill({ label: 'Name of the group' }, 'secret/inner');
    await bob.click({ button: 'Open' });
    await bob.until(() => document.querySelector('.side [aria-label="Groups"]')?.innerText.includes('Plans'));
}));
