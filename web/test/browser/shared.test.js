import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';

test('two tabs share one connection; it ends with the last of them', () => story(async ({ site, browser, person }) => {
    const one = await person();
    const two = await browser.page(one.browserContextId);
    for (const tab of [one, two]) {
        await tab.open(`${site.url}/test/browser/shared.html`);
        await tab.until(() => window.isReady);
    }
    assert.equal(site.relay.sessions.size, 1);
    await one.run(() => window.client.set('/tabs/a', 'hello'));
    for (const tab of [one, two]) await tab.until(() => window.heard.some(([address, value]) => address === '/tabs/a' && value === 'hello'));
    assert.equal(await two.run(() => window.client.get('/tabs/a')), 'hello');
    const refusal = await two.run(() => window.client.set('/tabs/a', 'x', { revision: 77 }).catch((error) => `${error.name} ${error.code}`));
    assert.equal(refusal, 'ConflictError 400');
    site.relay.cutAll();
    await one.until(() => window.client.state === 'open' && window.client.set('/tabs/b', 'again').then(() => true));
    await two.until(() => window.heard.some(([, value]) => value === 'again'));
    await one.run(() => window.client.close());
    await two.run(() => window.client.set('/tabs/c', 'still here'));
    await two.run(() => window.client.close());
    for (const deadline = Date.now() + 10_000; site.relay.sessions.size && Date.now() < deadline;) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(site.relay.sessions.size, 0);
}, { config: null }));

/** Waits for something on this side of the pages. */
async function until(condition) {
    for (const deadline = Date.now() + 20_000; !condition();) {
        if (Date.now() > deadline) throw new Error(`waited in vain for ${condition}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

test('a tab that is closed without a word leaves nothing behind', () => story(async ({ site, browser, person }) => {
    const one = await person();
    const [two, three] = [await browser.page(one.browserContextId), await browser.page(one.browserContextId)];
    // Of this one not even the page's last event is heard, as when a process dies.
    await three.send('Page.addScriptToEvaluateOnNewDocument', { source: 'addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true)' });
    for (const tab of [one, two, three]) {
        await tab.open(`${site.url}/test/browser/shared.html`);
        await tab.until(() => window.isReady);
    }
    const isHere = (name) => site.relay.params.get(`/here/${name}`)?.value === true;
    for (const [tab, name] of [[one, 'all'], [two, 'all'], [two, 'two'], [three, 'three']]) await tab.run((who) => window.client.presence(`/here/${who}`, true).ready, name);
    await two.close();
    await until(() => !isHere('two'));
    await three.close();
    await until(() => !isHere('three'));
    assert.ok(isHere('all'), 'what another tab still says holds');
    await one.close();
    await until(() => site.relay.sessions.size === 0);
}, { config: null }));

test('a page that was put aside and comes back hears and is seen as before', () => story(async ({ site, person }) => {
    const page = await person();
    await page.open(`${site.url}/test/browser/shared.html`);
    await page.until(() => window.isReady);
    await page.run(() => window.client.presence('/here/me', true).ready);
    await page.run(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    await until(() => site.relay.sessions.size === 0);
    assert.equal(site.relay.params.get('/here/me').value, null);
    await page.run(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await until(() => site.relay.params.get('/here/me').value === true);
    await page.run(() => window.client.publish('/elsewhere', 1));
    site.relay.write('/tabs/x', 'back');
    await page.until(() => window.heard.some(([, value]) => value === 'back'));
}, { config: null }));

test('another token is asked of a tab that is there', () => story(async ({ site, browser, person }) => {
    const one = await person();
    const two = await browser.page(one.browserContextId);
    const first = site.relay.issue('ann');
    for (const tab of [one, two]) {
        await tab.open(`${site.url}/test/browser/vectors.html`);
        await tab.run(async (token) => {
            const { SharedClient } = await import('/sdk/clasp.js');
            window.client = new SharedClient(`ws://${location.host}/`, { name: 'tokens', token: ({ refused }) => (refused ? window.fresh : token) });
            await window.client.connect();
        }, first);
    }
    const fresh = site.relay.issue('ann');
    await two.run((token) => { window.fresh = token; }, fresh);
    await one.close();
    site.relay.tokens.delete(first);
    site.relay.cutAll();
    await until(() => site.relay.received.some(({ type, token }) => type === 'HELLO' && token === fresh));
    await two.until(() => window.client.state === 'open');
}));
