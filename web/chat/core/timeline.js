// The messages of a room in order, with edits and deletions applied where their author may.
import { cleanName, cleanTime, isColor, isMap, isUserId } from './ids.js';
import { safeImage } from './markdown.js';

const asText = (value, limit) => (typeof value === 'string' ? value.slice(0, limit) : '');

export const isChange = ({ type }) => type === 'edit' || type === 'delete';

const isProven = ({ userId, proof }) => userId !== undefined && (proof === 'verified' || proof === 'changed');

/**
 * A signature covers neither the kind of an event nor its target. So the id of a signed change begins with the id of what
 * it changes, and only an edit has a text: a signature given for anything else fits no change of this message.
 */
function isSignedFor({ type, msgId, text }, message) {
    const hasText = typeof text === 'string' && text !== '';
    return typeof msgId === 'string' && msgId.startsWith(`${message.msgId}.`) && hasText === (type === 'edit');
}

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
     * Takes in an event as it came, decrypted already, with what was found out about it: its `proof`, and that it
     * `isModerated`, as was seen when its author still ran the room. The result names what became of it: `added` or
     * `changed` with the message, `early` for a change of what is not there yet, or undefined.
     */
    apply(event, details = {}) {
        const { now = Date.now(), status = 'sent', proof = 'unknown' } = details;
        if (!isMap(event)) return undefined;
        if (isChange(event)) return this.#change(event, details);
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
            isSigned: typeof event.signature === 'string',
            proof,
            status,
        };
        this.#byId.set(msgId, message);
        this.#insert(message);
        return { what: 'added', message };
    }

    /** What came too early for this message: `{event, details}` each, to be applied once its own proof is known. */
    takeEarly(msgId) {
        const waiting = this.#early.get(msgId) ?? [];
        this.#early.delete(msgId);
        return waiting;
    }

    /** Another key has opened what was sealed. */
    unlock(message, { text, image }) {
        Object.assign(message, { text: asText(text, 8000), image: safeImage(image), isLocked: false });
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

    #change(event, details) {
        const { proof = 'unknown' } = details;
        const targetId = asText(event.targetId, 64);
        const message = this.#byId.get(targetId);
        if (!message) return this.#keepEarly(targetId, event, details);
        if (message.isDeleted) return undefined;
        const isModerated = details.isModerated === true || (event.type === 'delete' && event.isModAction === true && this.isModerator(event.fromId));
        const isAllowed = details.isModerated === true || (isModerated ? this.#mayModerate(event, proof, message) : this.#mayChange(event, proof, message));
        if (!isAllowed) return undefined;
        if (event.type === 'edit') return this.#edit(event, message);
        Object.assign(message, { isDeleted: true, text: '', image: undefined, replyTo: undefined, isModerated });
        return { what: 'changed', message };
    }

    #keepEarly(targetId, event, details) {
        const waiting = this.#early.get(targetId) ?? [];
        if (!targetId || waiting.length >= 20 || this.#early.size >= 500) return undefined;
        this.#early.set(targetId, [...waiting, { event, details }]);
        return { what: 'early' };
    }

    #edit(event, message) {
        if (message.editedAt !== undefined && cleanTime(event.timestamp) < message.editedAt) return undefined;
        Object.assign(message, { text: asText(event.text, 8000), editedAt: cleanTime(event.timestamp), isLocked: false });
        return { what: 'changed', message };
    }

    /** What a signature has proved is changed only by a signature of the same author, made for this change. */
    #mayChange(event, proof, message) {
        if (isProven(message)) return event.userId === message.userId && isSignedFor(event, message) && (proof === 'verified' || proof === message.proof);
        if (typeof event.fromId === 'string' && event.fromId !== '' && event.fromId === message.fromId) return true;
        return message.userId !== undefined && event.userId === message.userId;
    }

    /** That the event names a moderator is a claim, and enough only where the message is no more than that. */
    #mayModerate(event, proof, message) {
        return !isProven(message) || (proof === 'verified' && event.userId === event.fromId && isSignedFor(event, message));
    }

    lastEdit(isMine) {
        return this.list.findLast?.((message) => isMine(message) && !message.isDeleted && message.text)
            ?? [...this.list].reverse().find((message) => isMine(message) && !message.isDeleted && message.text);
    }
}
