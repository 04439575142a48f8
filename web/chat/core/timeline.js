// The messages of a room in order, with edits and deletions applied where their author may.
import { cleanName, cleanTime, isColor, isMap, isUserId } from './ids.js';
import { safeImage } from './markdown.js';

const asText = (value, limit) => (typeof value === 'string' ? value.slice(0, limit) : '');

export class Timeline {
    list = [];
    #byId = new Map();
    /** Edits and deletions that came before what they are about. */
    #early = new Map();

    /** `isModerator(uid)` says who may delete what others wrote. */
    constructor({ isModerator = () => false } = {}) {
        this.isModerator = isModerator;
    }

    get(msgId) {
        return this.#byId.get(msgId);
    }

    /**
     * Takes in a message as it came, decrypted already. The result names what became of it: `added`, `changed`, `removed`
     * with the message, or undefined.
     */
    apply(event, { now = Date.now(), status = 'sent' } = {}) {
        if (!isMap(event)) return undefined;
        if (event.type === 'edit') return this.#edit(event);
        if (event.type === 'delete') return this.#delete(event);
        const msgId = asText(event.msgId, 64);
        if (!msgId || this.#byId.has(msgId)) return undefined;
        const message = {
            msgId,
            userId: isUserId(event.userId) ? event.userId : undefined,
            fromId: asText(event.fromId, 64),
            from: cleanName(event.from),
            color: isColor(event.avatarColor) ? event.avatarColor : undefined,
            text: asText(event.text, 8000),
            image: safeImage(event.image),
            timestamp: cleanTime(event.timestamp, now),
            replyTo: isMap(event.replyTo) ? { msgId: asText(event.replyTo.msgId, 64), from: cleanName(event.replyTo.from), text: asText(event.replyTo.text, 100) } : undefined,
            isEncrypted: event.encrypted === true,
            isClear: event.isClear === true,
            isLocked: event.isLocked === true,
            isNotice: event.isNotice === true,
            isSigned: typeof event.signature === 'string',
            proof: 'unknown',
            status,
        };
        this.#byId.set(msgId, message);
        this.#insert(message);
        for (const early of this.#early.get(msgId) ?? []) this.apply(early);
        this.#early.delete(msgId);
        return { what: 'added', message };
    }

    #insert(message) {
        const { list } = this;
        const isAfter = (one, other) => one.timestamp > other.timestamp || (one.timestamp === other.timestamp && one.msgId > other.msgId);
        if (list.length === 0 || isAfter(message, list[list.length - 1])) {
            list.push(message);
            return;
        }
        let low = 0;
        let high = list.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (isAfter(message, list[middle])) low = middle + 1;
            else high = middle;
        }
        list.splice(low, 0, message);
    }

    /** Whether whoever sent `event` may change `message`. A signed message is changed only by a signature of its author. */
    mayChange(event, message) {
        if (message.proof === 'verified' && message.userId) return event.proof === 'verified' && event.userId === message.userId;
        if (typeof event.fromId === 'string' && event.fromId !== '' && event.fromId === message.fromId) return true;
        return message.userId !== undefined && event.userId === message.userId;
    }

    #target(event) {
        const targetId = asText(event.targetId, 64);
        const message = this.#byId.get(targetId);
        if (!message && targetId) {
            const waiting = this.#early.get(targetId) ?? [];
            if (waiting.length < 20 && this.#early.size < 500) this.#early.set(targetId, [...waiting, event]);
        }
        return message;
    }

    #edit(event) {
        const message = this.#target(event);
        if (!message || message.isDeleted || !this.mayChange(event, message)) return undefined;
        if (message.editedAt !== undefined && cleanTime(event.timestamp) < message.editedAt) return undefined;
        message.text = asText(event.text, 8000);
        message.editedAt = cleanTime(event.timestamp);
        message.isLocked = event.isLocked === true;
        return { what: 'changed', message };
    }

    #delete(event) {
        const message = this.#target(event);
        if (!message || message.isDeleted) return undefined;
        const isModerated = event.isModAction === true && this.isModerator(event.fromId, event);
        if (!isModerated && !this.mayChange(event, message)) return undefined;
        Object.assign(message, { isDeleted: true, text: '', image: undefined, replyTo: undefined, isModerated });
        return { what: 'changed', message };
    }

    lastEdit(isMine) {
        return this.list.findLast?.((message) => isMine(message) && !message.isDeleted && message.text)
            ?? [...this.list].reverse().find((message) => isMine(message) && !message.isDeleted && message.text);
    }
}
