// When to try again. Full jitter: anything between nothing and a bound that doubles, so that a thousand clients of a
// relay that restarts come back one by one.

export class Backoff {
    constructor({ base = 500, cap = 30_000, attempts = Infinity, random = Math.random } = {}) {
        Object.assign(this, { base, cap, attempts, random });
        this.count = 0;
    }

    reset() {
        this.count = 0;
    }

    /** Milliseconds to wait, or undefined when it is time to give up. */
    next(hint) {
        if (this.count >= this.attempts) return undefined;
        const bound = Math.min(this.cap, this.base * 2 ** Math.min(this.count, 30));
        this.count += 1;
        return (hint ?? 0) + this.random() * bound;
    }
}

/** What a relay that goes away says about its return, in milliseconds: "restarting; retry-after=5". */
export function returnHint(code, reason) {
    if (code !== 1012 && code !== 1013) return undefined;
    const found = /retry-after=(\d{1,4}(?:\.\d{1,3})?)\b/.exec(reason);
    return found ? Math.min(300_000, Number(found[1]) * 1000) : undefined;
}
