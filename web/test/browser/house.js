// A site with the chat on it, a browser, and people in it.
import { readFileSync } from 'node:fs';
import { openSite } from '../stand-in/site.js';
import { Browser } from './driver.js';

export const chatConfig = JSON.parse(readFileSync(new URL('../../../deploy/relay/config/chat.json', import.meta.url), 'utf8'));

/** Opens everything, runs a story, closes everything; a story ends with no fault in any page. */
export async function story(tell, { config = chatConfig, site: given, flags } = {}) {
    const site = given ?? await openSite({ config });
    const browser = await Browser.launch({ flags });
    const people = [];
    const house = {
        site, browser,
        async person(options) {
            const page = await browser.person(options);
            people.push(page);
            await page.send('Page.addScriptToEvaluateOnNewDocument', { source: 'addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI, event.sample));' });
            return page;
        },
        async guest(name, options) {
            const page = await house.person(options);
            await house.comeIn(page, name);
            return page;
        },
        async comeIn(page, name) {
            await page.open(`${site.url}/chat/`);
            await page.click({ button: 'Guest' });
            await page.fill({ label: 'Your name' }, name);
            await page.click({ button: 'Come in' });
            await page.until(() => document.querySelector('.frame'));
        },
        async room(page, { name, password, encrypted, type }) {
            await page.click({ button: 'New' });
            await page.click({ button: 'New room' });
            await page.fill({ label: 'Name' }, name);
            if (type) await page.click({ button: type });
            if (password) await page.fill({ label: 'Password' }, password);
            else if (encrypted) await page.run(() => document.querySelectorAll('dialog input[type=checkbox]')[1].click());
            await page.click({ button: 'Create room' });
            await page.until((wanted) => document.querySelector('.main h1')?.innerText.includes(wanted), name);
        },
        async join(page, name) {
            await page.click({ button: 'Browse' });
            await page.click({ text: name, within: '.side' });
            await page.until((wanted) => document.querySelector('.main h1')?.innerText.includes(wanted), name);
        },
        async say(page, text) {
            await page.fill('.composer textarea', text);
            await page.press('Enter');
        },
    };
    try {
        await tell(house);
        const faults = people.flatMap((page) => page.faults);
        if (faults.length) throw new Error(`pages complained: ${faults.join(' | ')}`);
    } finally {
        await browser.close();
        await site.close();
    }
}

export const shownTexts = () => [...document.querySelectorAll('.message .text')].map((one) => one.innerText);
