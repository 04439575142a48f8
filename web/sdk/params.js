// What is known of the params that are subscribed, and who has been told of it. A change is told once to each
// subscription, whatever way it came: live, in the snapshot of another subscription, or after a reconnect.
import { sameValue } from './codec/values.js';

export class Params {
    #known = new Map();
    #connection = 0;
    #version = 0;

    /** A new connection: what it says first of an address counts, whatever revision it has. */
    beginConnection() {
        this.#connection += 1;
    }

    get(address) {
        return this.#known.get(address);
    }

    /** Takes in what the relay says of a param. The result is what is known of it now; undefined if it was old news. */
    accept({ address, value, revision, writer, timestamp }) {
        const before = this.#known.get(address);
        if (before && before.connection === this.#connection) {
            if (revision === before.revision) return before;
            // Within a connection revisions rise, except that a removal ends the line and the next one starts at 1.
            if (revision < before.revision && before.value !== null) return undefined;
        }
        if (before && before.connection !== this.#connection && revision === before.revision && sameValue(value, before.value)) {
            before.connection = this.#connection;
            return before;
        }
        this.#version += 1;
        const param = {
            address, value, revision, writer, timestamp,
            connection: this.#connection,
            version: this.#version,
            skipped: before && before.connection === this.#connection && revision > before.revision + 1 ? revision - before.revision - 1 : 0,
        };
        this.#known.set(address, param);
        return param;
    }

    /** The params of earlier connections that this one has not mentioned although it has told all it has: they are gone. */
    takeVanished(isWatched) {
        const vanished = [];
        for (const [address, param] of this.#known) {
            if (param.connection === this.#connection || !isWatched(address)) continue;
            this.#known.delete(address);
            if (param.value === null) continue;
            this.#version += 1;
            vanished.push({ address, value: null, revision: param.revision, version: this.#version, removed: true, skipped: 0 });
        }
        return vanished;
    }

    forget(isWatched) {
        for (const address of this.#known.keys()) {
            if (!isWatched(address)) this.#known.delete(address);
        }
    }
}
