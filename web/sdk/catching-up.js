// Puts the events together that came around a break: what was replayed, what came live meanwhile, what had been told
// before. Each is told once, and the missed ones come first.
import { isSameHistory, markFrom, replayBehind, Seen } from './resume.js';

export const lasting = ['event', 'stream', 'timeline'];

export class CatchingUp {
    #mark;
    #seen = new Seen();
    #early;
    #replaying;
    #missed = [];

    /** The connection is back; events are kept until `finish`. */
    begin() {
        this.#early = [];
        this.#missed = [];
        this.#replaying = undefined;
        this.now = undefined;
    }

    /** Whether an event has to wait; it is kept here then. */
    holds(event) {
        if (!this.#early) return false;
        (this.#replaying ?? this.#early).push(event);
        return true;
    }

    /** An event was told; a replay from the present mark would tell it again. */
    told(event) {
        if (this.#mark && event.signal !== 'gesture') this.#seen.add(event);
    }

    /** The relay says where its history stands. All that came before is behind us. */
    position(value) {
        this.now = markFrom(value);
        if (this.#early) return;
        this.#mark = this.now;
        this.#seen.clear();
    }

    get knowsPosition() {
        return this.#mark !== undefined;
    }

    /** Asks for what lies between the break and now, pattern by pattern. True only if all of that was told. */
    async replay(patterns, until, ask) {
        if (!isSameHistory(this.#mark, this.now)) return false;
        if (this.#mark.position === this.now.position) return true;
        const counted = new Seen(Infinity);
        let isWhole = true;
        for (const pattern of patterns) {
            this.#replaying = [];
            const arrived = this.#replaying;
            isWhole = await ask(replayBehind(this.#mark, pattern, lasting, until)) && isWhole;
            // Patterns that overlap bring the same event twice.
            const fresh = arrived.filter((event) => !counted.take(event));
            arrived.forEach((event) => counted.add(event));
            this.#missed.push(...fresh);
        }
        return isWhole;
    }

    /** What has to be told now, in order. */
    finish() {
        const replayed = new Seen(Infinity);
        const early = this.#early ?? [];
        const due = [];
        for (const event of this.#missed) {
            replayed.add(event);
            if (!this.#seen.take(event)) due.push({ event, replayed: true });
        }
        for (const event of early) {
            if (!replayed.take(event)) due.push({ event, replayed: false });
        }
        this.#early = undefined;
        this.#replaying = undefined;
        this.#missed = [];
        this.#mark = this.now;
        this.#seen.clear();
        return due;
    }
}
