// What this device keeps of a room: events as they came, so that what was sealed stays sealed, each with what was found
// out about it: `isClear`, `proof`, `isModerated`, and `isUnsent` for ours until the relay has them.
import { cleanTime } from './ids.js';
import { eventOrder } from './store.js';
import { isChange } from './timeline.js';

export class Kept {
    #first;

    constructor({ store, rid }) {
        Object.assign(this, { store, rid });
    }

    put(event, about) {
        const id = isChange(event) ? `${event.type}-${event.targetId}-${event.msgId ?? event.timestamp}` : event.msgId;
        const order = eventOrder(cleanTime(event.timestamp), String(id).slice(0, 160));
        return this.store.addEvent({ rid: this.rid, order, event, ...about });
    }

    /** The next `count` before those that were asked for until now, oldest first. */
    async older(count) {
        const rows = await this.store.eventsBefore(this.rid, this.#first, count);
        if (rows.length) this.#first = rows[0].order;
        return rows;
    }

    last(count) {
        return this.store.eventsBefore(this.rid, undefined, count);
    }
}
