import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';
import { openProductSite } from './product-site.js';
import { ClaspClient } from '../../sdk/clasp.js';

test('a room with 10,000 messages is scrolled with a handful of elements and in bounded memory', async (t) => story(async ({ site, guest, room }) => {
    const page = await guest('Ann');
    await room(page, { name: 'Crowd' });
    const rid = await page.run(() => JSON.parse(Object.entries(localStorage).find(([name]) => name.endsWith('.joined'))[1])[0].rid);
    const crowd = new ClaspClient(site.relay.url, { token: await site.relay.issue('crowd') });
    t.after(() => crowd.close());
    await crowd.connect();
    const start = Date.now() - 10_000_000;
    for (let n = 0; n < 10_000; n += 1) {
        crowd.publish(`/chat/room/${rid}/messages`, {
            from: `Person ${n % 50}`, fromId: `s${n % 50}`, userId: `person-${n % 50}`, msgId: `m-${n}`, timestamp: start + n * 1000, avatarColor: '#2a9d8f', type: 'text',
            text: `Message ${n}: ${'some words that differ in length '.repeat(1 + (n * 7) % 6)}${n % 9 === 0 ? '**and** `code` https://example.org' : ''}`,
        }, { qos: 0 });
        if (n % 500 === 499) await crowd.sync();
    }
    await page.until(() => document.querySelector('[data-key="m-9999"]'));
    await page.until(() => document.querySelectorAll('.message').length < 200);
    // What arriving costs is not what scrolling costs.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let most;
    const tasks = await page.tasksOf(async () => {
        most = await page.run(async () => {
            const feed = document.querySelector('.timeline');
            const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
            let count = 0;
            for (let step = 0; step < 400; step += 1) {
                feed.scrollTop -= 900;
                await frame();
                count = Math.max(count, document.querySelectorAll('.message').length);
            }
            for (const place of [0, 0.3, 0.9, 0.1, 0.6]) {
                feed.scrollTop = feed.scrollHeight * place;
                await frame();
                await frame();
            }
            return count;
        });
    });
    const longest = (kind) => Math.max(...tasks.map((task) => task[kind])).toFixed(1);
    await page.send('HeapProfiler.collectGarbage');
    const { usedSize } = await page.send('Runtime.getHeapUsage');
    t.diagnostic(`${tasks.length} tasks while scrolling, the longest ${longest('cpu')} ms of a processor, ${longest('wall')} ms on this machine as busy as it is; at most ${most} messages in the document; heap ${(usedSize / 1e6).toFixed(1)} MB`);
    assert.ok(tasks.length > 400);
    assert.ok(longest('cpu') < 50, `a task of ${longest('cpu')} ms`);
    assert.ok(most < 150, `${most} messages in the document`);
    assert.ok(usedSize < 150e6, `${usedSize} bytes of heap`);
}, { site: await openProductSite({ flags: ['--rate', '0'] }) }));
