// Gets a connection and, when it breaks, another one: with which token, after which wait, until when.
import { Backoff, returnHint } from './backoff.js';
import { whenPageWakes } from './browser.js';
import { AuthError, ClaspError, ClosedError } from './errors.js';
import { Link, socketClass } from './link.js';
import { deferred } from './writes.js';

export class Connector {
    state = 'idle';
    #link;
    #token = '';
    #backoff;
    #retryTimer;
    #opening;
    #stopListening;

    /**
     * `events` hears of it: `emit(name, …)` for users; `welcomed(welcome, link)`, `received(message)`, `quiet(link)` while
     * there is a link; `lost(error)` when it has gone, `over(error)` when no other will come.
     */
    constructor(url, options, events) {
        Object.assign(this, { url, options, events });
        this.#backoff = new Backoff(options.reconnect || {});
    }

    get link() { return this.#link; }
    get hasBegun() { return this.state === 'open' || this.state === 'catching-up'; }

    connect() {
        if (this.#opening && this.state !== 'closed') return this.#opening.promise;
        this.#opening = deferred();
        this.#opening.promise.catch(() => {});
        this.#backoff.reset();
        this.#stopListening ??= whenPageWakes(() => this.wake());
        this.#attempt();
        return this.#opening.promise;
    }

    /** All that follows WELCOME is done. */
    opened(details) {
        this.#backoff.reset();
        this.enter('open');
        this.#opening.resolve(details);
    }

    close(code, reason) {
        const link = this.#link;
        this.#shut(new ClosedError('closed here', { code, reason }));
        link?.end(code, reason);
    }

    wake() {
        if (this.state === 'waiting') {
            clearTimeout(this.#retryTimer);
            this.#attempt();
        } else {
            this.#link?.probe();
        }
    }

    enter(state) {
        if (this.state === state) return;
        this.state = state;
        this.events.emit('state', state);
    }

    /** What every connection begins with. */
    get introduction() {
        const { name, features, connectTimeout, quietAfter, answerWithin } = this.options;
        return {
            url: this.url,
            hello: { version: 1, features, name, token: this.#token },
            timeouts: { connect: connectTimeout, quiet: quietAfter, answer: answerWithin },
        };
    }

    async #attempt() {
        this.enter('connecting');
        let link;
        try {
            if (!this.#token) this.#token = await this.#askForToken();
            const WebSocket = await socketClass(this.options.WebSocket);
            if (this.state !== 'connecting') return;
            const isOurs = () => link === this.#link;
            link = this.#link = new Link({
                ...this.introduction,
                onMessage: (message) => isOurs() && this.events.received(message),
                onEnd: (how) => isOurs() && this.#ended(how),
                onQuiet: () => this.events.quiet(link),
            });
            const welcome = await link.open(WebSocket);
            if (isOurs()) await this.events.welcomed(welcome, link);
        } catch (error) {
            // Where a link was made, its end has said so already.
            if (!link) this.#ended({ error, code: 1006, reason: error.message });
            else if (!(error instanceof ClaspError)) throw error;
        }
    }

    async #askForToken(refused) {
        const { token } = this.options;
        return (typeof token === 'function' ? await token({ refused }) : token) ?? '';
    }

    #ended({ error, code, reason }) {
        this.#link = undefined;
        this.events.lost(error);
        if (this.state === 'closed') return;
        this.events.emit('disconnect', { error, code, reason });
        if (!this.options.reconnect) this.#shut(error);
        else if (error instanceof AuthError) this.#renewToken(error);
        else this.#wait(this.#backoff.next(returnHint(code, reason)), error);
    }

    /** A refused token is worth another try only when there is another token. */
    async #renewToken(refusal) {
        const before = this.#token;
        this.enter('waiting');
        let token = '';
        try {
            if (typeof this.options.token === 'function') token = await this.#askForToken(refusal);
        } catch (error) {
            return this.#shut(error instanceof ClaspError ? error : refusal);
        }
        if (this.state !== 'waiting') return undefined;
        if (!token || token === before) return this.#shut(refusal);
        this.#token = token;
        return this.#wait(this.#backoff.next(), refusal);
    }

    #wait(delay, error) {
        if (delay === undefined) return this.#shut(error);
        this.enter('waiting');
        this.events.emit('reconnecting', { delay, error, attempt: this.#backoff.count });
        this.#retryTimer = setTimeout(() => this.#attempt(), delay);
        return undefined;
    }

    #shut(error) {
        if (this.state === 'closed') return;
        this.enter('closed');
        clearTimeout(this.#retryTimer);
        this.#stopListening?.();
        this.#stopListening = undefined;
        this.#link = undefined;
        this.events.over(error);
        this.#opening?.reject(error);
        this.events.emit('close', error);
    }
}
