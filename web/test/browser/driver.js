// Drives a real Chromium over the DevTools protocol, through a pipe. No window, no network beyond this machine.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const keys = {
    Enter: { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
    Escape: { key: 'Escape', code: 'Escape', windowsVirtualKeyCode: 27 },
    Tab: { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
    ArrowUp: { key: 'ArrowUp', code: 'ArrowUp', windowsVirtualKeyCode: 38 },
    ArrowDown: { key: 'ArrowDown', code: 'ArrowDown', windowsVirtualKeyCode: 40 },
};

export class Browser {
    #next = 1;
    #waiting = new Map();
    #sessions = new Map();

    static async launch({ flags: extra = [] } = {}) {
        const browser = new Browser();
        browser.profile = await mkdtemp(join(tmpdir(), 'chromium-'));
        const flags = [
            '--headless=new', '--remote-debugging-pipe', `--user-data-dir=${browser.profile}`, '--no-first-run', '--disable-gpu', '--mute-audio',
            '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions', '--hide-scrollbars',
            '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--disable-dev-shm-usage', '--disable-background-timer-throttling',
            '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE *.localhost , EXCLUDE 127.0.0.1',
            '--enable-precise-memory-info',
            ...(process.getuid() === 0 ? ['--no-sandbox'] : []), ...extra,
        ];
        browser.process = spawn(process.env.CHROMIUM ?? 'chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: browser.profile } });
        const [, , , input, output] = browser.process.stdio;
        browser.input = input;
        let rest = '';
        output.setEncoding('utf8');
        output.on('data', (data) => {
            const parts = (rest + data).split('\0');
            rest = parts.pop();
            parts.forEach((part) => browser.#receive(JSON.parse(part)));
        });
        browser.process.on('exit', () => browser.#waiting.forEach(({ reject }) => reject(new Error('Chromium has ended'))));
        await browser.send('Browser.getVersion');
        return browser;
    }

    send(method, params = {}, sessionId) {
        const id = this.#next;
        this.#next += 1;
        return new Promise((resolve, reject) => {
            this.#waiting.set(id, { resolve, reject, method });
            this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
        });
    }

    #receive({ id, result, error, method, params, sessionId }) {
        if (id) {
            const waiting = this.#waiting.get(id);
            this.#waiting.delete(id);
            if (error) waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
            else waiting?.resolve(result);
            return;
        }
        this.#sessions.get(sessionId)?.heard(method, params);
    }

    /** Somebody with a browser of their own: no storage is shared. */
    async person({ width = 1280, height = 800, dark = false, phone = false } = {}) {
        const { browserContextId } = await this.send('Target.createBrowserContext', { disposeOnDetach: true });
        const page = await this.page(browserContextId);
        page.browserContextId = browserContextId;
        await page.size({ width, height, phone });
        await page.dark(dark);
        return page;
    }

    async page(browserContextId) {
        const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
        const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
        const page = new Page(this, sessionId, targetId);
        this.#sessions.set(sessionId, page);
        await Promise.all(['Page.enable', 'Runtime.enable', 'Log.enable', 'Network.enable'].map((method) => page.send(method)));
        return page;
    }

    async close() {
        this.process.removeAllListeners('exit');
        const ended = new Promise((resolve) => this.process.on('exit', resolve));
        this.send('Browser.close').catch(() => {});
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
        if (this.process.exitCode === null) this.process.kill('SIGKILL');
        await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

export class Page {
    /** What went wrong in the page: exceptions, console errors, refused loads, breaches of the content policy. */
    faults = [];
    #loads = [];
    #trace = [];
    #traced;

    constructor(browser, sessionId, targetId) {
        Object.assign(this, { browser, sessionId, targetId });
    }

    send(method, params) {
        return this.browser.send(method, params, this.sessionId);
    }

    heard(method, params) {
        if (method === 'Runtime.exceptionThrown') this.faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
        if (method === 'Runtime.consoleAPICalled' && params.type === 'error') this.faults.push(params.args.map(({ value, description }) => value ?? description).join(' '));
        if (method === 'Log.entryAdded' && params.entry.level === 'error') this.faults.push(`${params.entry.text} ${params.entry.url ?? ''}`);
        if (method === 'Tracing.dataCollected') this.#trace.push(...params.value);
        if (method === 'Tracing.tracingComplete') this.#traced?.();
        if (method === 'Page.loadEventFired') this.#loads.splice(0).forEach((resolve) => resolve());
    }

    async open(url) {
        const loaded = new Promise((resolve) => this.#loads.push(resolve));
        await this.send('Page.navigate', { url });
        await loaded;
    }

    /** Of several tabs of a person one is in view; only it paints and takes clicks. */
    front() {
        return this.send('Page.bringToFront');
    }

    async reload() {
        const loaded = new Promise((resolve) => this.#loads.push(resolve));
        await this.send('Page.reload');
        await loaded;
    }

    size({ width, height, phone = false }) {
        return this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
    }

    dark(isDark) {
        return this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
    }

    offline(isOffline) {
        return this.send('Network.emulateNetworkConditions', { offline: isOffline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    }

    /** Runs a function in the page, with arguments that JSON can say. */
    async run(action, ...details) {
        const expression = `(${action})(${details.map((one) => JSON.stringify(one)).join(', ')})`;
        const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    /** Waits until a function of the page gives something true; says what it waited for when it does not. */
    async until(condition, ...details) {
        const deadline = Date.now() + 20_000;
        for (;;) {
            const value = await this.run(condition, ...details);
            if (value) return value;
            if (Date.now() > deadline) throw new Error(`waited in vain for ${condition} ${JSON.stringify(details)}; the page says: ${await this.text()}`);
            await new Promise((resolve) => setTimeout(resolve, 25));
        }
    }

    text() {
        return this.run(() => document.body.innerText.slice(0, 2000));
    }

    sees(text) {
        return this.until((wanted) => document.body.innerText.includes(wanted), text);
    }

    /** Where something that can be clicked is: by its selector, or by role and accessible name. */
    async #place(target) {
        await this.until(`(target) => Boolean((${findElement})(target))`, target);
        return this.run(`(target) => {
            const element = (${findElement})(target);
            element.scrollIntoView({ block: 'nearest' });
            const { left, top, width, height } = element.getBoundingClientRect();
            return { x: left + width / 2, y: top + height / 2 };
        }`, target);
    }

    async click(target) {
        const { x, y } = await this.#place(target);
        await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
        for (const type of ['mousePressed', 'mouseReleased']) await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }

    async hover(target) {
        await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...await this.#place(target) });
    }

    async fill(target, text) {
        await this.click(target);
        await this.run(() => document.activeElement.select?.());
        await this.type(text);
    }

    type(text) {
        return this.send('Input.insertText', { text });
    }

    async press(name, modifiers = 0) {
        const key = keys[name] ?? { key: name, code: `Key${name.toUpperCase()}`, windowsVirtualKeyCode: name.toUpperCase().charCodeAt(0) };
        await this.send('Input.dispatchKeyEvent', { type: 'keyDown', modifiers, ...key });
        await this.send('Input.dispatchKeyEvent', { type: 'keyUp', modifiers, ...key });
    }

    /**
     * The tasks of the page's main thread while something is done, in milliseconds: `cpu` is what they took of a processor,
     * whoever else wanted it, `wall` what they took on this machine.
     */
    async tasksOf(action) {
        this.#trace = [];
        await this.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', '__metadata'] } });
        await action();
        const isDone = new Promise((resolve) => { this.#traced = resolve; });
        await this.send('Tracing.end');
        await isDone;
        const { processInfo } = await this.browser.send('SystemInfo.getProcessInfo');
        const renderers = new Set(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id));
        const mains = new Set(this.#trace.filter(({ name, args, pid }) => name === 'thread_name' && args.name === 'CrRendererMain' && renderers.has(pid)).map(({ pid, tid }) => `${pid} ${tid}`));
        return this.#trace.filter(({ ph, name, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && mains.has(`${pid} ${tid}`))
            .map(({ dur, tdur }) => ({ wall: dur / 1000, cpu: (tdur ?? dur) / 1000 }));
    }

    async shoot(path) {
        const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
        await writeFile(path, Buffer.from(data, 'base64'));
    }

    close() {
        return this.browser.send('Target.closeTarget', { targetId: this.targetId });
    }
}

/** Runs in the page: `'css selector'`, or `{button: 'name'}`, `{label: 'name'}`, `{text: '…'}`, each optionally `within` a selector. */
const findElement = String(function find(target) {
    const visible = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
    if (typeof target === 'string') return [...document.querySelectorAll(target)].find(visible);
    const root = target.within ? document.querySelector(target.within) : [...document.querySelectorAll('dialog[open]')].pop() ?? document.querySelector('.popover') ?? document;
    if (!root) return undefined;
    const name = (element) => (element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText ?? '').trim();
    const fits = (wanted) => (element) => visible(element) && (name(element) === wanted || name(element).split('\n')[0] === wanted);
    if (target.button) return [...root.querySelectorAll('button, [role=option]')].find(fits(target.button));
    if (target.label) return [...root.querySelectorAll('input, textarea, select')].find(fits(target.label));
    return [...root.querySelectorAll('*')].reverse().find((element) => visible(element) && element.children.length === 0 && element.textContent.includes(target.text));
});
