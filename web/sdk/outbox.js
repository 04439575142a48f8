// What is to be sent and what was sent without being confirmed. Nothing leaves it before the relay has answered for it.

export class Outbox {
    /** Waiting for a connection, in order. */
    waiting = [];
    /** Sent on the present connection, in order. */
    sent = [];

    constructor(limit) {
        this.limit = limit;
    }

    get isFull() {
        return this.waiting.length >= this.limit;
    }

    /** Puts an operation in line. A newer SET of an address takes the place of an older one that never left. */
    add(op) {
        if (op.kind === 'set' && op.isPlain) {
            const index = this.waiting.findIndex((other) => other.kind === 'set' && other.isPlain && other.address === op.address);
            if (index >= 0) {
                const [older] = this.waiting.splice(index, 1);
                op.others = [...(older.others ?? []), older];
            }
        }
        this.waiting.push(op);
    }

    markSent(op) {
        this.sent.push(op);
    }

    /** Removes the first operation that fits and gives it out. */
    takeSent(fits) {
        const index = this.sent.findIndex(fits);
        return index < 0 ? undefined : this.sent.splice(index, 1)[0];
    }

    takeAllSent(fits) {
        const taken = this.sent.filter(fits);
        if (taken.length) this.sent = this.sent.filter((op) => !taken.includes(op));
        return taken;
    }

    /** The connection is gone: what was not confirmed goes back to the head of the line. */
    returnSent() {
        const returned = this.sent;
        this.sent = [];
        this.waiting.unshift(...returned);
        return returned;
    }

    rejectAll(error) {
        for (const op of [...this.sent, ...this.waiting]) settle(op, 'reject', error);
        this.sent = [];
        this.waiting = [];
    }
}

/** Ends an operation and those that it stood in for. */
export function settle(op, how, result) {
    for (const other of op.others ?? []) other[how](result);
    op[how](result);
}
