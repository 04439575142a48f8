// The keys of one room: the present one, retired ones, and whom they may be given to or taken from. It decides; it does
// not talk.
import { decryptText, keyId, sameKey } from './crypto.js';

/**
 * How many keys are kept, far more than changes of keys come together in years, and how many of them are tried on what
 * does not say with which it was sealed.
 */
const limits = { kept: 2000, tried: 50 };

export class Keyring {
    /** Newest first; the first is the one to encrypt with. */
    #keys = [];
    #ids = new Map();
    #asked = false;
    /** The x of the public key to which somebody was given the key, by uid. */
    #given = new Map();
    /** Once a room is known to be sealed it stays so, whatever is said of it later. */
    isSealed = false;
    /** Somebody who had the key has left, and it is to be changed. */
    isDue = false;

    constructor({ store, rid }) {
        this.store = store;
        this.id = `room:${rid}`;
    }

    async load() {
        const kept = await this.store.get('keys', this.id);
        this.#keys = kept?.keys ?? [];
        this.secret = kept?.secret;
        this.#given = new Map(kept?.given);
        this.isSealed = kept?.isSealed ?? false;
        this.isDue = kept?.isDue ?? false;
        for (const key of this.#keys) this.#ids.set(key.k, await keyId(key));
    }

    #save() {
        return this.store.put('keys', { id: this.id, keys: this.#keys.slice(0, limits.kept), secret: this.secret, given: [...this.#given], isSealed: this.isSealed, isDue: this.isDue });
    }

    /** Who has the key from this device, with which public key. */
    async gave(uid, publicKey) {
        if (this.wasGiven(uid, publicKey)) return;
        this.#given.set(uid, publicKey.x);
        await this.#save();
    }

    /** Somebody who had the key from us does not belong to the room any more. */
    async lost(uid) {
        this.isDue = true;
        this.#given.delete(uid);
        await this.#save();
    }

    /** Without `publicKey`: with any. */
    wasGiven(uid, publicKey) {
        return this.#given.has(uid) && (!publicKey || this.#given.get(uid) === publicKey.x);
    }

    get current() {
        return this.#keys[0];
    }

    get currentId() {
        return this.current && this.#ids.get(this.current.k);
    }

    isRetired(key) {
        return this.#keys.slice(1).some(({ k }) => k === key.k);
    }

    /** What we know of the room's password: `{hash, salt}`. */
    async keepSecret(secret) {
        this.secret = secret;
        await this.#save();
    }

    async seal() {
        if (this.isSealed) return;
        this.isSealed = true;
        await this.#save();
    }

    /** The room that this key was made for does not come to be sealed. */
    async withdraw() {
        this.#keys.shift();
        this.isSealed = false;
        await this.#save();
    }

    /** We want a key, so whoever answers is heard. */
    ask() {
        this.#asked = true;
    }

    get isAsking() {
        return this.#asked || !this.current;
    }

    /** Takes a key as the present one; the one before is kept for old messages. */
    async take(key) {
        this.#asked = this.isDue = false;
        this.#keys = [key, ...this.#keys.filter(({ k }) => k !== key.k)];
        this.#ids.set(key.k, await keyId(key));
        await this.#save();
    }

    /**
     * What to do with a key that somebody sent: `take`, `wait` for a better answer, or `refuse`. Where there is a key
     * already, another is taken only from who `leads` the room, or, if we asked, from who `isAdmitted`, which somebody
     * becomes by what the user has decided, never by what they send; and only if it comes from the key they publish.
     */
    judge(key, { senderPublicKey, publishedKey, isBanned = false, leads = false, isAdmitted = false }) {
        if (isBanned || this.isRetired(key)) return 'refuse';
        if (this.current?.k === key.k) {
            this.#asked = false;
            return 'refuse';
        }
        const isMatched = sameKey(senderPublicKey, publishedKey);
        if (this.current) return isMatched && (leads || (this.#asked && isAdmitted)) ? 'take' : 'refuse';
        return isMatched ? 'take' : 'wait';
    }

    /** The text of a message and the key that opened it; undefined if none of ours does. */
    async open(sealed, kid) {
        const named = this.#keys.filter(({ k }) => kid !== undefined && this.#ids.get(k) === kid);
        const keys = new Set([...named, ...this.#keys.slice(0, limits.tried)]);
        for (const key of keys) {
            try {
                return { text: await decryptText(sealed, key), isCurrent: key === this.current };
            } catch {
                // Not this one: a failed tag is the only way to find out.
            }
        }
        return undefined;
    }
}
