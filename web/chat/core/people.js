// People: profiles, friends and their requests, direct conversations, and whose signature is whose.
import { Emitter } from '../../sdk/emitter.js';
import { sign, verify, sameKey, isAvailable } from './crypto.js';
import { at, cleanName, colorFor, directRoomId, isColor, isMap, isUserId } from './ids.js';
import { isChange } from './timeline.js';

const day = 86_400_000;
const params = { types: ['param'] };
/** As many devices of a user as their profile has room for. */
const deviceCount = 8;

const distinct = (keys) => keys.filter((key, index) => keys.findIndex((other) => sameKey(other, key)) === index);

/** The signing keys in a profile: of other makes one, of ours those of all devices. */
function keysIn({ signingKey, signingKeys }) {
    const all = [signingKey, ...Array.isArray(signingKeys) ? signingKeys : []];
    return distinct(all.filter((key) => isMap(key) && typeof key.x === 'string')).slice(0, deviceCount);
}

async function some(keys, condition) {
    for (const key of keys) if (await condition(key)) return true;
    return false;
}

export class People extends Emitter {
    friends = new Map();
    requests = new Map();
    conversations = new Map();
    #known = new Map();
    #profiles = new Map();
    #subscriptions = [];

    constructor(session) {
        super();
        this.session = session;
    }

    get me() { return this.session.me; }
    get client() { return this.session.client; }

    async start() {
        const { uid } = this.me;
        this.handled = new Set((await this.session.store.get('marks', 'requests'))?.handled ?? []);
        this.asked = new Set((await this.session.store.get('marks', 'asked'))?.asked ?? []);
        this.told = new Set((await this.session.store.get('marks', 'told'))?.told ?? []);
        await this.announce();
        this.#subscriptions = [
            this.client.subscribe(`/chat/user/${uid}/friends/*`, (value, address) => this.#friendChanged(address.split('/').pop(), value), params),
            this.client.subscribe(`/chat/user/${uid}/dms/*`, (value, address) => this.#conversationChanged(address.split('/').pop(), value), params),
            this.client.subscribe(`/chat/requests/${uid}/*`, (value, address) => this.#requested(address.split('/').pop(), value), params),
        ];
        await Promise.allSettled(this.#subscriptions.map(({ ready }) => ready));
    }

    stop() {
        this.#subscriptions.splice(0).forEach((one) => one.unsubscribe());
    }

    /** Our profile, with the key that our signatures are made with where everybody may read it. */
    async announce() {
        const { uid, name, color, status } = this.me;
        const profile = { name, avatarColor: color, userId: uid, status };
        if (isAvailable()) {
            const identity = await this.session.identity();
            profile.signingKey = identity.signingPublic;
            profile.signingKeys = await this.#ownKeys(identity.signingPublic);
            const entry = { publicKey: identity.signingPublic, algorithm: 'ECDSA-P256-SHA256', timestamp: Date.now() };
            this.client.set(at.signingKey(uid), entry).catch(() => {});
        }
        await this.client.set(at.profile(uid), profile).catch((error) => this.session.emit('trouble', error));
    }

    /** The keys of all our devices, this one first: each speaks for the others, too. */
    async #ownKeys(mine) {
        const before = await this.profile(this.me.uid, { fresh: true });
        return distinct([mine, ...before?.signingKeys ?? []]).slice(0, deviceCount);
    }

    // — Names and profiles —

    see({ uid, name, color }) {
        this.#known.set(uid, { name, color });
    }

    nameOf(uid) {
        if (uid === this.me.uid) return this.me.name;
        return this.#known.get(uid)?.name ?? this.friends.get(uid)?.name;
    }

    colorOf(uid) {
        if (uid === this.me.uid) return this.me.color;
        return this.#known.get(uid)?.color ?? this.friends.get(uid)?.color ?? colorFor(uid ?? '');
    }

    /** What somebody says of themselves; kept for a minute. */
    async profile(uid, { fresh = false } = {}) {
        const kept = this.#profiles.get(uid);
        if (kept && !fresh && Date.now() - kept.at < 60_000) return kept.profile;
        const profile = this.client.get(at.profile(uid)).then((value) => {
            if (!isMap(value)) return undefined;
            const status = ['online', 'away', 'dnd'].includes(value.status) ? value.status : 'offline';
            return { uid, name: cleanName(value.name), color: isColor(value.avatarColor) ? value.avatarColor : colorFor(uid), status, signingKeys: keysIn(value) };
        }).catch(() => undefined);
        this.#profiles.set(uid, { at: Date.now(), profile });
        return profile;
    }

    // — Signatures —

    async sign(event) {
        if (!isAvailable()) return event;
        const identity = await this.session.identity();
        const { text = '', fromId, msgId, timestamp } = event;
        return { ...event, signature: await sign({ text, fromId, msgId, timestamp }, identity.signing.privateKey) };
    }

    /** `verified`, `failed`, `changed` when the signing key is another than the one we knew, or `unknown`. */
    async check(event) {
        if (!isAvailable() || typeof event.signature !== 'string' || !isUserId(event.userId)) return 'unknown';
        const { text = '', fromId, msgId, timestamp } = event;
        if (event.isLocked) return 'unknown';
        // Made for a change of a message, so it proves none.
        if (!isChange(event) && String(msgId).includes('.')) return 'unknown';
        const isBy = (key) => verify({ text, fromId, msgId, timestamp }, event.signature, key);
        const known = await this.#knownKeys(event.userId);
        if (await some(known, isBy)) return 'verified';
        for (const fresh of [false, true]) {
            const published = (await this.profile(event.userId, { fresh }))?.signingKeys ?? [];
            if (!published.length && !known.length) return 'unknown';
            if (await some(published, isBy)) return this.#trust(event.userId, known, published);
        }
        return 'failed';
    }

    /** The signing keys that somebody was first seen with, and those that the user has accepted since. */
    async #knownKeys(uid) {
        const mark = await this.session.store.get('marks', `signing:${uid}`);
        return mark?.keys ?? (mark?.key ? [mark.key] : []);
    }

    #know(uid, keys) {
        return this.session.store.put('marks', { id: `signing:${uid}`, keys: distinct(keys).slice(-50), since: Date.now() });
    }

