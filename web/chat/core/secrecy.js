// The keys of a room at work: seals and opens messages, gives the key to those who may have it, asks for it, changes it.
import { Admissions } from './admissions.js';
import {
    hashPassword, isAvailable, makeRoomKey, makeSalt, sameKey, sameSecret, unwrapRoomKey, wrapRoomKey, encryptText,
} from './crypto.js';
import { at, isMap, isUserId } from './ids.js';
import { KeyMarks } from './key-marks.js';
import { Keyring } from './keyring.js';

const askEvery = 5000;
const waitForProof = 2000;
const waitForBetter = 1000;
/** Those who leave together cost one key, and nobody who comes and goes costs more than one in this time. */
const rotation = { gather: 250, between: 300_000 };

export class Secrecy {
    /** `none`, `have`, `waiting` for somebody to send the key, or `locked` until the password is typed. */
    state = 'none';
    #published = new Map();
    #proofs = new Map();
    #proofWaiters = new Map();
    #sealWaiters = [];
    #askTimer;
    #lastAsk = 0;
    #lastSent = new Map();
    #fallback;
    #isStopped = true;
    #isKnown = false;
    #rotatesSoon;
    #lastRotation = -Infinity;
    #unlisten;
    #metaWaiters = [];
    #isMetaKnown = false;

    constructor(room) {
        this.room = room;
        this.marks = new KeyMarks(room);
        this.admissions = new Admissions({ store: room.session.store, rid: room.rid, changed: () => room.emit('asked') });
    }

    get isPossible() { return isAvailable(); }
    get keyring() { return this.ring; }
    get secret() { return this.ring.secret; }

    async load() {
        this.ring = new Keyring({ store: this.room.session.store, rid: this.room.rid });
        await this.ring.load();
        await this.marks.load();
    }

    start() {
        this.#isStopped = false;
        // The relay may have forgotten us, or the key may have changed meanwhile.
        this.#unlisten = this.room.client.on('open', () => this.#isKnown && this.#sayKey());
        this.#update();
        this.#rotateSoon();
    }

