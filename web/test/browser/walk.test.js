import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownTexts, story } from './house.js';
import { openProductSite } from './product-site.js';

test('the golden vectors hold in Chromium', () => story(async ({ site, person }) => {
    const page = await person();
    await page.open(`${site.url}/test/browser/vectors.html`);
    const result = await page.until(() => document.getElementById('result').textContent.includes('faults') && document.getElementById('result').textContent);
    assert.match(result, /^309 read and written, 117 refused, 0 faults/);
}));

test('two people, a sealed room with a password, and one who does not know it', async () => story(async ({ site, person, guest, room, join, say }) => {
    const ann = await person();
    await ann.open(`${site.url}/`);
    await ann.click({ text: 'Open the chat' });
    await ann.click({ button: 'Register' });
    await ann.fill({ label: 'User name' }, 'Ann');
    await ann.fill({ label: 'Password' }, 'correct horse');
    await ann.click({ button: 'Create account' });
    await ann.sees('Hello, Ann');
    await room(ann, { name: 'Vault', password: 'open sesame' });
    await say(ann, 'the word is swordfish');
    const bob = await guest('Bob', { width: 390, height: 844, phone: true });
    await join(bob, 'Vault');
    await bob.sees('This room has a password');
    await bob.fill({ label: 'Password' }, 'open sesame');
    await bob.click({ button: 'Unlock' });
    await bob.until(() => document.querySelector('.composer textarea')?.placeholder === 'Message Vault');
    await say(bob, 'knock knock');
    await ann.sees('knock knock');
    await say(ann, 'who is there?');
    await bob.sees('who is there?');
    const said = ['the word is swordfish', 'knock knock', 'who is there?'];
    for (let n = said.length; n < 50; n += 1) {
        said.push(`line ${n} of swordfish`);
        await say(n % 2 ? ann : bob, said[n]);
        await (n % 2 ? bob : ann).sees(said[n]);
        // Five a second are what one person may say.
        await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const eve = await guest('Eve');
    await join(eve, 'Vault');
    await eve.fill({ label: 'Password' }, 'wrong');
    await eve.click({ button: 'Unlock' });
    await eve.sees('Waiting for somebody here');
    await say(ann, 'not for Eve');
    await eve.sees('Sealed with a key');
    assert.ok(!(await eve.run(shownTexts)).includes('not for Eve'));
    await eve.click({ button: 'Other password' });
    await eve.fill({ label: 'Password' }, 'open sesame');
    await eve.click({ button: 'Unlock' });
    await eve.sees('not for Eve');
    const written = await site.relay.everything();
    for (const word of ['swordfish', 'knock', 'not for Eve', 'open sesame']) assert.equal(written.indexOf(word), -1, `the relay has written down "${word}"`);
    await ann.reload();
    await ann.sees('not for Eve');
}, { site: await openProductSite() }));
