// One room that we are in: who is there and who may do what. What is said is in `talk.js`, what has to do with keys in
// `secrecy.js`.
import { Emitter } from '../../sdk/emitter.js';
import { at, cleanLine, cleanName, colorFor, directRoomId, isColor, isMap, isUserId } from './ids.js';
import { Reactions } from './reactions.js';
import { Secrecy } from './secrecy.js';
import { Talk } from './talk.js';

export const beat = 10_000;
const staleAfter = 25_000;
/** As many of the last messages as a relay keeps for those who come. */
const pastCount = 100;
const typingRepeat = 2000;
const typingShown = 3500;

export class Room extends Emitter {
    meta;
    present = new Map();
    typing = new Map();
    admins = new Map();
    bans = new Map();
    /** Somebody looks at it now; what arrives meanwhile is read. */
    isOpen = false;
    #subscription;
    #presence;
    #timers = [];
    #typingSince = 0;
    #typingStop;
    #reactions = new Reactions(this);
    #entered = false;
    #goes = () => {};

    /** `me` is `{uid, name, color, sid}`; `session` what all rooms share: client, store, people, identity. */
    constructor(rid, session, { kind, title, listed, peer } = {}) {
        super();
        this.rid = rid;
        this.session = session;
        this.kind = kind;
        this.title = title;
        this.listed = listed;
        /** Whom a direct conversation is with: known before it is entered, never learnt from it. */
        this.peer = peer;
        this.talk = new Talk(this);
        this.secrecy = new Secrecy(this);
    }

    get client() { return this.session.client; }
    get me() { return this.session.me; }
    get timeline() { return this.talk.timeline; }
    get name() { return this.session.people.friends.get(this.peer)?.name ?? this.title ?? cleanName(this.meta?.name ?? this.listed?.name, 'Room'); }
    get type() { return this.rid.startsWith('dm-') ? 'dm' : this.meta?.type ?? this.listed?.type ?? this.kind ?? 'text'; }
    get isDirect() { return this.type === 'dm'; }
    /** A conversation is run by nobody but the two. */
    get creator() { return this.isDirect && !this.isOurs(this.meta?.creatorId) ? undefined : this.meta?.creatorId; }
    get isEncrypted() { return this.meta?.encrypted === true || this.secrecy.ring?.isSealed === true; }
    /** Somebody says that the room is not sealed any more. They are not believed. */
    get isDowngraded() { return isMap(this.meta) && this.isEncrypted && this.meta.encrypted !== true; }
    get topic() { return typeof this.meta?.description === 'string' ? cleanLine(this.meta.description) : ''; }
    get hasPassword() { return Boolean(this.meta?.pwSalt || this.meta?.passwordSalt || this.listed?.hasPassword); }
    get unread() { return this.session.tally.of(this.rid); }
    set unread(count) { this.session.tally.set(this.rid, count); }
    get isBanned() { return this.bans.has(this.me.uid); }

    roleOf(uid) {
        if (uid && uid === this.creator) return 'creator';
        return this.admins.has(uid) && !this.isDirect ? 'admin' : 'member';
    }

    /** One of the two in a conversation. */
    isOurs(uid) {
        return uid !== undefined && (uid === this.me.uid || uid === this.peer);
    }

    /** As people know them here; of those who are away, the name under which they wrote last. */
    nameOf(uid) {
        return this.session.people.nameOf(uid) ?? this.timeline.list.findLast(({ userId }) => userId === uid)?.from ?? uid;
    }

    isModerator(uid) {
        return this.roleOf(uid) !== 'member';
    }

    // — Coming and going —