    stop() {
        this.#isStopped = true;
        this.#isKnown = false;
        clearInterval(this.#askTimer);
        this.#askTimer = undefined;
        clearTimeout(this.#fallback);
        clearTimeout(this.#rotatesSoon);
        this.#rotatesSoon = undefined;
        this.#unlisten?.();
    }

    #update() {
        const { room } = this;
        const before = this.state;
        if (!room.isEncrypted) this.state = 'none';
        else if (this.ring.current) this.state = 'have';
        else this.state = room.hasPassword && !this.secret ? 'locked' : 'waiting';
        if (this.state === 'waiting' && !this.#askTimer && !this.#isStopped && this.isPossible) {
            this.ask();
            this.#askTimer = setInterval(() => this.ask(), askEvery);
        }
        if (this.state !== 'waiting') {
            clearInterval(this.#askTimer);
            this.#askTimer = undefined;
        }
        if (this.state === 'have' && !this.#isStopped && !this.#isKnown) this.#sayKey();
        if (this.state === 'have') this.#sealWaiters.splice(0).forEach((resolve) => resolve());
        if (this.state !== before) this.room.emit('change');
    }

    metaChanged({ passwordHash, passwordSalt, pwSalt, encrypted }) {
        if (encrypted === true) this.ring.seal();
        if (typeof passwordHash === 'string' && typeof passwordSalt === 'string' && this.ring) {
            // Seen live by an old relay; one of ours never shows it.
            if (!this.secret) this.seenHash = { hash: passwordHash, salt: passwordSalt };
        }
        this.salt = typeof pwSalt === 'string' ? pwSalt : typeof passwordSalt === 'string' ? passwordSalt : this.salt;
        if (!this.#isStopped) this.#update();
    }

    /** Whoever wants to speak has to wait for that: before, nobody can tell whether the room is sealed. */
    metaIsKnown() {
        this.#isMetaKnown = true;
        this.#metaWaiters.splice(0).forEach((resolve) => resolve());
    }

    // — Messages —

    /** An event with its text sealed; waits for a key where the room wants one. Plaintext never leaves such a room. */
    async seal(event) {
        if (!this.#isMetaKnown) await new Promise((resolve) => this.#metaWaiters.push(resolve));
        if (!this.room.isEncrypted || event.encrypted === true) return event;
        if (!this.ring.current) await new Promise((resolve) => this.#sealWaiters.push(resolve));
        const { text, image, ...clear } = event;
        const sealed = { ...clear, ...await encryptText(text, this.ring.current), encrypted: true, kid: this.ring.currentId };
        // What is quoted has a message of its own.
        if (event.replyTo) sealed.replyTo = { ...event.replyTo, text: '' };
        if (image) {
            const picture = await encryptText(image, this.ring.current);
            Object.assign(sealed, { encryptedImage: picture.text, imageIv: picture.iv });
        }
        return sealed;
    }

    /** An event with its text readable, or marked `isLocked`; `isClear` marks what should have been sealed. */
    async open(said) {
        // What is found out here cannot be told from there.
        const { isClear, isLocked, proof, ...event } = said;
        if (event.encrypted !== true || typeof event.iv !== 'string') {
            return this.room.isEncrypted && event.type !== 'delete' && event.text ? { ...event, isClear: true } : event;
        }
        const opened = this.isPossible ? await this.ring.open(event, event.kid) : undefined;
        if (!opened) {
            if (this.state === 'have') this.#askAgain();
            return { ...event, text: '', isLocked: true };
        }
        if (!opened.isCurrent && this.#published.has(event.userId)) this.#offer(event.userId);
        const image = typeof event.imageIv === 'string' ? await this.ring.open({ text: event.encryptedImage, iv: event.imageIv }, event.kid) : undefined;
        return { ...event, text: opened.text, image: image?.text };
    }

    // — Asking —

    ask() {
        this.ring.ask();
        this.#lastAsk = Date.now();
        return this.#sayKey();
    }

    /** Our public key, where others look for it, and the proof that lets them answer. */
    async #sayKey() {
        this.#isKnown = true;
        const { room } = this;
        const identity = await room.session.identity();
        if (this.secret) await room.client.set(at.room(room.rid, `crypto/proof/${room.me.uid}`), { hash: this.secret.hash, timestamp: Date.now() }).catch(() => {});
        await room.client.set(at.room(room.rid, `crypto/pubkey/${room.me.uid}`), { publicKey: identity.exchangePublic, timestamp: Date.now() }).catch(() => {});
    }

    #askAgain() {
        if (Date.now() - this.#lastAsk >= askEvery && !this.#isStopped) this.ask();
    }

    /** Takes the password: `wrong` when that is known already, else we ask for the key with it. */
    async unlock(password) {
        const salt = this.salt ?? this.seenHash?.salt;
        if (!salt) return 'unknown';
        const hash = await hashPassword(password, salt);
        if (this.seenHash && this.seenHash.salt === salt && !sameSecret(hash, this.seenHash.hash)) return 'wrong';
        await this.ring.keepSecret({ hash, salt });
        clearInterval(this.#askTimer);
        this.#askTimer = undefined;
        this.#update();
        return 'asked';
    }

    /** The password did not bring a key: forget it and ask the user again. */
    async giveUpPassword() {
        if (this.ring.current) return;
        await this.ring.keepSecret(undefined);
        this.#update();
    }

    // — Receiving what concerns keys —

    receive([kind, uid], value, { snapshot, signal, removed }) {
        if (!isUserId(uid)) return;
        if (kind === 'pubkey' && signal === 'param') this.#pubkeyChanged(uid, value, { isSnapshot: snapshot, isForgotten: removed });
        else if (kind === 'proof' && signal === 'param') this.#proofChanged(uid, value);
        else if (kind === 'keyex' && signal !== 'param' && uid === this.room.me.uid) this.#keyOffered(value);
    }

    #pubkeyChanged(uid, value, { isSnapshot, isForgotten }) {
        if (!isMap(value) || !isMap(value.publicKey)) {
            this.#published.delete(uid);
            // Whoever takes the key down has left for good; what is said from now on is not for them. What the relay has
            // lost, and whoever never had the key, changes nothing.
            if (!isSnapshot && !isForgotten && this.ring.wasGiven(uid)) this.ring.lost(uid).then(() => this.#rotateSoon());
            return;
        }
        this.#published.set(uid, value.publicKey);
        if (uid === this.room.me.uid) return;
        this.marks.remember(uid, value.publicKey);
        if (!isSnapshot || this.room.present.has(uid)) this.#offer(uid);
    }

    personCame(uid) {
        if (this.#published.has(uid) && uid !== this.room.me.uid) this.#offer(uid);
    }

    #proofChanged(uid, value) {
        const hash = isMap(value) && typeof value.hash === 'string' ? value.hash : undefined;
        this.#proofs.set(uid, hash);
        this.#proofWaiters.get(uid)?.splice(0).forEach((resolve) => resolve(hash));
    }

    /** Whether somebody has shown to know the password; waits a moment for it to come. */
    async hasProof(uid) {
        if (!this.room.hasPassword && !this.secret && !this.seenHash) return true;
        const expected = this.secret?.hash ?? this.seenHash?.hash;
        if (!expected) return false;
        if (!sameSecret(this.#proofs.get(uid), expected)) {
            await new Promise((resolve) => {
                if (!this.#proofWaiters.has(uid)) this.#proofWaiters.set(uid, []);
                this.#proofWaiters.get(uid).push(resolve);
                setTimeout(resolve, waitForProof);
            });
        }
        return sameSecret(this.#proofs.get(uid), expected);
    }

    /** Gives the key to somebody who asks and may have it, the same key to the same public key at most every few seconds. */
    async #offer(uid) {
        const { room } = this;
        const peerKey = this.#published.get(uid);
        if (!this.ring.current || !peerKey || this.#isStopped || room.bans.has(uid) || room.isBanned || !room.isEncrypted) return;
        const mark = `${this.ring.current.k} ${peerKey.x}`;
        const last = this.#lastSent.get(uid);
        if (last?.mark === mark && Date.now() - last.at < askEvery - 1000) return;
        this.#lastSent.set(uid, { mark, at: Date.now() });
        if (!await this.hasProof(uid) || !await this.#isWelcome(uid, peerKey)) {
            this.#lastSent.delete(uid);
            return;
        }
        await this.#send(uid, peerKey).catch(() => this.#lastSent.delete(uid));
    }

    /** Private rooms without a password: there the user says who belongs to it. */
    get #isByInvitation() {
        return !this.room.meta?.isPublic && !this.room.hasPassword;
    }

    /** In private rooms without a password the key goes only to those the user has agreed to. */
    #isWelcome(uid, publicKey) {
        const { room } = this;
        if (room.isDirect) return uid === room.peer;
        if (!this.#isByInvitation) return true;
        return this.#isKnownHere(uid) || this.admissions.allows(uid, publicKey);
    }

    #isKnownHere(uid) {
        return this.room.isModerator(uid) || this.room.session.people.friends.has(uid);
    }

    /**
     * Whether a key may come from this member, who does not run the room. That we gave them ours in a public room, or for
     * a proof, says nothing: anybody gets it there. Where nobody runs the room, the user decides.
     */
    async #mayBring(uid, publicKey) {
        const { room, ring } = this;
        if (room.isDirect) return uid === room.peer;
        if (!ring.current) return !this.#isByInvitation || this.#isKnownHere(uid) || this.admissions.allows(uid, publicKey, { brings: true });
        if (!ring.isAsking) return false;
        if (!room.creator) return this.admissions.allows(uid, publicKey, { brings: true });
        return this.#isByInvitation && ring.wasGiven(uid, publicKey) && this.#isWelcome(uid, publicKey);
    }

    /** The user's answer to who waits; who is let in hears from us at once. */
    async answer(asking, isAdmitted) {
        await this.admissions.answer(asking, isAdmitted);
        if (!isAdmitted) return;
        if (asking.brings) await this.ask();
        else await this.#offer(asking.uid);
    }

    async #send(uid, peerKey) {
        const { room } = this;
        const identity = await room.session.identity();
        const wrapped = await wrapRoomKey(this.ring.current, identity.exchange.privateKey, peerKey);
        await room.client.publish(at.room(room.rid, `crypto/keyex/${uid}`), { fromId: room.me.uid, ...wrapped, senderPublicKey: identity.exchangePublic });
        await this.ring.gave(uid, peerKey);
    }

    async #keyOffered(value) {
        const { room } = this;
        if (!isMap(value) || !isUserId(value.fromId) || value.fromId === room.me.uid || !isMap(value.senderPublicKey)) return;
        const sender = value.fromId;
        const { senderPublicKey } = value;
        if (!room.isEncrypted || room.bans.has(sender)) return;
        let key;
        try {
            key = await unwrapRoomKey(value, (await room.session.identity()).exchange.privateKey);
        } catch {
            // Made for a key that we no longer have; the next question brings another.
            return;
        }
        const leads = room.isModerator(sender) && (!room.isDirect || sender === room.peer);
        const isAdmitted = leads || await this.#mayBring(sender, senderPublicKey);
        if (!isAdmitted && (!this.ring.current || room.isDirect)) return;
        const verdict = this.ring.judge(key, { senderPublicKey, publishedKey: this.#published.get(sender), isBanned: room.bans.has(sender), leads, isAdmitted });
        if (verdict === 'refuse') return;
        await this.marks.remember(sender, senderPublicKey);
        if (verdict === 'take') {
            await this.#take(key);
        } else {
            clearTimeout(this.#fallback);
            this.#fallback = setTimeout(() => !this.ring.current && this.#take(key), waitForBetter);
        }
    }

    async #take(key) {
        clearTimeout(this.#fallback);
        const isFirst = !this.ring.current;
        await this.ring.take(key);
        this.#update();
        this.room.emit('key', { isFirst });
        await this.room.talk.reopen();
        // Those who asked while we had nothing to give.
        for (const uid of this.#published.keys()) if (uid !== this.room.me.uid && this.room.present.has(uid)) this.#offer(uid);
    }

    // — Making and changing —

    /** A key for a room that has none, and the secret to its password. */
    async create(password) {
        const salt = password ? makeSalt() : undefined;
        const secret = password ? { hash: await hashPassword(password, salt), salt } : undefined;
        await this.ring.take(await makeRoomKey());
        await this.ring.seal();
        if (secret) await this.ring.keepSecret(secret);
        return secret;
    }

    /** The one that changes the key when somebody leaves: of those who run the room and are here, the first by id. */
    #isKeeper() {
        const here = [...this.room.present.keys()].filter((uid) => this.room.isModerator(uid) && !this.room.bans.has(uid)).sort();
        return here[0] === this.room.me.uid;
    }

    #rotateSoon() {
        if (!this.ring.isDue || this.#rotatesSoon || this.#isStopped) return;
        const wait = Math.max(rotation.gather, this.#lastRotation + rotation.between - Date.now());
        this.#rotatesSoon = setTimeout(() => {
            this.#rotatesSoon = undefined;
            if (this.ring.isDue && this.#isKeeper()) this.rotate().catch((error) => this.room.emit('trouble', error));
        }, wait);
    }

    /** A new key, given to all who are here and may have it; our public key is not said again, or old keys would come back. */
    async rotate() {
        if (!this.room.isEncrypted || !this.ring.current) return;
        this.#lastRotation = Date.now();
        await this.ring.take(await makeRoomKey());
        this.#lastSent.clear();
        this.#update();
        const peers = [...this.#published.keys()].filter((uid) => uid !== this.room.me.uid && !this.room.bans.has(uid));
        await Promise.all(peers.map((uid) => this.#offer(uid)));
        this.room.emit('key', { isFirst: false });
    }

    /** The peer uses a key that matches what they publish. */
    isPublished(uid, publicKey) {
        return sameKey(this.#published.get(uid), publicKey);
    }
}
