// One room that we are in: who is there, what is said, who may do what. What has to do with keys is in `secrecy.js`.
import { Emitter } from '../../sdk/emitter.js';
import { at, cleanLine, cleanName, colorFor, directRoomId, isColor, isMap, isUserId, messageId } from './ids.js';
import { Kept } from './kept.js';
import { Reactions } from './reactions.js';
import { Secrecy } from './secrecy.js';
import { isChange, Timeline } from './timeline.js';

export const beat = 10_000;
const staleAfter = 25_000;
/** As many of the last messages as a relay keeps for those who come. */
const pastCount = 100;
const typingRepeat = 2000;
const typingShown = 3500;
const sendLimit = { count: 5, within: 1000 };
export const maxText = 2000;

export class Room extends Emitter {
    meta;
    timeline;
    present = new Map();
    typing = new Map();
    admins = new Map();
    bans = new Map();
    /** Somebody looks at it now; what arrives meanwhile is read. */
    isOpen = false;
    #subscription;
    #presence;
    #timers = [];
    #sentAt = [];
    #typingSince = 0;
    #typingStop;
    #kept;
    #reactions = new Reactions(this);
    #hearing = Promise.resolve();
    #isNewcomer = true;
    #loading;
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
        this.#kept = new Kept({ store: session.store, rid });
        this.timeline = new Timeline({ isModerator: (uid) => this.isModerator(uid) });
        this.secrecy = new Secrecy(this);
    }

    get client() { return this.session.client; }
    get me() { return this.session.me; }
    get name() { return this.session.people.friends.get(this.peer)?.name ?? this.title ?? cleanName(this.meta?.name ?? this.listed?.name, 'Room'); }
    get type() { return this.rid.startsWith('dm-') ? 'dm' : this.meta?.type ?? this.listed?.type ?? this.kind ?? 'text'; }
    get isDirect() { return this.type === 'dm'; }
    /** A conversation is run by nobody but the two. */
    get creator() { return this.isDirect && !this.#isOurs(this.meta?.creatorId) ? undefined : this.meta?.creatorId; }
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
    #isOurs(uid) {
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
                for (const event of this.#entered ? events : []) await this.#hear(event, { isPast: true });
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
        case 'messages': return meta.signal === 'param' ? undefined : this.#hear(value);
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
        const message = this.#reactions.changed(place, value) && this.timeline.get(place[0]);
        if (message) this.#mark(message, {});
    }

    /** One after the other, since what is sealed takes longer to read than what is said about it next. */
    #hear(event, options) {
        this.#hearing = this.#hearing.then(() => this.#hearNext(event, options)).catch((error) => this.emit('trouble', error));
        return this.#hearing;
    }

    /** A message from the wire; ours come back only from our other tabs. */
    async #hearNext(event, { isPast = false } = {}) {
        if (!isMap(event) || this.isForeign) return;
        const author = isUserId(event.userId) ? event.userId : undefined;
        if (this.isDirect && author && !this.#isOurs(author)) return;
        if (author && this.bans.has(author)) return;
        if (!author && isUserId(event.fromId) && this.bans.has(event.fromId)) return;
        const opened = await this.secrecy.open(event);
        const row = { event, isClear: opened.isClear === true };
        const result = await this.#take(opened, row);
        if (!result) return this.#cameBack(opened, row);
        if (row.proof !== 'verified') this.#kept.put(event, row);
        if (result.what !== 'added') return;
        const { message } = result;
        // Newcomers have missed nothing.
        const isUnread = !this.isOpen && !this.isMine(message) && !(isPast && this.#isNewcomer);
        if (isUnread) this.unread += 1;
        if (!isPast) {
            this.typing.delete(author);
            this.emit('arrived', message);
        } else if (isUnread) {
            this.emit('people');
        }
    }

    /** What we thought unsent, and the relay tells us, it has. */
    #cameBack(event, row) {
        const message = this.timeline.get(event.msgId);
        if (message?.status !== 'failed' || event.userId !== this.me.uid || event.text !== message.text) return;
        this.#kept.put(row.event, { isClear: false, proof: 'verified' });
        this.#mark(message, { status: 'sent' });
    }

    #mark(message, change) {
        if (!message) return;
        Object.assign(message, change);
        this.emit('message', { what: 'changed', message });
    }

    /**
     * Messages are shown at once and marked later; what changes them waits for both proofs, since they decide. `row` is how
     * the event is kept; a signature that was right once is written there.
     */
    async #take(event, row, status) {
        if (isChange(event)) {
            // A seal that does not open proves nothing; with another key it may.
            if (event.isLocked) return { what: 'early' };
            if (row.proof !== 'verified') row.proof = await this.session.people.check(event);
            await this.timeline.get(event.targetId)?.proving;
            return this.#show(this.timeline.apply(event, row));
        }
        const result = this.#show(this.timeline.apply(event, { status, proof: row.proof }));
        if (result) await this.#prove(result.message, event, row);
        return result;
    }

    #show(result) {
        if (result?.message) this.emit('message', result);
        return result;
    }

    /** Looks at the signature; what was said of the message before it came is heard when that is known. */
    async #prove(message, event, row) {
        if (message.isSigned && message.proof !== 'verified') {
            message.proving = this.session.people.check(event).then((proof) => {
                this.#mark(message, { proof });
                if (proof === 'verified') this.#kept.put(row.event, Object.assign(row, { proof }));
            });
        }
        const early = this.timeline.takeEarly(message.msgId);
        if (!early.length) return;
        await message.proving;
        for (const { event: change, proof } of early) this.#show(this.timeline.apply(change, { proof }));
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
        const opened = await this.secrecy.open(event);
        return { ...opened, isClear: isClear ?? opened.isClear };
    }

    /** The page went before the relay had it: a message waits for a word of its author, a change of one goes by itself. */
    #offerAgain(event, message) {
        if (isChange(event)) this.#publish(event).catch((error) => this.emit('trouble', error));
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
                this.emit('message', { what: 'changed', message });
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

    // — Sending —

    /** Whether one more message fits into what others accept per second. */
    #mayTalk() {
        const now = Date.now();
        this.#sentAt = this.#sentAt.filter((time) => now - time < sendLimit.within);
        if (this.#sentAt.length >= sendLimit.count) return false;
        this.#sentAt.push(now);
        return true;
    }

    get silence() {
        if (this.isBanned) return 'You are banned from this room.';
        if (this.isForeign) return 'This conversation belongs to two other people whose ids look like yours.';
        if (this.isEncrypted && !this.secrecy.isPossible) return 'This browser can encrypt only on pages loaded over https.';
        return undefined;
    }

    async say(text, { replyTo, image } = {}) {
        const plain = text.trim().slice(0, maxText);
        if (!plain && !image) return undefined;
        if (this.silence) throw new Error(this.silence);
        if (!this.#mayTalk()) throw new Error('Slow down: five messages a second are the limit.');
        this.stopTyping();
        const event = {
            from: this.me.name, fromId: this.me.sid, userId: this.me.uid, msgId: messageId(), text: plain,
            timestamp: Date.now(), avatarColor: this.me.color, type: image ? 'image' : 'text', image,
            replyTo: replyTo ? { msgId: replyTo.msgId, from: replyTo.from, text: replyTo.text.slice(0, 100) } : undefined,
        };
        const { message } = this.timeline.apply({ ...event, encrypted: this.isEncrypted, signature: 'ours' }, { status: 'sending', proof: 'verified' });
        this.emit('message', { what: 'added', message });
        await this.#deliver(event, message);
        return message;
    }

    async #deliver(event, message) {
        try {
            const sealed = await this.secrecy.seal(await this.session.people.sign(event));
            message.retry = () => this.#publish(sealed, message);
            await message.retry();
        } catch (error) {
            this.#mark(message, { status: 'failed' });
            this.emit('trouble', error);
        }
    }

    /** Kept as unsent until the relay has it: the page may be gone by then. */
    async #publish(event, message) {
        this.#mark(message, { status: 'sending' });
        // The room may be sealed since this was written.
        const sealed = event.type === 'delete' ? event : await this.secrecy.seal(event);
        this.#kept.put(sealed, { isClear: false, proof: 'verified', isUnsent: true });
        try {
            await this.client.publish(at.room(this.rid, 'messages'), sealed);
            this.#kept.put(sealed, { isClear: false, proof: 'verified' });
            this.#mark(message, { status: 'sent' });
        } catch (error) {
            this.#mark(message, { status: 'failed' });
            throw error;
        }
    }

    /** Ours by uid; without one, by the name that this page has used from its start. */
    isMine(message) {
        return message.userId ? message.userId === this.me.uid : message.fromId === this.me.sid;
    }

    async edit(message, text) {
        const plain = text.trim().slice(0, maxText);
        if (!plain || plain === message.text) return;
        await this.#change({ type: 'edit', targetId: message.msgId, text: plain });
    }

    async remove(message) {
        const isModAction = !this.isMine(message) && this.isModerator(this.me.uid);
        await this.#change({ type: 'delete', targetId: message.msgId, text: '', ...(isModAction ? { isModAction, fromId: this.me.uid } : {}) });
    }

    async #change(change) {
        // The id names the target, and the signature covers the id: no change can be turned against another message.
        const event = { fromId: this.me.sid, userId: this.me.uid, msgId: `${change.targetId}.${messageId()}`, timestamp: Date.now(), ...change };
        this.#show(this.timeline.apply(event, { proof: 'verified' }));
        const signed = await this.session.people.sign(event);
        await this.#publish(signed);
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
