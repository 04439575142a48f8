// Sends as fast as it is asked to until the relay says that this is too fast; from then on, as many messages a second as
// relays allow, in order.

export class Pacer {
    #line = [];
    #timer;
    #allowance = Infinity;
    #since = 0;

    constructor(send, { perSecond = 20, burst = 20 } = {}) {
        Object.assign(this, { send, perSecond, burst });
    }

    push(frame) {
        this.#line.push(frame);
        this.#pump();
    }

    slowDown() {
        this.#line = [];
        this.#allowance = this.burst;
        this.#since = Date.now();
    }

    stop() {
        clearTimeout(this.#timer);
        this.#line = [];
    }

    #pump() {
        if (this.#allowance !== Infinity) {
            const now = Date.now();
            this.#allowance = Math.min(this.burst, this.#allowance + ((now - this.#since) / 1000) * this.perSecond);
            this.#since = now;
        }
        while (this.#line.length && this.#allowance >= 1) {
            this.#allowance -= 1;
            this.send(this.#line.shift());
        }
        clearTimeout(this.#timer);
        if (this.#line.length) this.#timer = setTimeout(() => this.#pump(), 1000 / this.perSecond);
    }
}
