// Catching up on events after a break, and knowing whether that is all. This is the only place that knows how the relay
// tells its position in history: a GET of a reserved address now and then, and after a break a REPLAY of what lies behind
// that position. An ACK at its end says that nothing is missing.

/** Holds `{epoch, position}`. Positions rise within an epoch; a new epoch says that history may have been lost. */
export const positionAddress = '/clasp/relay/position';
/** What the relay says about itself is in no history. */
export const ownAddresses = '/clasp/relay/';

export function markFrom(value) {
    if (value === null || typeof value !== 'object' || value.epoch === undefined || value.position === undefined) return undefined;
    return { epoch: String(value.epoch), position: BigInt(value.position) };
}

/** What to ask to get the events behind a mark. */
export function replayBehind(mark, pattern, types) {
    return { pattern: `/clasp/relay/after/${mark.epoch}/${mark.position}${pattern}`, types };
}

export const isSameHistory = (before, now) => Boolean(before && now && before.epoch === now.epoch && before.position <= now.position);

/** Tells an event from others by what it says; two that say exactly the same are counted, not merged. */
export function fingerprint({ address, signal, phase, value, samples, timestamp, id }) {
    return JSON.stringify([address, signal, phase, timestamp, id, value, samples], (_, item) => (typeof item === 'bigint' ? `${item}n`
        : item instanceof Uint8Array ? { bytes: [...item] } : item));
}

/** The events that came since the last mark, so that a replay from there does not tell them again. */
export class Seen {
    #counts = new Map();
    #size = 0;

    constructor(limit = 5000) {
        this.limit = limit;
    }

    add(event) {
        const key = fingerprint(event);
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
        this.#size += 1;
        if (this.#size > this.limit) {
            const oldest = this.#counts.keys().next().value;
            this.#size -= this.#counts.get(oldest);
            this.#counts.delete(oldest);
        }
    }

    /** Takes one such event out, if there is one. */
    take(event) {
        const key = fingerprint(event);
        const count = this.#counts.get(key);
        if (!count) return false;
        this.#size -= 1;
        if (count === 1) this.#counts.delete(key);
        else this.#counts.set(key, count - 1);
        return true;
    }

    clear() {
        this.#counts.clear();
        this.#size = 0;
    }
}

/** Remembers the marks that senders put on confirmed events, to drop the second copy of one that was sent again. */
export class Duplicates {
    #keys = new Set();

    constructor(limit = 4000) {
        this.limit = limit;
    }

    /** Whether an event with this mark has come before. Events without one are never taken for duplicates. */
    has({ address, signal, timestamp, id }) {
        if (timestamp === undefined || id === undefined || signal === 'gesture') return false;
        const key = `${id} ${timestamp} ${address}`;
        if (this.#keys.has(key)) return true;
        this.#keys.add(key);
        if (this.#keys.size > this.limit) this.#keys.delete(this.#keys.values().next().value);
        return false;
    }
}
