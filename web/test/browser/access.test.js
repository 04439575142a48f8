import assert from 'node:assert/strict';
import { test } from 'node:test';
import { story } from './house.js';

/** Runs in the page: what somebody without a mouse, or without sight of the screen, would stumble over. */
function audit() {
    const faults = [];
    const visible = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden' && !element.closest('[aria-hidden="true"]');
    const tell = (what, element) => faults.push(`${what}: <${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${element.textContent.trim().slice(0, 40)}`);
    const name = (element) => (element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent ?? '').trim() || (element.getAttribute('title') ?? '');
    const all = [...document.querySelectorAll('body *')].filter(visible);
    for (const element of all) {
        if (element.matches('button, a[href], input, textarea, select, [role=tab], [role=option]') && !name(element)) tell('has no name', element);
        if (element.matches('img') && !element.hasAttribute('alt')) tell('has no alternative text', element);
        const controls = element.getAttribute('aria-controls');
        if (controls && !document.getElementById(controls)) tell(`controls "${controls}", which is not there`, element);
        for (const id of (element.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean)) if (!document.getElementById(id)) tell('is labelled by nothing', element);
        if (element.tabIndex > 0) tell('breaks the focus order', element);
        if (element.matches('[role=tab]') && !element.closest('[role=tablist]')) tell('is a tab outside a tablist', element);
        if (element.matches('dialog') && !element.getAttribute('aria-label')) tell('is a dialog without a name', element);
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    ids.filter((id, index) => ids.indexOf(id) !== index).forEach((id) => faults.push(`the id ${id} occurs twice`));
    if (!document.documentElement.lang) faults.push('the page has no language');
    if (document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll('.main, .side, .timeline, .details')].some((one) => one.scrollWidth > one.clientWidth + 1)) faults.push('something is wider than its place');
    if (document.querySelectorAll('main').length !== 1) faults.push('there is not exactly one main');
    const headings = [...document.querySelectorAll('h1')].filter(visible);
    if (headings.length !== 1) faults.push(`${headings.length} first headings`);

    const parse = (color) => {
        const canvas = audit.canvas ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const luminance = (color) => color.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
        if (!element) return [255, 255, 255, 1];
        const color = parse(getComputedStyle(element).backgroundColor);
        return color[3] === 1 ? color : over(color, ground(element.parentElement));
    };
    const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
    for (const element of all) {
        const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!hasText || element.closest('.hidden, [disabled]') || opacity(element) < 0.99) continue;
        if (/^[\p{Extended_Pictographic}\s\u200d\ufe0f]+$/u.test(element.textContent)) continue;
        const style = getComputedStyle(element);
        const below = ground(element);
        const [light, dark] = [luminance(over(parse(style.color), below)), luminance(below)].sort((a, b) => b - a);
        const ratio = (light + 0.05) / (dark + 0.05);
        const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (isLarge ? 3 : 4.5)) tell(`contrast ${ratio.toFixed(2)}`, element);
    }
    return faults;
}

test('every view can be used without a mouse and without seeing it', () => story(async ({ site, person, guest, room, join, say }) => {
    const looks = async (page, view) => {
        for (const isDark of [false, true]) {
            await page.dark(isDark);
            const faults = await page.run(audit);
            assert.deepEqual(faults, [], `${view}, ${isDark ? 'dark' : 'light'}`);
        }
        await page.dark(false);
    };
    const start = await person();
    await start.open(`${site.url}/`);
    await looks(start, 'start page');
    await start.open(`${site.url}/chat/`);
    await start.sees('Sign in');
    for (const way of ['Sign in', 'Register', 'Guest']) {
        await start.click(`#tab-${{ 'Sign in': 'login', Register: 'register', Guest: 'guest' }[way]}`);
        await looks(start, way);
    }
    const ann = await guest('Ann Fischer');
    await looks(ann, 'welcome');
    await room(ann, { name: 'Lobby', type: 'Text and video' });
    const bob = await guest('Bob');
    await join(bob, 'Lobby');
    await say(ann, 'hello **bob** `code` https://example.org');
    await say(bob, 'hi');
    await bob.until(() => document.querySelectorAll('.message').length === 2);
    await bob.run(() => {
        document.querySelector('.message').focus();
        document.querySelector('[aria-label="React"]').click();
    });
    await looks(bob, 'emoji');
    await bob.click({ button: '🎉' });
    await ann.until(() => document.querySelector('.reaction'));
    await looks(ann, 'room');
    await say(ann, `a line that goes on and on, ${'with words and more words '.repeat(10)}`);
    await bob.sees('with words');
    await bob.run(() => {
        const message = [...document.querySelectorAll('.message')].pop();
        message.focus();
        message.querySelector('[aria-label="Reply"]').click();
    });
    await say(bob, 'x'.repeat(300));
    await bob.size({ width: 360, height: 740, phone: true });
    await looks(bob, 'room on a phone');
    for (const panel of ['About this room', 'Search this room']) {
        await ann.click({ button: panel });
        await looks(ann, panel);
    }
    await ann.press('Escape');
    for (const tab of ['People', 'Browse', 'Rooms']) {
        await ann.click({ button: tab });
        await looks(ann, tab);
    }
    for (const item of ['New room', 'Join by invitation', 'Add a friend', 'New group']) {
        await ann.click({ button: 'New' });
        await ann.click({ button: item });
        await looks(ann, item);
        await ann.press('Escape');
        await ann.until(() => !document.querySelector('dialog'));
    }
    await ann.click('.self');
    await looks(ann, 'settings');
    await ann.press('Escape');
    await ann.press('k', 2);
    await looks(ann, 'go to');
    await ann.press('Escape');
}));

test('a room is made, opened and written to with the keyboard alone', () => story(async ({ guest }) => {
    const page = await guest('Ann');
    const walkTo = async (name) => {
        for (let steps = 0; steps < 40; steps += 1) {
            if (await page.run((wanted) => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim() === wanted, name)) return;
            await page.press('Tab');
        }
        throw new Error(`the focus never came to ${name}`);
    };
    await walkTo('New');
    await page.press('Enter');
    await page.press('Enter');
    await page.until(() => document.activeElement?.labels?.[0]?.innerText === 'Name');
    await page.type('Keys only');
    await page.press('Enter');
    await page.until(() => document.querySelector('.main h1')?.innerText.includes('Keys only'));
    await page.run(() => document.querySelector('.composer textarea').focus());
    await page.type('typed');
    await page.press('Enter');
    await page.sees('typed');
    await page.press('ArrowUp');
    await page.until(() => document.querySelector('.composer textarea').value === 'typed');
    await page.type(' and edited');
    await page.press('Enter');
    await page.sees('(edited)');
}));
