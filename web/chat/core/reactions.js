// Who reacted how in a room. A reaction is one value that all who react write anew, so of two at the same moment the relay
// keeps one: the other is put back by whoever gave it.
import { at, isMap, isSegment, isUserId } from './ids.js';

const limits = { people: 500, emoji: 12 };
/** For how long a reaction of ours is watched, how often it is put back, and how long we wait for what is on its way. */
const watch = { milliseconds: 10_000, times: 3, wait: 100 };

export class Reactions {
    #ofMessages = new Map();
    /** What we have given or taken back lately, by address: `{isGiven, until, times}`. */
    #recent = new Map();

    constructor(room) {
        this.room = room;
    }

    #at(msgId, emoji) {
        return at.room(this.room.rid, `reactions/${msgId}/${emoji}`);
    }

    #now(msgId, emoji) {
        return this.#ofMessages.get(msgId)?.get(emoji) ?? { users: [], by: {} };
    }

    /** A value from the relay; false when it is none. */
    changed([msgId, emoji], value) {
        if (!isSegment(msgId) || !isSegment(emoji) || [...emoji].length > limits.emoji) return false;
        if (!this.#ofMessages.has(msgId)) this.#ofMessages.set(msgId, new Map());
        const { bans } = this.room;
        const users = isMap(value) && Array.isArray(value.users) ? value.users.filter((one) => typeof one === 'string').slice(0, limits.people) : [];
        const by = isMap(value) && isMap(value.by) ? Object.fromEntries(Object.entries(value.by).filter(([uid]) => isUserId(uid) && !bans.has(uid)).slice(0, limits.people)) : {};
        if (users.length || Object.keys(by).length) this.#ofMessages.get(msgId).set(emoji, { users, by });
        else this.#ofMessages.get(msgId).delete(emoji);
        this.#watch(msgId, emoji);
        return true;
    }

    #watch(msgId, emoji) {
        const recent = this.#recent.get(this.#at(msgId, emoji));
        if (!recent || recent.isWaiting || this.#isGiven(msgId, emoji) === recent.isGiven) return;
        recent.isWaiting = true;
        // Somebody may have written before they heard of ours, and ours may be on its way.
        setTimeout(() => {
            recent.isWaiting = false;
            recent.times += 1;
            const isDue = recent.times <= watch.times && Date.now() < recent.until && this.#recent.get(this.#at(msgId, emoji)) === recent;
            if (isDue && this.#isGiven(msgId, emoji) !== recent.isGiven) this.#write(msgId, emoji, recent.isGiven).catch(() => {});
        }, watch.wait * (1 + Math.random()));
    }

    #isGiven(msgId, emoji) {
        const { users, by } = this.#now(msgId, emoji);
        return this.room.me.uid in by || users.includes(this.room.me.sid);
    }

    #write(msgId, emoji, isGiven) {
        const { me, client } = this.room;
        const { users, by } = this.#now(msgId, emoji);
        const { [me.uid]: mine, ...othersBy } = by;
        const others = users.filter((sid) => sid !== me.sid && sid !== mine);
        const next = isGiven ? { users: [...others, me.sid], by: { ...othersBy, [me.uid]: me.sid } } : { users: others, by: othersBy };
        return client.set(this.#at(msgId, emoji), next.users.length || Object.keys(next.by).length ? next : null);
    }

    async toggle(msgId, emoji) {
        if (!isSegment(msgId) || !isSegment(emoji)) return;
        const isGiven = !this.#isGiven(msgId, emoji);
        const address = this.#at(msgId, emoji);
        this.#recent.set(address, { isGiven, until: Date.now() + watch.milliseconds, times: 0 });
        setTimeout(() => this.#recent.delete(address), watch.milliseconds).unref?.();
        await this.#write(msgId, emoji, isGiven);
    }

    /** Who reacted how: by user where that is known, else by session. */
    of(msgId) {
        const { people } = this.room.session;
        return [...this.#ofMessages.get(msgId) ?? []].map(([emoji, { users, by }]) => {
            const known = Object.keys(by);
            return { emoji, isMine: this.#isGiven(msgId, emoji), count: Math.max(users.length, known.length), names: known.map((uid) => people.nameOf(uid)) };
        }).filter(({ count }) => count > 0);
    }
}
