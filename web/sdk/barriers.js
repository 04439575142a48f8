// Questions that the relay answers in order: when the answer to a SYNC is here, everything sent before it was processed.

export class Barriers {
    #open = new Map();
    #last = 0;

    constructor(send) {
        this.send = send;
    }

    /** `true` when the relay has come to this point, `false` when it may have dropped what was sent before. */
    ask(upTo = 0) {
        // The time is the question's name as well, so no two may be the same.
        this.#last = Math.max(this.#last + 1, Date.now() * 1000);
        const t1 = this.#last;
        return new Promise((resolve, reject) => {
            this.#open.set(t1, { resolve, reject, upTo, sound: true });
            this.send({ type: 'SYNC', t1 });
        });
    }

    /** Takes the relay's answer; the result is up to where everything has been processed. */
    answer({ t1 }) {
        const barrier = this.#open.get(t1);
        if (!barrier) return undefined;
        this.#open.delete(t1);
        barrier.resolve(true);
        return barrier.upTo;
    }

    /** The relay dropped something: no open question says anything any more. */
    taint() {
        for (const barrier of this.#open.values()) barrier.resolve(false);
        this.#open.clear();
    }

    fail(error) {
        for (const barrier of this.#open.values()) barrier.reject(error);
        this.#open.clear();
    }
}
