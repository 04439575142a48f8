import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { story } from './house.js';
import { openProductSite } from './product-site.js';

test('a key swapped in the state of the relay raises a warning', async () => story(async ({ site, guest, room, join: enter, say }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Vault', encrypted: true });
    const [bob, eve] = [await guest('Bob'), await guest('Eve')];
    for (const [page, word] of [[bob, 'from Bob'], [eve, 'from Eve']]) {
        await enter(page, 'Vault');
        await page.until(() => document.querySelector('.composer textarea')?.placeholder === 'Message Vault');
        await say(page, word);
        await ann.sees(word);
    }
    const uid = (page) => page.run(() => JSON.parse(localStorage.getItem('clasp-relay-chat.account')).uid);
    const [bobs, eves] = [await uid(bob), await uid(eve)];
    await bob.open('about:blank');
    await site.relay.end();
    const data = join(site.relay.folder, 'data');
    const { params } = JSON.parse(await readFile(join(data, 'state.json'), 'utf8'));
    const keyOf = (one) => params.find(({ address }) => address.endsWith(`/crypto/pubkey/${one}`));
    assert.ok(keyOf(bobs) && keyOf(eves));
    keyOf(bobs).value = keyOf(eves).value;
    // As whoever owns the machine would do it: without the checksum, and without the files that say otherwise.
    for (const other of ['state.json.prev', 'journal', 'bases']) await rm(join(data, other), { recursive: true });
    await writeFile(join(data, 'state.json'), JSON.stringify({ params }));
    await site.relay.begin();
    await ann.reload();
    await ann.sees('The key of Bob has changed');
    for (const page of [ann, eve, bob]) page.faults.splice(0, Infinity, ...page.faults.filter((fault) => !/WebSocket/.test(fault)));
}, { site: await openProductSite() }));
