// The worker behind `SharedClient`: one client, any number of tabs.
import { ClaspClient } from './client.js';
import { deferred } from './writes.js';

let client;
let started = deferred();
/** Whom we have asked for another token, why, and what waits for it. */
let renewal;
const tabs = new Set();

const plain = (error) => ({ name: error.name, message: error.message, code: error.code, address: error.address, reason: error.reason });

/** One tab is asked; if it goes before it has answered, another one. */
function askForToken() {
    const [tab] = tabs;
    renewal.tab = tab;
    if (tab) tab.post({ needsToken: plain(renewal.refused) });
    else renew('');
}

function renew(token) {
    renewal?.resolve(token);
    renewal = undefined;
}

function start(url, options) {
    const first = options.token;
    let isFirst = true;
    client = new ClaspClient(url, {
        ...options,
        token({ refused }) {
            if (isFirst || !refused) {
                isFirst = false;
                return first;
            }
            return new Promise((resolve) => {
                renewal = { refused, resolve };
                askForToken();
            });
        },
    });
    const tell = (message) => tabs.forEach((one) => one.post(message));
    client.on('state', (state) => tell({ state, session: client.session }));
    client.on('open', (detail) => tell({ event: 'open', detail, session: client.session, state: client.state }));
    client.on('reconnecting', ({ delay, attempt }) => tell({ event: 'reconnecting', detail: { delay, attempt } }));
    for (const name of ['error', 'close']) client.on(name, (error) => tell({ event: name, detail: plain(error) }));
    started.resolve();
}

class Tab {
    #port;
    #subscriptions = new Map();
    #presences = new Map();
    #isWatched = false;

    constructor(port) {
        this.#port = port;
        port.onmessage = ({ data }) => this.#receive(data);
    }

    post(message) {
        this.#port.postMessage(message);
    }

    async #receive({ call, id, details = [] }) {
        if (call === 'token') return renewal?.tab === this ? renew(details[0]) : undefined;
        if (call === 'goodbye') return this.#leave();
        try {
            // Tabs may subscribe before one of them has said where to.
            if (call !== 'connect') await started.promise;
            if (call !== 'connect' && !tabs.has(this)) return undefined;
            const result = await this.#perform(call, details);
            this.post({ id, result });
        } catch (error) {
            this.post({ id, failure: plain(error) });
        }
        return undefined;
    }

    #perform(call, details) {
        switch (call) {
        case 'connect':
            this.#enter(details[2]);
            if (!client || client.state === 'closed') start(details[0], details[1]);
            this.post({ state: client.state, session: client.session });
            return client.connect();
        case 'subscribe': {
            const [id, pattern, options] = details;
            const one = client.subscribe(pattern, (...told) => this.post({ subscription: id, told }), options);
            this.#subscriptions.set(id, one);
            return one.ready;
        }
        case 'unsubscribe':
            this.#subscriptions.get(details[0])?.unsubscribe();
            this.#subscriptions.delete(details[0]);
            return undefined;
        case 'presence': {
            const held = client.presence(...details);
            this.#presences.set(details[0], held);
            return held.ready;
        }
        case 'leave': return this.#withdraw(details[0]);
        default: return client[call](...details);
        }
    }

    /** Another tab may be saying the same of the same user. */
    #withdraw(address) {
        const held = this.#presences.get(address);
        this.#presences.delete(address);
        return [...tabs].some((tab) => tab !== this && tab.#presences.has(address)) ? undefined : held?.leave();
    }

    /** `lock` is held by the page; when we get it, the page has gone without a word. */
    #enter(lock) {
        tabs.add(this);
        if (lock && !this.#isWatched) navigator.locks.request(lock, () => this.#leave());
        this.#isWatched = true;
    }

    #leave() {
        tabs.delete(this);
        for (const one of this.#subscriptions.values()) one.unsubscribe();
        this.#subscriptions.clear();
        for (const address of [...this.#presences.keys()]) this.#withdraw(address)?.catch(() => {});
        if (renewal?.tab === this) askForToken();
        if (tabs.size === 0 && client) {
            client.close();
            client = undefined;
            started = deferred();
        }
    }
}

globalThis.onconnect = ({ ports: [port] }) => tabs.add(new Tab(port));
