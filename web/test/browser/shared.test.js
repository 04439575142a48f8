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
