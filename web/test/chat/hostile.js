// Somebody signed in who keeps to no convention: what the relay lets them write, they write.
import { exportKey, makeExchangePair, makeRoomKey, wrapRoomKey } from '../../chat/core/crypto.js';
import { at } from '../../chat/core/ids.js';

export class Hostile {
    constructor(session) {
        Object.assign(this, { session, client: session.client, uid: session.me.uid });
    }

    /** Shown as present, with a public key of their own, and never let in. */
    async lurk(rid) {
        this.rid = rid;
        this.pair = await makeExchangePair();
        this.publicKey = await exportKey(this.pair.publicKey);
        const now = Date.now();
        await this.client.set(at.room(rid, `presence/${this.uid}`), { name: 'Nobody', avatarColor: '#000000', joinedAt: now, lastSeen: now });
        await this.showKey();
    }

    showKey() {
        return this.client.set(at.room(this.rid, `crypto/pubkey/${this.uid}`), { publicKey: this.publicKey, timestamp: Date.now() });
    }

    publish(event) {
        return this.client.publish(at.room(this.rid, 'messages'), event);
    }

    say(text, more = {}) {
        return this.publish({ from: 'Nobody', fromId: 'n', userId: this.uid, msgId: `${Date.now()}-${text.slice(0, 6)}`, text, timestamp: Date.now(), type: 'text', ...more });
    }

    /** What nobody can open, so that those who hear it ask for the key. */
    babble() {
        return this.say('AAAA', { iv: 'AAAAAAAAAAAAAAAA', encrypted: true, msgId: `${Date.now()}-babble` });
    }

    /** A key of their own making for somebody, sealed to the key which that somebody publishes. */
    async giveKey(uid) {
        const key = await makeRoomKey();
        const { publicKey } = await this.client.get(at.room(this.rid, `crypto/pubkey/${uid}`));
        const wrapped = await wrapRoomKey(key, this.pair.privateKey, publicKey);
        await this.client.publish(at.room(this.rid, `crypto/keyex/${uid}`), { fromId: this.uid, ...wrapped, senderPublicKey: this.publicKey });
        return key;
    }
}
