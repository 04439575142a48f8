import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';
import { openProductSite, openTunnel } from './product-site.js';

const seconds = Number(process.env.TUNNEL_SECONDS ?? 60);

test(`${seconds} s offline in the middle of sending 20 messages, while others send 50`, async (t) => story(async ({ site, person, comeIn, guest, room, join, say }) => {
    const tunnel = await openTunnel(site.relay.port);
    t.after(() => tunnel.close());
    const ann = await person();
    await ann.send('Page.addScriptToEvaluateOnNewDocument', {
        source: `globalThis.WebSocket = class extends WebSocket { constructor(url, ...rest) { super(url.replace(':${site.relay.port}', ':${tunnel.port}'), ...rest); } };`,
    });
    await comeIn(ann, 'Ann');
    await room(ann, { name: 'Tunnel', encrypted: true });
    const bob = await guest('Bob');
    await join(bob, 'Tunnel');
    await bob.until(() => document.querySelector('.composer textarea')?.placeholder === 'Message Tunnel');
    const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const sent = [];
    const speak = async (page, text) => {
        sent.push(text);
        await say(page, text);
        await pause(230);
    };
    for (let n = 0; n < 10; n += 1) await speak(ann, `ann ${n}`);
    // Half-open: the socket stays, nothing gets through; and the network is gone altogether.
    tunnel.collapse();
    await ann.offline(true);
    const away = Date.now();
    for (let n = 10; n < 20; n += 1) await speak(ann, `ann ${n}`);
    for (let n = 0; n < 50; n += 1) await speak(bob, `bob ${n}`);
    await pause(Math.max(0, seconds * 1000 - (Date.now() - away)));
    await ann.offline(false);
    await ann.sees('Connected');
    const all = async (page) => page.run(async () => {
        const found = new Map();
        const feed = document.querySelector('.timeline');
        for (feed.scrollTop = feed.scrollHeight; ; feed.scrollTop -= 200) {
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            document.querySelectorAll('.message:not([hidden])').forEach((one) => found.set(one.dataset.key, one.querySelector('.text').innerText));
            if (feed.scrollTop <= 0) break;
        }
        return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    });
    let texts = { ann: [], bob: [] };
    for (const deadline = Date.now() + 40_000; Date.now() < deadline && (texts.ann.length < 70 || texts.bob.length < 70);) {
        await pause(500);
        texts = { ann: await all(ann), bob: await all(bob) };
    }
    assert.deepEqual([...texts.ann].sort(), [...sent].sort());
    assert.deepEqual(texts.ann, texts.bob);
    ann.faults.splice(0, Infinity, ...ann.faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(fault)));
}, { site: await openProductSite() }));
