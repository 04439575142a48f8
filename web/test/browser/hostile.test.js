import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClaspClient } from '../../sdk/clasp.js';
import { story } from './house.js';
import { openProductSite } from './product-site.js';

/** Two hundred strings that have run somewhere. */
function attacks() {
    const tags = ['script', 'img', 'svg', 'iframe', 'object', 'embed', 'video', 'audio', 'body', 'input', 'details', 'marquee', 'math', 'style', 'link', 'base', 'form', 'template', 'textarea', 'select'];
    const events = ['onerror', 'onload', 'onclick', 'onfocus', 'ontoggle', 'onmouseover', 'onanimationstart', 'onpointerenter'];
    const run = 'window.__ran=1';
    const list = [];
    for (const tag of tags) for (const event of events) list.push(`<${tag} src=x ${event}="${run}" autofocus open>x`);
    list.push(
        `<script>${run}</script>`, `<scr<script>ipt>${run}</script>`, `"><script>${run}</script>`, `'><img src=x onerror=${run}>`, `</title><script>${run}</script>`,
        `javascript:${run}`, `[x](javascript:${run})`, `[img]javascript:${run}`, `<a href="javascript:${run}">x</a>`, `data:text/html,<script>${run}</script>`,
        `{{constructor.constructor('${run}')()}}`, `\${${run}}`, '`${window.__ran=1}`', `<svg><animate onbegin=${run} attributeName=x dur=1s>`, `<svg/onload=${run}>`,
        `<math><mtext><table><mglyph><style><img src=x onerror=${run}>`, `<noscript><p title="</noscript><img src=x onerror=${run}>">`, `<img src="x\u0000" onerror=${run}>`,
        `\u202e<img src=x onerror=${run}>`, `<IMG SRC=j&#X41vascript:${run}>`, `%3Cscript%3E${run}%3C/script%3E`, `\\u003cscript\\u003e${run}`, `<!--><script>${run}</script>-->`,
        `<![CDATA[<script>${run}</script>]]>`, `http://example.org/"onmouseover="${run}`, `https://x.org/<script>${run}</script>`, `www.x"onclick=${run}`, `**<b onclick=${run}>**`,
        '```\n<script>window.__ran=1</script>\n```', '`<img src=x onerror=window.__ran=1>`', `~~<svg onload=${run}>~~`, `__proto__`, `constructor`, `toString`, `<style>*{background:url(javascript:${run})}</style>`,
        `expression(${run})`, `<meta http-equiv=refresh content="0;javascript:${run}">`, `<base href=javascript:${run}//>`, `<form action=javascript:${run}><button>`, `<portal src=javascript:${run}>`,
    );
    return list.slice(0, 200);
}

test('200 strings that want to be code are text, in messages, names, rooms, replies and reactions', async (t) => story(async ({ site, guest }) => {
    const list = attacks();
    assert.equal(list.length, 200);
    // A hostile client writes past the interface.
    const hostile = new ClaspClient(site.relay.url, { token: await site.relay.issue('mallory') });
    await hostile.connect();
    t.after(() => hostile.close());
    const now = Date.now();
    await hostile.set('/chat/room/trap/meta', { name: '<img src=x onerror=window.__ran=1>', type: 'text', isPublic: true, creatorId: 'mallory' });
    await hostile.set('/chat/registry/rooms/trap', { name: 'Trap<svg onload=window.__ran=1>', type: 'text', isPublic: true, creatorId: 'mallory', creatorName: list[0], createdAt: now });
    await hostile.set('/chat/registry/ns-meta/group', { description: list[1], isPublic: true, icon: '<b', createdBy: 'mallory', creatorName: list[2] });
    await hostile.set('/chat/room/trap/presence/mallory', { name: list[3], avatarColor: 'red;background:url(javascript:1)', joinedAt: now, lastSeen: now });
    const page = await guest('Ann');
    await page.click({ button: 'Browse' });
    await page.click({ text: 'Trap<svg', within: '.side' });
    await page.until(() => document.querySelector('.composer textarea'));
    const shown = [];
    for (let index = 0; index < list.length; index += 1) {
        const text = list[index];
        const msgId = `m-${index}`;
        await hostile.publish('/chat/room/trap/messages', {
            from: text.slice(0, 60), fromId: text.slice(0, 60), userId: index % 2 ? 'mallory' : `x${index}`, msgId, text, timestamp: now + index, avatarColor: text, type: index % 3 ? 'text' : 'image',
            image: index % 3 ? undefined : text, replyTo: { msgId: `m-${index - 1}`, from: text, text }, signature: text,
        });
        await hostile.set(`/chat/room/trap/reactions/${msgId}/${encodeURIComponent(text).replaceAll('*', '').slice(0, 12)}`, { users: [text], by: { mallory: text } });
        shown.push(text);
    }
    await page.until((last) => document.querySelector(`[data-key="m-${last}"]`), list.length - 1);
    const texts = await page.run(async () => {
        const found = new Set();
        const feed = document.querySelector('.timeline');
        for (feed.scrollTop = feed.scrollHeight; ; feed.scrollTop -= 300) {
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            document.querySelectorAll('.message .text').forEach((one) => found.add(one.closest('.message').dataset.key));
            document.querySelectorAll('.message').forEach((one) => one.dispatchEvent(new PointerEvent('pointerenter', { bubbles: true })));
            if (feed.scrollTop <= 0) break;
        }
        return { count: found.size, hasRun: '__ran' in window, strange: document.querySelectorAll('.message script, .message svg:not(.icon), .message iframe, .message [onerror], .message img:not(.image), .side script').length,
            links: [...document.querySelectorAll('.message a')].filter(({ protocol }) => protocol !== 'http:' && protocol !== 'https:').length };
    });
    assert.deepEqual(texts, { count: 200, hasRun: false, strange: 0, links: 0 });
    await page.click({ button: 'About this room' });
    await page.click({ button: 'Search this room' });
    await page.fill({ label: 'Search this room' }, 'script');
    await page.until(() => document.querySelector('.result'));
    assert.ok(!await page.run(() => '__ran' in window));
}, { site: await openProductSite({ flags: ['--rate', '0'] }) }));
