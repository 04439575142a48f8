// What is said in a room: heard, proved, kept, shown; and what we say. Who may hear it and who is there is in `room.js`.
import { at, isMap, isUserId, messageId } from './ids.js';
import { Kept } from './kept.js';
import { isChange, Timeline } from './timeline.js';

const sendLimit = { count: 5, within: 1000 };
export const maxText = 2000;

export class Talk {
    timeline;
    #kept;
    #hearing = Promise.resolve();
    #isNewcomer = true;
    #loading;
    #sentAt = [];

    constructor(room) {
        this.room = room;
        this.#kept = new Kept({ store: room.session.store, rid: room.rid });
        this.timeline = new Timeline({ isModerator: (uid) => room.isModerator(uid) });
    }

    // — Hearing —

    /** One after the other, since what is sealed takes longer to read than what is said about it next. */
    hear(event, options) {
        this.#hearing = this.#hearing.then(() => this.#hearNext(event, options)).catch((error) => this.room.emit('trouble', error));
        return this.#hearing;
    }

    /** A message from the wire; ours come back only from our other tabs. */
    async #hearNext(event, { isPast = false } = {}) {
        if (!isMap(event) || this.room.isForeign) return;
        const author = isUserId(event.userId) ? event.userId : undefined;
        if (this.room.isDirect && author && !this.room.isOurs(author)) return;
        if (author && this.room.bans.has(author)) return;
        if (!author && isUserId(event.fromId) && this.room.bans.has(event.fromId)) return;
        const opened = await this.room.secrecy.open(event);
        const row = { event, isClear: opened.isClear === true };
        const result = await this.#take(opened, row);
        if (!result) return this.#cameBack(opened, row);
        this.#kept.put(event, row);
        if (result.what !== 'added') return;
        const { message } = result;
        // Newcomers have missed nothing.
        const isUnread = !this.room.isOpen && !this.room.isMine(message) && !(isPast && this.#isNewcomer);
        if (isUnread) this.room.unread += 1;
        if (!isPast) {
            this.room.typing.delete(author);
            this.room.emit('arrived', message);
        } else if (isUnread) {
            this.room.emit('people');
        }
    }

