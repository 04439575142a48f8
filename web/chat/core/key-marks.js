// Knowing people's keys again: a mark for each that was seen in a room, and a warning for one that has changed.
import { fingerprint } from './crypto.js';

export class KeyMarks {
    /** Whose key has changed, until the user has looked at it: `{wasVerified}` by uid. */
    changed = new Map();

    constructor(room) {
        this.room = room;
        this.store = room.session.store;
    }

    async load() {
        for (const { id, warns, wasVerified } of await this.store.all('marks', `${this.room.rid}:`)) {
            if (warns) this.changed.set(id.slice(this.room.rid.length + 1), { wasVerified });
        }
    }

    of(uid) {
        return this.store.get('marks', `${this.room.rid}:${uid}`);
    }

    async remember(uid, publicKey) {
        const now = await fingerprint(publicKey).catch(() => undefined);
        if (!now) return;
        const known = await this.of(uid);
        if (known?.fingerprint === now) return;
        // The warning outlives the page: nobody may be looking at the room when it is due.
        const wasVerified = known?.isVerified || known?.wasVerified || false;
        await this.store.put('marks', { id: `${this.room.rid}:${uid}`, fingerprint: now, before: known?.fingerprint, since: Date.now(), isVerified: false, warns: Boolean(known), wasVerified });
        if (!known) return;
        this.changed.set(uid, { wasVerified });
        this.room.emit('key-changed', { uid, fingerprint: now, before: known.fingerprint, wasVerified });
    }

    /** The user has seen that a key has changed. */
    async dismiss(uid) {
        this.changed.delete(uid);
        const mark = await this.of(uid);
        if (mark) await this.store.put('marks', { ...mark, warns: false });
    }

    /** The user has compared the key with its owner. */
    async verify(uid) {
        this.changed.delete(uid);
        const mark = await this.of(uid);
        if (mark) await this.store.put('marks', { ...mark, isVerified: true, warns: false });
        this.room.emit('key-verified', uid);
    }
}
