// Puts the events together that came around a break: what was replayed, what came live meanwhile, what had been told
// before. Each is told once, and the missed ones come first.
import { isSameHistory, markFrom, replayBehind, Seen } from './resume.js';

export const lasting = ['event', 'stream', 'timeline'];

export class CatchingUp {
    #mark;
    #seen = new Seen();
    #early;
    #missed = [];

    /** The connection is back; events are kept until `finish`. */
    begin() {
        this.#early = [];
        this.#missed = [];
        this.now = undefined;
    }

    /** Whether an event has to wait; it is kept here then. */
    holds(event) {
        this.#early?.push(event);
        return this.#early !== undefined;
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

    /**
     * Reads what lies behind the mark; to be called when the subscriptions are in force, so that the replay and what comes
     * live overlap and leave no gap. True only if the relay has told all of it.
     */
    async read(patterns, ask) {
        if (!isSameHistory(this.#mark, this.now)) return false;
        if (this.#mark.position === this.now.position || patterns.length === 0) return true;
        const answers = await ask(patterns.map((pattern) => replayBehind(this.#mark, pattern, lasting)));
        const counted = new Seen(Infinity);
        for (const { events } of answers) {
            // Patterns that overlap bring the same event twice.
            this.#missed.push(...events.filter((event) => !counted.take(event)));
            events.forEach((event) => counted.add(event));
        }
        return answers.length === patterns.length && answers.every(({ isWhole }) => isWhole);
    }

    /** What has to be told now, in order. */
    finish() {
        const due = this.#missed.filter((event) => !this.#seen.take(event)).map((event) => ({ event, replayed: true }));
        const replayed = new Seen(Infinity);
        this.#missed.forEach((event) => replayed.add(event));
        for (const event of this.#early ?? []) {
            if (!replayed.take(event)) due.push({ event, replayed: false });
        }
        this.#early = undefined;
        this.#missed = [];
        this.#mark = this.now;
        this.#seen.clear();
        return due;
    }
}
