// One connection for all tabs of a page: a SharedWorker holds the client, each tab talks to it through a port.
import { holdLock, whenPageLeaves } from './browser.js';
import { Emitter, guarded } from './emitter.js';
import * as errors from './errors.js';

const asked = ['set', 'publish', 'stream', 'gesture', 'bundle', 'get', 'getParam', 'query', 'announce', 'history', 'sync'];

/** The same calls as `ClaspClient`; token and options are those of the tab that comes first. */
export class SharedClient extends Emitter {
    #port;
    #calls = new Map();
    #subscriptions = new Map();
    #presences = new Map();
    #next = 1;
    #opening;
    #lock;
    #stopWatching;

    static get isSupported() {
        return typeof globalThis.SharedWorker === 'function';
    }

    constructor(url, options = {}) {
        super();
        this.url = String(url);
        this.state = 'idle';
        const worker = new SharedWorker(new URL('./shared-worker.js', import.meta.url), { type: 'module', name: `clasp ${this.url} ${options.name ?? ''}` });
        this.#port = worker.port;
        this.#port.onmessage = ({ data }) => this.#receive(data);
        this.options = options;
        this.#stopWatching = whenPageLeaves({ leave: () => this.#sayGoodbye(), comeBack: () => this.#comeBack() });
        for (const name of asked) this[name] = (...details) => this.#call(name, details);
    }

    get isOpen() { return this.state === 'open'; }

    connect() {
        this.#opening ??= (async () => {
            const { token } = this.options;
            this.#lock ??= await holdLock();
            return this.#call('connect', [this.url, { ...this.options, token: typeof token === 'function' ? await token({}) : token }, this.#lock.name]);
        })();
        return this.#opening;
    }

    /** This tab leaves, as it does when its page goes; the connection ends with the last one. */
    close() {
        this.#stopWatching();
        this.#sayGoodbye();
        this.#port.close();
        this.#lock?.release();
        this.state = 'closed';
    }

    #sayGoodbye() {
        this.#port.postMessage({ call: 'goodbye' });
    }

    /** The page had been put aside and is back: what it listens to and says of itself is said anew. */
    #comeBack() {
        for (const { reject } of this.#calls.values()) reject(new errors.ClosedError('the page was put aside'));
        this.#calls.clear();
        if (!this.#opening) return;
        this.#opening = undefined;
        this.connect().catch(() => {});
        for (const [id, { pattern, options }] of this.#subscriptions) this.#call('subscribe', [id, pattern, options]).catch(() => {});
        for (const [address, make] of this.#presences) this.#call('presence', [address, make()]).catch(() => {});
    }

    subscribe(pattern, handler, options) {
        const id = this.#next;
        this.#next += 1;
        this.#subscriptions.set(id, { pattern, handler, options });
        const ready = this.#call('subscribe', [id, pattern, options]);
        ready.catch(() => {});
        return {
            pattern,
            ready,
            unsubscribe: () => {
                if (this.#subscriptions.delete(id)) this.#call('unsubscribe', [id]);
            },
        };
    }

    presence(address, value) {
        const make = typeof value === 'function' ? value : () => value;
        this.#presences.set(address, make);
        return {
            ready: this.#call('presence', [address, make()]),
            refresh: () => this.set(address, make()),
            leave: () => {
                this.#presences.delete(address);
                return this.#call('leave', [address]);
            },
        };
    }

    #call(name, details) {
        const id = this.#next;
        this.#next += 1;
        return new Promise((resolve, reject) => {
            this.#calls.set(id, { resolve, reject });
            this.#port.postMessage({ call: name, id, details });
        });
    }

    #receive({ id, result, failure, subscription, told, event, detail, state, session, needsToken }) {
        if (session) this.session = session;
        if (state && state !== this.state) {
            this.state = state;
            this.emit('state', state);
        }
        if (event) this.emit(event, event === 'error' || event === 'close' ? revive(detail) : detail);
        if (needsToken) this.#renew(needsToken);
        if (this.#subscriptions.has(subscription)) guarded(this.#subscriptions.get(subscription).handler, ...told);
        const call = this.#calls.get(id);
        if (!call) return;
        this.#calls.delete(id);
        if (failure) call.reject(revive(failure));
        else call.resolve(result);
    }

    async #renew(refused) {
        const { token } = this.options;
        let fresh = '';
        try {
            if (typeof token === 'function') fresh = await token({ refused: revive(refused) });
        } catch {
            // Without another token it ends as it would have: with the refusal.
        }
        this.#port.postMessage({ call: 'token', details: [fresh] });
    }
}

function revive({ name, message, ...details }) {
    const error = new errors.ClaspError(message, details);
    if (Object.hasOwn(errors, name)) Object.setPrototypeOf(error, errors[name].prototype);
    error.name = name;
    return error;
}
