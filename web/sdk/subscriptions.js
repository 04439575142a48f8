// Who listens to what, and what each has been told.
import { lasting } from './catching-up.js';
import { guarded } from './emitter.js';
import { Params } from './params.js';
import { compile } from './patterns.js';
import { Duplicates, ownAddresses } from './resume.js';
import { deferred } from './writes.js';

export class Subscriptions {
    #all = new Map();
    #nextId = 1;
    #params = new Params();

    [Symbol.iterator]() {
        return this.#all.values();
    }

    add(pattern, handler, { types = [], ...options }) {
        const subscription = {
            id: this.#nextId, pattern, types, handler,
            options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
            matches: compile(pattern),
            takes: (signal) => types.length === 0 || types.includes(signal),
            /** Address to version of what was told last. */
            told: new Map(),
            /** Of events. Each its own: who subscribes anew is told the history again. */
            duplicates: new Duplicates(),
            /** When it was sent, to tell when the relay has come to it. */
            sequence: Infinity,
            ready: deferred(),
        };
        // Who does not ask whether it worked has not asked for an uncaught error either.
        subscription.ready.promise.catch(() => {});
        this.#nextId += 1;
        this.#all.set(subscription.id, subscription);
        return subscription;
    }

    delete({ id }) {
        if (!this.#all.delete(id)) return false;
        this.#params.forget((address) => this.#isWatched(address));
        return true;
    }

    /** Each pattern that may have missed events. */
    eventPatterns() {
        const wanted = [...this].filter((one) => !one.pattern.startsWith(ownAddresses) && lasting.some((signal) => one.takes(signal)));
        return [...new Set(wanted.map((one) => one.pattern))];
    }

    /** The relay has come to everything up to here, and has told what was there for it. */
    processed(upTo) {
        for (const subscription of this) if (subscription.sequence <= upTo) subscription.ready.resolve();
    }

    /** The one that a refusal means: the first with that pattern that the relay had not come to. */
    refusedAt(pattern, processed) {
        return [...this].find((one) => one.pattern === pattern && one.sequence > processed);
    }

    #isWatched(address) {
        for (const subscription of this) if (subscription.matches(address)) return true;
        return false;
    }

    // — Telling —

    beginConnection() {
        this.#params.beginConnection();
    }

    accept(message, isSnapshot) {
        if (!this.#isWatched(message.address)) return;
        const param = this.#params.accept(message);
        if (param) this.#tell(param, isSnapshot);
    }

    /** The relay has told all it has: what it did not mention is gone. */
    tellVanished() {
        for (const param of this.#params.takeVanished((address) => this.#isWatched(address))) this.#tell(param, false);
    }

    #tell({ address, value, revision, writer, timestamp, skipped, version, removed = false }, isSnapshot) {
        for (const subscription of [...this]) {
            if (!subscription.takes('param') || !subscription.matches(address) || subscription.told.get(address) === version) continue;
            if (removed) subscription.told.delete(address);
            else subscription.told.set(address, version);
            guarded(subscription.handler, value, address, { signal: 'param', revision, writer, timestamp, skipped, removed, snapshot: isSnapshot });
        }
    }

    tellEvent(event, replayed) {
        const { address, signal, phase, id, samples, timestamp, rate } = event;
        for (const subscription of [...this]) {
            if (!subscription.takes(signal) || !subscription.matches(address) || subscription.duplicates.has(event)) continue;
            guarded(subscription.handler, event.value ?? samples ?? null, address, { signal, phase, id, samples, timestamp, rate, replayed });
        }
    }
}
