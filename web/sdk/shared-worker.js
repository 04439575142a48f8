// The worker behind `SharedClient`: one client, any number of tabs.
import { ClaspClient } from './client.js';
import { deferred } from './writes.js';

let client;
let started = deferred();
let askForToken;
const tabs = new Set();

const plain = (error) => ({ name: error.name, message: error.message, code: error.code, address: error.address, reason: error.reason });

function start(url, options, tab) {
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
                askForToken = resolve;
                const [someone = tab] = tabs;
                someone.post({ needsToken: plain(refused) });
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

    constructor(port) {
        this.#port = port;
        port.onmessage = ({ data }) => this.#receive(data);
    }

    post(message) {
        this.#port.postMessage(message);
    }

    async #receive({ call, id, details = [] }) {
        if (call === 'token') return askForToken?.(details[0]);
        if (call === 'goodbye') return this.#leave();
        try {
            // Tabs may subscribe before one of them has said where to.
            if (call !== 'connect') await started.promise;
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
            if (!client || client.state === 'closed') start(details[0], details[1], this);
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
        case 'leave': {
            const held = this.#presences.get(details[0]);
            this.#presences.delete(details[0]);
            return held?.leave();
        }
        default: return client[call](...details);
        }
    }

    #leave() {
        tabs.delete(this);
        for (const one of this.#subscriptions.values()) one.unsubscribe();
        for (const one of this.#presences.values()) one.leave().catch(() => {});
        if (tabs.size === 0 && client) {
            client.close();
            client = undefined;
            started = deferred();
        }
    }
}

globalThis.onconnect = ({ ports: [port] }) => tabs.add(new Tab(port));
