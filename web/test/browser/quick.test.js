import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';

test('the first paint is early, nothing moves afterwards, and nothing comes from elsewhere', (t) => story(async ({ site, person, browser }) => {
    const page = await person();
    await page.send('Page.addScriptToEvaluateOnNewDocument', { source: 'window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shifts += entry.value; })).observe({ type: "layout-shift", buffered: true });' });
    await page.send('Network.setCacheDisabled', { cacheDisabled: true });
    await page.open(`${site.url}/chat/`);
    await page.sees('Sign in');
    const { paint, shifts, hosts, count, bytes } = await page.run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        const loads = performance.getEntriesByType('resource');
        return {
            paint: performance.getEntriesByName('first-contentful-paint')[0].startTime, shifts: window.shifts,
            hosts: [...new Set(loads.map(({ name }) => new URL(name).host))], count: loads.length, bytes: loads.reduce((sum, one) => sum + one.encodedBodySize, 0),
        };
    });
    t.diagnostic(`first paint after ${Math.round(paint)} ms, layout shift ${shifts.toFixed(3)}, ${count} files, ${Math.round(bytes / 1024)} KiB uncompressed`);
    assert.deepEqual(hosts, [new URL(site.url).host]);
    assert.ok(bytes < 400 * 1024, `${bytes} bytes`);
    assert.ok(shifts < 0.02, `layout shift ${shifts}`);
    assert.ok(browser);
}));
