// One connection: from the socket to WELCOME, and frames until it ends. It never comes back; the client makes another.
import { decodeFrame, encodeFrame } from './codec/frame.js';
import { AuthError, ClaspError, ClosedError, RefusedError, TimeoutError } from './errors.js';

export async function socketClass(given) {
    if (given) return given;
    if (globalThis.WebSocket) return globalThis.WebSocket;
    return (await import('./node-socket.js')).NodeWebSocket;
}

export class Link {
    #socket;
    #refusal;
    #timers = new Set();
    #quietTimer;
    #isProbing = false;
    #ended = false;

    /** `onMessage(message, frame)` after WELCOME; `onEnd({code, reason, error})` once, for each link that was opened. */
    constructor({ url, hello, timeouts, onMessage, onEnd, onQuiet }) {
        Object.assign(this, { url, hello, timeouts, onMessage, onEnd, onQuiet });
    }

    /** WELCOME, or why there was none. */
    open(WebSocket) {
        return new Promise((resolve, reject) => {
            const socket = this.#socket = new WebSocket(this.url, 'clasp');
            socket.binaryType = 'arraybuffer';
            let settled = false;
            const settle = (call, result) => {
                if (settled) return;
                settled = true;
                this.#clear(patience);
                call(result);
            };
            const patience = this.#after(this.timeouts.connect, () => {
                settle(reject, new TimeoutError(`no WELCOME within ${this.timeouts.connect} ms`));
                this.end(1000, 'no WELCOME');
            });
            socket.onopen = () => this.send({ type: 'HELLO', ...this.hello });
            socket.onmessage = ({ data }) => {
                if (this.#ended) return;
                const frame = this.#decode(data);
                if (!frame) return;
                this.#listenForSilence();
                const { message } = frame;
                if (message.type === 'ERROR' && (message.code === 300 || message.code === 302)) this.#refusal = RefusedError.from(message);
                if (settled) this.onMessage(message, frame);
                else if (message.type === 'WELCOME') settle(resolve, message);
            };
            socket.onerror = () => {};
            socket.onclose = ({ code, reason }) => {
                const error = this.#refusal ?? (code === 1008 && !settled
                    ? new AuthError(reason || 'the relay refused the connection', { code: 300 })
                    : new ClosedError(reason || `the connection ended (${code})`, { code, reason }));
                this.#finish({ code, reason, error, refused: error instanceof AuthError });
                settle(reject, error);
            };
        });
    }

    get isOpen() {
        return !this.#ended && this.#socket?.readyState === 1;
    }

    get buffered() {
        return this.#socket?.bufferedAmount ?? 0;
    }

    send(message, options) {
        this.sendFrame(encodeFrame(message, options));
    }

    sendFrame(bytes) {
        if (this.isOpen) this.#socket.send(bytes);
    }

    end(code = 1000, reason = '') {
        const socket = this.#socket;
        this.#finish({ code: 1006, reason, error: new ClosedError(reason || 'closed', { code: 1006, reason }) });
        // What the socket still has to say is of no interest: a half-open one says it minutes later.
        try {
            socket?.close(code, reason);
        } catch (error) {
            if (!(error instanceof Error)) throw error;
        }
    }

    /** Asks whether the other side is still there; if nothing comes, the link ends. */
    probe() {
        // Who asks again while the answer is due neither shortens the wait for it nor draws it out.
        if (this.#isProbing) return;
        this.#isProbing = true;
        this.send({ type: 'PING' });
        this.#clear(this.#quietTimer);
        this.#quietTimer = this.#after(this.timeouts.answer, () => this.end(1000, 'the relay has gone silent'));
    }

    #listenForSilence() {
        this.#isProbing = false;
        this.#clear(this.#quietTimer);
        this.#quietTimer = this.#after(this.timeouts.quiet, () => this.onQuiet());
    }

    #decode(data) {
        if (typeof data === 'string') return undefined;
        try {
            return decodeFrame(new Uint8Array(data));
        } catch (error) {
            if (error instanceof ClaspError) return undefined;
            throw error;
        }
    }

    #after(milliseconds, action) {
        const timer = setTimeout(() => {
            this.#timers.delete(timer);
            action();
        }, milliseconds);
        this.#timers.add(timer);
        return timer;
    }

    #clear(timer) {
        clearTimeout(timer);
        this.#timers.delete(timer);
    }

    #finish(how) {
        if (this.#ended) return;
        this.#ended = true;
        for (const timer of this.#timers) clearTimeout(timer);
        this.#timers.clear();
        this.onEnd(how);
    }
}
