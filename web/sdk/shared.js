// One connection for all tabs of a page: a SharedWorker holds the client, each tab talks to it through a port.
import { Emitter, guarded } from './emitter.js';
import * as errors from './errors.js';

const asked = ['set', 'publish', 'stream', 'gesture', 'bundle', 'get', 'getParam', 'query', 'announce', 'history', 'sync'];

/** The same calls as `ClaspClient`; token and options are those of the tab that comes first. */
export class SharedClient extends Emitter {
    #port;
    #calls = new Map();
    #handlers = new Map();
    #next = 1;
    #opening;

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
        for (const name of asked) this[name] = (...details) => this.#call(name, details);
    }

    get isOpen() { return this.state === 'open'; }

    connect() {
        this.#opening ??= (async () => {
            const { token } = this.options;
            return this.#call('connect', [this.url, { ...this.options, token: typeof token === 'function' ? await token({}) : token }]);
        })();
        return this.#opening;
    }

    /** This tab leaves; the connection ends with the last one. */
    close() {
        this.#port.postMessage({ call: 'goodbye' });
        this.#port.close();
        this.state = 'closed';
    }

    subscribe(pattern, handler, options) {
        const id = this.#next;
        this.#next += 1;
        this.#handlers.set(id, handler);
        const ready = this.#call('subscribe', [id, pattern, options]);
        ready.catch(() => {});
        return {
            pattern,
            ready,
            unsubscribe: () => {
                if (this.#handlers.delete(id)) this.#call('unsubscribe', [id]);
            },
        };
    }

    presence(address, value) {
        const make = typeof value === 'function' ? value : () => value;
        return {
            ready: this.#call('presence', [address, make()]),
            refresh: () => this.set(address, make()),
            leave: () => this.#call('leave', [address]),
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
        if (subscription && this.#handlers.has(subscription)) guarded(this.#handlers.get(subscription), ...told);
        const call = this.#calls.get(id);
        if (!call) return;
        this.#calls.delete(id);
        if (failure) call.reject(revive(failure));
        else call.resolve(result);
    }

    async #renew(refused) {
        const { token } = this.options;
        const fresh = typeof token === 'function' ? await token({ refused: revive(refused) }).catch(() => '') : '';
        this.#port.postMessage({ call: 'token', details: [fresh] });
    }
}

function revive({ name, message, ...details }) {
    const error = new errors.ClaspError(message, details);
    if (Object.hasOwn(errors, name)) Object.setPrototypeOf(error, errors[name].prototype);
    error.name = name;
    return error;
}
