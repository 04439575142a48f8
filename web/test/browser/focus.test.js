import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';

/** What the keyboard would go to, by its name. */
const focused = () => document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText.trim();
const chosen = () => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText;

test('people who come and go disturb nobody who types or stands somewhere', () => story(async ({ guest, room, join }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Vault', password: 'open sesame' });
    await ann.click({ button: 'About this room' });
    await ann.run(() => [...document.querySelectorAll('.details button')].find(({ innerText }) => innerText === 'Copy invitation').focus());
    const bob = await guest('Bob');
    await join(bob, 'Vault');
    await bob.fill({ label: 'Password' }, 'open ses');
    for (const name of ['Carol', 'Dave']) {
        await join(await guest(name), 'Vault');
        await bob.until((wanted) => document.querySelector('.main .sub').innerText.includes(wanted), name);
        await ann.until((wanted) => document.querySelector('.details').innerText.includes(wanted), name);
    }
    await bob.type('ame');
    assert.equal(await bob.run(() => document.getElementById('room-password').value), 'open sesame');
    assert.equal(await ann.run(focused), 'Copy invitation');
    await bob.press('Enter');
    await bob.until(() => document.activeElement === document.querySelector('.composer textarea'));
}));

test('what opens beside a button gives the focus back', () => story(async ({ guest, room, say }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Lobby' });
    await say(ann, 'hello');
    await ann.until(() => document.querySelector('.message'));
    for (const leave of [() => ann.press('Escape'), () => ann.click({ button: '🎉' })]) {
        await ann.run(() => {
            document.querySelector('.message').focus();
            document.querySelector('[aria-label="React"]').click();
        });
        await leave();
        await ann.until(() => !document.querySelector('.popover'));
        await ann.until(() => document.activeElement.closest('.message'));
    }
    await ann.click({ button: 'New' });
    await ann.click({ button: 'New room' });
    await ann.press('Escape');
    await ann.until(() => !document.querySelector('dialog'));
    assert.equal(await ann.run(focused), 'New');
    await ann.click({ button: 'New' });
    await ann.click('.composer textarea');
    await ann.until(() => !document.querySelector('.popover'));
    assert.ok(await ann.run(() => document.activeElement === document.querySelector('.composer textarea')), 'a click elsewhere keeps the focus it chose');
}));

test('suggestions tell which of them is meant', () => story(async ({ guest, room }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Alpha' });
    await room(ann, { name: 'Beta' });
    await ann.click('.composer textarea');
    await ann.type('/');
    const first = await ann.until(chosen);
    assert.match(first, /^\/shrug/);
    await ann.press('ArrowDown');
    assert.match(await ann.run(chosen), /^\/roll/);
    await ann.press('Tab');
    await ann.until(() => !document.activeElement.hasAttribute('aria-activedescendant'));
    await ann.press('k', 2);
    assert.equal(await ann.until(chosen), 'Alpha');
    await ann.press('ArrowDown');
    assert.equal(await ann.run(chosen), 'Beta');
}));