    /** Who is met for the first time is believed; after that a key has to be one we know. */
    async #trust(uid, known, published) {
        if (uid === this.me.uid) return 'verified';
        if (known.length) return 'changed';
        await this.#know(uid, published);
        return 'verified';
    }

    /** Keys that somebody signs with now and that the user has not accepted. */
    async newKeys(uid) {
        const known = await this.#knownKeys(uid);
        const published = (await this.profile(uid, { fresh: true }))?.signingKeys ?? [];
        return known.length ? published.filter((key) => !known.some((one) => sameKey(one, key))) : [];
    }

    /** The user has looked at these keys of somebody and takes them. */
    async accept(uid, keys) {
        await this.#know(uid, [...await this.#knownKeys(uid), ...keys]);
        this.emit('accepted', uid);
    }

    // — Friends —

    #friendChanged(uid, value) {
        if (!isUserId(uid)) return;
        if (isMap(value)) this.friends.set(uid, { uid, name: cleanName(value.name), color: isColor(value.avatarColor) ? value.avatarColor : colorFor(uid), addedAt: value.addedAt });
        else this.friends.delete(uid);
        this.emit('change');
    }

    #requested(from, value) {
        if (!isUserId(from)) return;
        this.requests.delete(from);
        const isHandled = isMap(value) && this.handled.has(`${from} ${value.timestamp}`);
        if (isMap(value) && !isHandled) {
            const person = { uid: from, name: cleanName(value.fromName), color: isColor(value.fromColor) ? value.fromColor : colorFor(from), timestamp: value.timestamp };
            if (value.type === 'accepted') {
                // Honoured only where we asked: else anybody could make themselves our friend.
                if (this.asked.has(from)) this.#accepted(person);
            } else if (!this.friends.has(from)) {
                this.requests.set(from, person);
                this.emit('request', person);
            } else {
                // A friend that asks has lost us from their list; we have not changed our mind.
                this.acceptRequest(person);
            }
        }
        this.emit('change');
    }

    async #accepted(person) {
        await this.#befriend(person);
        this.asked.delete(person.uid);
        await this.session.store.put('marks', { id: 'asked', asked: [...this.asked] });
        await this.#handle(person);
        await this.client.set(at.request(this.me.uid, person.uid), null).catch(() => {});
        await this.client.set(at.request(person.uid, this.me.uid), null).catch(() => {});
        this.emit('befriended', person);
    }

    async #befriend({ uid, name, color }) {
        await this.client.set(at.friend(this.me.uid, uid), { name, avatarColor: color, addedAt: Date.now() });
    }

    async #handle({ uid, timestamp }) {
        this.handled.add(`${uid} ${timestamp}`);
        await this.session.store.put('marks', { id: 'requests', handled: [...this.handled].slice(-500) });
    }

    async ask(uid) {
        if (!isUserId(uid) || uid === this.me.uid) throw new Error('That is nobody one could ask.');
        this.asked.add(uid);
        await this.session.store.put('marks', { id: 'asked', asked: [...this.asked] });
        const { name, color } = this.me;
        await this.client.set(at.request(uid, this.me.uid), { fromId: this.me.uid, fromName: name, fromColor: color, timestamp: Date.now() });
        this.emit('change');
    }

    async acceptRequest(person) {
        const { uid, name, color } = this.me;
        await this.#handle(person);
        this.requests.delete(person.uid);
        await this.#befriend(person);
        await this.client.set(at.request(person.uid, uid), { type: 'accepted', fromId: uid, fromName: name, fromColor: color, timestamp: Date.now() });
        // Only who asked may take the request down where the relay guards it; they do when they see the answer.
        await this.client.set(at.request(uid, person.uid), null).catch(() => {});
        setTimeout(() => this.client.set(at.request(person.uid, uid), null).catch(() => {}), day).unref?.();
        this.emit('change');
    }

    async declineRequest(person) {
        await this.#handle(person);
        this.requests.delete(person.uid);
        await this.client.set(at.request(this.me.uid, person.uid), null).catch(() => {});
        this.emit('change');
    }

    async removeFriend(uid) {
        this.asked.delete(uid);
        await this.client.set(at.friend(this.me.uid, uid), null);
    }

    // — Direct conversations —

    #conversationChanged(rid, value) {
        if (!isMap(value) || !/^dm-/.test(rid)) return;
        this.conversations.set(rid, { rid, peer: isUserId(value.fromId) ? value.fromId : undefined, title: cleanName(value.fromName) });
        this.emit('conversation', this.conversations.get(rid));
    }

    /** Whom the conversation in this room is with: a friend whose id leads there, else who has begun one. */
    peerIn(rid) {
        const friend = [...this.friends.keys()].find((uid) => directRoomId(this.me.uid, uid) === rid);
        return friend ?? this.conversations.get(rid)?.peer;
    }

    /** Opens a conversation with a friend; tells them of it the first time, even if something is there already. */
    async converse(uid) {
        const friend = this.friends.get(uid);
        if (!friend) throw new Error('Direct messages are for friends.');
        const rid = directRoomId(this.me.uid, uid);
        const meta = await this.client.get(at.room(rid, 'meta'));
        if (!isMap(meta)) {
            const now = Date.now();
            await this.client.set(at.room(rid, 'meta'), {
                name: friend.name, type: 'dm', isPublic: false, dmUsers: { [this.me.uid]: this.me.name, [uid]: friend.name },
                creatorId: this.me.uid, creatorName: this.me.name, createdAt: now, description: '',
            });
        }
        if (this.conversations.get(rid)?.peer !== uid && !this.told.has(uid)) {
            await this.client.set(at.dm(uid, rid), { fromId: this.me.uid, fromName: this.me.name, roomId: rid, timestamp: Date.now() });
            this.told.add(uid);
            await this.session.store.put('marks', { id: 'told', told: [...this.told] });
        }
        return { rid, peer: uid, title: friend.name };
    }
}