    /** What we thought unsent, and the relay tells us, it has. */
    #cameBack(event, row) {
        const message = this.timeline.get(event.msgId);
        if (message?.status !== 'failed' || event.userId !== this.room.me.uid || event.text !== message.text) return;
        this.#kept.put(row.event, { isClear: false, proof: 'verified' });
        this.#mark(message, { status: 'sent' });
    }

    #mark(message, change) {
        if (!message) return;
        Object.assign(message, change);
        this.room.emit('message', { what: 'changed', message });
    }

    /**
     * Messages are shown at once and marked later; what changes them waits for both proofs, since they decide. `row` is how
     * the event is kept; a signature that was right once is written there.
     */
    async #take(event, row, status) {
        if (isChange(event)) {
            // A seal that does not open proves nothing; with another key it may.
            if (event.isLocked) return { what: 'early' };
            if (row.proof !== 'verified') row.proof = await this.room.session.people.check(event);
            await this.timeline.get(event.targetId)?.proving;
            return this.#change(event, row);
        }
        const result = this.#show(this.timeline.apply(event, { status, proof: row.proof }));
        if (result) await this.#prove(result.message, event, row);
        return result;
    }

    /** What stands beside a message has changed. */
    refresh(msgId) {
        this.#mark(this.timeline.get(msgId), {});
    }

    #show(result) {
        if (result?.message) this.room.emit('message', result);
        return result;
    }

    /** Who ran the room then need not do so after a reload, nor be known. */
    #change(event, row) {
        const result = this.#show(this.timeline.apply(event, row));
        if (result?.message?.isModerated) row.isModerated = true;
        return result;
    }

    /** Looks at the signature; what was said of the message before it came is heard when that is known. */
    async #prove(message, event, row) {
        if (message.isSigned && message.proof !== 'verified') {
            message.proving = this.room.session.people.check(event).then((proof) => {
                this.#mark(message, { proof });
                if (proof === 'verified') this.#kept.put(row.event, Object.assign(row, { proof }));
            });
        }
        const early = this.timeline.takeEarly(message.msgId);
        if (!early.length) return;
        await message.proving;
        for (const { event: change, details } of early) {
            if (this.#change(change, details)) this.#kept.put(details.event, details);
        }
    }

    /** Earlier messages of this device, `false` when there are none left. */
    loadOlder(count = 200) {
        this.#loading ??= (async () => {
            const rows = await this.#kept.older(count);
            if (rows.length) this.#isNewcomer = false;
            for (const row of rows) {
                const result = await this.#take(await this.#openKept(row), row, row.isUnsent ? 'failed' : 'kept');
                if (row.isUnsent) this.#offerAgain(row.event, result?.message);
            }
            this.#loading = undefined;
            return rows.length === count;
        })();
        return this.#loading;
    }

    async #openKept({ event, isClear }) {
        const opened = await this.room.secrecy.open(event);
        return { ...opened, isClear: isClear ?? opened.isClear };
    }

    /** The page went before the relay had it: a message waits for a word of its author, a change of one goes by itself. */
    #offerAgain(event, message) {
        if (isChange(event)) this.#publish(event).catch((error) => this.room.emit('trouble', error));
        else if (message) message.retry = () => this.#publish(event, message);
    }

    /** What could not be read may be, with another key; and so may what was said about it. */
    async reopen() {
        for (const row of await this.#kept.last(this.timeline.list.length + 500)) {
            const message = isChange(row.event) ? undefined : this.timeline.get(row.event.msgId);
            if (!isChange(row.event) && !message?.isLocked) continue;
            const opened = await this.#openKept(row);
            if (opened.isLocked) continue;
            if (message) {
                this.timeline.unlock(message, opened);
                this.room.emit('message', { what: 'changed', message });
                await this.#prove(message, opened, row);
            } else {
                await this.#take(opened, row);
            }
        }
    }

    /** More keys of somebody are known than before. */
    async proveAgain(uid) {
        for (const row of await this.#kept.last(this.timeline.list.length + 500)) {
            const message = isChange(row.event) ? undefined : this.timeline.get(row.event.msgId);
            if (message?.userId === uid) await this.#prove(message, await this.#openKept(row), row);
        }
    }

    // — Saying —

    /** Whether one more message fits into what others accept per second. */
    #mayTalk() {
        const now = Date.now();
        this.#sentAt = this.#sentAt.filter((time) => now - time < sendLimit.within);
        if (this.#sentAt.length >= sendLimit.count) return false;
        this.#sentAt.push(now);
        return true;
    }

    async say(text, { replyTo, image } = {}) {
        const plain = text.trim().slice(0, maxText);
        if (!plain && !image) return undefined;
        if (this.room.silence) throw new Error(this.room.silence);
        if (!this.#mayTalk()) throw new Error('Slow down: five messages a second are the limit.');
        this.room.stopTyping();
        const event = {
            from: this.room.me.name, fromId: this.room.me.sid, userId: this.room.me.uid, msgId: messageId(), text: plain,
            timestamp: Date.now(), avatarColor: this.room.me.color, type: image ? 'image' : 'text', image,
            replyTo: replyTo ? { msgId: replyTo.msgId, from: replyTo.from, text: replyTo.text.slice(0, 100) } : undefined,
        };
        const { message } = this.timeline.apply({ ...event, encrypted: this.room.isEncrypted, signature: 'ours' }, { status: 'sending', proof: 'verified' });
        this.room.emit('message', { what: 'added', message });
        await this.#deliver(event, message);
        return message;
    }

    async #deliver(event, message) {
        try {
            const sealed = await this.room.secrecy.seal(await this.room.session.people.sign(event));
            message.retry = () => this.#publish(sealed, message);
            await message.retry();
        } catch (error) {
            this.#mark(message, { status: 'failed' });
            this.room.emit('trouble', error);
        }
    }

    /** Kept as unsent until the relay has it: the page may be gone by then. */
    async #publish(event, message) {
        this.#mark(message, { status: 'sending' });
        // The room may be sealed since this was written.
        const sealed = event.type === 'delete' ? event : await this.room.secrecy.seal(event);
        const about = { isClear: false, proof: 'verified', isModerated: event.isModAction === true };
        this.#kept.put(sealed, { ...about, isUnsent: true });
        try {
            await this.room.client.publish(at.room(this.room.rid, 'messages'), sealed);
            this.#kept.put(sealed, about);
            this.#mark(message, { status: 'sent' });
        } catch (error) {
            this.#mark(message, { status: 'failed' });
            throw error;
        }
    }

    async edit(message, text) {
        const plain = text.trim().slice(0, maxText);
        if (!plain || plain === message.text) return;
        await this.#publishChange({ type: 'edit', targetId: message.msgId, text: plain });
    }

    async remove(message) {
        const isModAction = !this.room.isMine(message) && this.room.isModerator(this.room.me.uid);
        await this.#publishChange({ type: 'delete', targetId: message.msgId, text: '', ...(isModAction ? { isModAction, fromId: this.room.me.uid } : {}) });
    }

    async #publishChange(change) {
        // The id names the target, and the signature covers the id: no change can be turned against another message.
        const event = { fromId: this.room.me.sid, userId: this.room.me.uid, msgId: `${change.targetId}.${messageId()}`, timestamp: Date.now(), ...change };
        this.#show(this.timeline.apply(event, { proof: 'verified' }));
        const signed = await this.room.session.people.sign(event);
        await this.#publish(signed);
    }

    // — Searching —

    /** Messages that contain all words, newest first, from all that this device has. */
    async search(query, limit = 100) {
        const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
        if (!words.length) return [];
        let isMore = true;
        while (isMore && this.timeline.list.length < 20_000) isMore = await this.loadOlder(1000);
        const found = this.timeline.list.filter((message) => {
            const text = `${message.text} ${message.from}`.toLocaleLowerCase();
            return !message.isDeleted && words.every((word) => text.includes(word));
        });
        return found.slice(-limit).reverse();
    }
}