    /** Presence first: it decides what the relay shows us. */
    async enter() {
        if (this.#entered) return;
        this.#entered = true;
        await this.secrecy.load();
        await this.loadOlder();
        if (!this.#entered) return;
        this.#presence = this.client.presence(at.room(this.rid, `presence/${this.me.uid}`), () => {
            const now = Date.now();
            return { name: this.me.name, avatarColor: this.me.color, joinedAt: now, lastSeen: now };
        });
        this.#presence.ready.catch((error) => this.emit('trouble', error));
        const past = await this.#listenBack();
        // Whoever has left meanwhile stays away.
        if (!this.#entered) return past.hear();
        this.#subscription = this.client.subscribe(`/chat/room/${this.rid}/**`, (value, address, meta) => this.#receive(value, address, meta));
        this.#every(beat, () => this.#presence.refresh().catch(() => {}));
        this.#every(5000, () => this.#expire());
        // Who is banned learns it in the middle of this, and has left.
        const gone = new Promise((resolve) => { this.#goes = resolve; });
        await Promise.race([gone, this.#subscription.ready.then(() => this.secrecy.metaIsKnown(), (error) => this.emit('trouble', error))]);
        await past.hear();
        if (!this.#entered) return;
        this.secrecy.start();
        this.emit('change');
    }

    /**
     * What was said before we came, as far as the relay has it: a room is not silent for newcomers, nor for those whose page
     * was closed. Of a sealed room only for those who have a key; newcomers there begin with what is said from now on.
     */
    async #listenBack() {
        const meta = await this.client.get(at.room(this.rid, 'meta')).catch(() => undefined);
        this.#metaChanged(meta);
        if (!isMap(meta) || (this.isEncrypted && !this.secrecy.ring.current)) return { hear() {} };
        const events = [];
        const listening = this.client.subscribe(at.room(this.rid, 'messages'), (event) => events.push(event), { types: ['event'], history: pastCount });
        await listening.ready.catch(() => {});
        return {
            // Who is banned is known by then. What is said meanwhile may come both ways, and counts once.
            hear: async () => {
                listening.unsubscribe();
                for (const event of this.#entered ? events : []) await this.talk.hear(event, { isPast: true });
            },
        };
    }

    /** `forGood` tells the others that our key is not needed any more, so that they can change theirs. */
    async leave({ forGood = false } = {}) {
        // Who was banned is out already, and may still want to leave nothing here.
        if (!this.#entered) return forGood ? this.#forget() : undefined;
        this.#entered = false;
        this.#goes();
        this.#timers.forEach((timer) => clearInterval(timer));
        this.#timers = [];
        clearTimeout(this.#typingStop);
        this.secrecy.stop();
        this.#subscription?.unsubscribe();
        const goodbye = [this.#presence?.leave()];
        if (this.#typingSince) goodbye.push(this.client.set(at.room(this.rid, `typing/${this.me.uid}`), null));
        if (forGood && this.isEncrypted) goodbye.push(this.client.set(at.room(this.rid, `crypto/pubkey/${this.me.uid}`), null));
        if (forGood) goodbye.push(this.#forget());
        return Promise.allSettled(goodbye);
    }

    /** Whoever was banned may not see that it is over; they look when they open the room. */
    async comeBack() {
        if (this.#entered || !this.isBanned) return;
        this.bans.delete(this.me.uid);
        await this.enter();
    }

    /** Nothing of the room stays on this device: not what was said, not its keys and password, not who had which key. */
    async #forget() {
        const { store } = this.session;
        const marks = [...await store.all('marks', `${this.rid}:`), ...await store.all('marks', `admission:${this.rid}:`)];
        await Promise.all([store.deleteEvents(this.rid), store.delete('keys', this.secrecy.ring.id), ...marks.map(({ id }) => store.delete('marks', id))]);
    }

    #every(milliseconds, action) {
        this.#timers.push(setInterval(action, milliseconds));
    }

    // — Receiving —

    #receive(value, address, meta) {
        const [kind, ...rest] = address.split('/').slice(4);
        switch (kind) {
        case 'meta': return this.#metaChanged(value);
        case 'messages': return meta.signal === 'param' ? undefined : this.talk.hear(value);
        case 'presence': return this.#presenceChanged(rest[0], value, meta);
        case 'typing': return this.#typingChanged(rest[0], value);
        case 'reactions': return this.#reactionChanged(rest, value);
        case 'admin': return this.#listChanged(this.admins, rest[0], value, 'role');
        case 'bans': return this.#listChanged(this.bans, rest[0], value, 'bannedBy');
        case 'crypto': return this.secrecy.receive(rest, value, meta);
        case 'video': return this.emit('video', rest, value, meta);
        default: return undefined;
        }
    }

    #metaChanged(value) {
        if (!isMap(value)) return;
        // A value that the relay has cut must not make us forget what we have seen.
        this.meta = { ...value };
        if (this.isDirect) {
            const users = isMap(value.dmUsers) ? value.dmUsers : {};
            this.isForeign = !this.peer || directRoomId(this.me.uid, this.peer) !== this.rid || Object.keys(users).sort().join() !== [this.me.uid, this.peer].sort().join();
            if (!this.isForeign) this.title = cleanName(users[this.peer], this.title);
        }
        if (!this.isForeign) this.secrecy.metaChanged(value);
        this.secrecy.metaIsKnown();
        for (const uid of this.bans.keys()) if (this.#isAboveBans(uid)) this.bans.delete(uid);
        this.emit('change');
    }

    #presenceChanged(uid, value, { snapshot }) {
        if (!isUserId(uid)) return;
        if (!isMap(value)) {
            const gone = this.present.get(uid);
            this.present.delete(uid);
            this.typing.delete(uid);
            if (gone && uid !== this.me.uid) this.emit('left', gone);
            this.emit('people');
            return;
        }
        const now = Date.now();
        const said = Number(value.lastSeen);
        // What was there before us may be a ghost: believe what it says, give or take a clock.
        if (snapshot && Number.isFinite(said) && now - said > staleAfter + 30_000) return;
        const before = this.present.get(uid);
        const isNew = !before;
        const person = {
            uid, seen: now, name: cleanName(value.name),
            color: isColor(value.avatarColor) ? value.avatarColor : colorFor(uid),
        };
        this.present.set(uid, person);
        this.session.people?.see(person);
        if (isNew && !snapshot && uid !== this.me.uid) this.emit('joined', person);
        if (isNew) this.secrecy.personCame(uid);
        // A beat that says nothing new is nobody's business.
        if (isNew || before.name !== person.name || before.color !== person.color) this.emit('people');
    }

    #typingChanged(uid, value) {
        if (!isUserId(uid) || uid === this.me.uid) return;
        if (isMap(value)) this.typing.set(uid, { name: cleanName(value.name), seen: Date.now() });
        else this.typing.delete(uid);
        this.emit('typing');
        setTimeout(() => this.#expire(), typingShown + 50);
    }

    #expire() {
        const now = Date.now();
        let changed = false;
        for (const [uid, { seen }] of this.typing) {
            if (now - seen > typingShown) changed = this.typing.delete(uid);
        }
        if (changed) this.emit('typing');
        changed = false;
        for (const [uid, { seen }] of this.present) {
            if (uid !== this.me.uid && now - seen > staleAfter) changed = this.present.delete(uid);
        }
        if (changed) this.emit('people');
    }

    /** An admin cannot ban who made the room, nor anybody but the two one of them. */
    #isAboveBans(uid) {
        return uid === this.creator || (this.isDirect && !this.creator);
    }

    #listChanged(list, uid, value, field) {
        if (!isUserId(uid)) return;
        if (isMap(value) && value[field] !== undefined && !(list === this.bans && this.#isAboveBans(uid))) list.set(uid, value);
        else list.delete(uid);
        if (list === this.bans && uid === this.me.uid && list.has(uid)) this.emit('banned');
        this.emit('people');
    }

    #reactionChanged(place, value) {
        if (this.#reactions.changed(place, value)) this.talk.refresh(place[0]);
    }

    // — Writing —

    get silence() {
        if (this.isBanned) return 'You are banned from this room.';
        if (this.isForeign) return 'This conversation belongs to two other people whose ids look like yours.';
        if (this.isEncrypted && !this.secrecy.isPossible) return 'This browser can encrypt only on pages loaded over https.';
        return undefined;
    }

    /** Ours by uid; without one, by the name that this page has used from its start. */
    isMine(message) {
        return message.userId ? message.userId === this.me.uid : message.fromId === this.me.sid;
    }

    keystroke() {
        const now = Date.now();
        clearTimeout(this.#typingStop);
        this.#typingStop = setTimeout(() => this.stopTyping(), typingRepeat);
        if (now - this.#typingSince < typingRepeat) return;
        this.#typingSince = now;
        this.client.set(at.room(this.rid, `typing/${this.me.uid}`), { name: this.me.name, timestamp: now }, { qos: 0 }).catch(() => {});
    }

    stopTyping() {
        clearTimeout(this.#typingStop);
        if (!this.#typingSince) return;
        this.#typingSince = 0;
        this.client.set(at.room(this.rid, `typing/${this.me.uid}`), null, { qos: 0 }).catch(() => {});
    }

    say(text, more) {
        return this.talk.say(text, more);
    }

    edit(message, text) {
        return this.talk.edit(message, text);
    }

    remove(message) {
        return this.talk.remove(message);
    }

    search(query, limit) {
        return this.talk.search(query, limit);
    }

    loadOlder(count) {
        return this.talk.loadOlder(count);
    }

    reactionsOf(msgId) {
        return this.#reactions.of(msgId);
    }

    async react(msgId, emoji) {
        if (!this.silence) await this.#reactions.toggle(msgId, emoji);
    }

    // — Running the room —

    setRole(uid, isAdmin) {
        const value = isAdmin ? { role: 'admin', promotedBy: this.me.uid, timestamp: Date.now() } : null;
        return this.client.set(at.room(this.rid, `admin/${uid}`), value);
    }

    /** A kick is a word, not a lock: who is asked to go can come back. */
    async kick(uid) {
        const name = this.session.people.nameOf(uid) ?? 'Somebody';
        const now = Date.now();
        await this.client.publish(at.room(this.rid, 'messages'), {
            from: 'System', fromId: this.me.uid, msgId: `kick-${now}`, text: `${name} was asked to leave.`, timestamp: now, avatarColor: '#6b7280', type: 'text',
        });
        // Where the relay guards presence it refuses this, and the entry runs out by itself.
        await this.client.set(at.room(this.rid, `presence/${uid}`), null).catch(() => {});
    }

    async ban(uid) {
        await this.client.set(at.room(this.rid, `bans/${uid}`), { bannedBy: this.me.uid, timestamp: Date.now(), name: this.session.people.nameOf(uid) ?? '' });
        this.bans.set(uid, { bannedBy: this.me.uid });
        await this.kick(uid);
        if (this.isEncrypted) await this.secrecy.rotate();
    }

    unban(uid) {
        return this.client.set(at.room(this.rid, `bans/${uid}`), null);
    }

    /** Writes the meta anew; what the relay hides from everybody is put back from what this device knows. */
    async changeMeta(change) {
        const kept = this.secrecy.secret && this.creator === this.me.uid && this.hasPassword
            ? { passwordHash: this.secrecy.secret.hash, passwordSalt: this.secrecy.secret.salt } : {};
        await this.client.set(at.room(this.rid, 'meta'), { ...this.meta, ...kept, ...change });
    }
}
