// How much is unread in each room. Kept on this device, since who reloads has not read it.
const name = 'unread';

export class Tally {
    #counts;

    /** `settings` keeps small things: `{get(name), set(name, value)}`. */
    constructor(settings) {
        this.settings = settings;
        this.#counts = new Map(Object.entries(settings.get(name) ?? {}).filter(([, count]) => Number.isSafeInteger(count) && count > 0));
    }

    of(rid) {
        return this.#counts.get(rid) ?? 0;
    }

    set(rid, count) {
        if (count === this.of(rid)) return;
        if (count > 0) this.#counts.set(rid, count);
        else this.#counts.delete(rid);
        this.settings.set(name, Object.fromEntries(this.#counts));
    }
}
