// A chat client as they exist in the field: it does what docs/chat.md says of them, with their habits, on nothing but
// CLASP frames and Web Crypto. Tests hold ours against it.
import { decodeFrame, encodeFrame } from '../../sdk/codec/frame.js';
import { socketClass } from '../../sdk/link.js';

const { subtle } = globalThis.crypto;
const utf8 = new TextEncoder();
const b64 = (bytes) => Buffer.from(bytes).toString('base64');
const unb64 = (text) => new Uint8Array(Buffer.from(text, 'base64'));

export class OtherClient {
    static async connect(url, { uid, name, token }) {
        const client = new OtherClient();
        Object.assign(client, { uid, name, messages: [], params: new Map(), keyexes: [], patterns: [], nextId: 1 });
        const Socket = await socketClass();
        client.socket = new Socket(url, 'clasp');
        client.socket.binaryType = 'arraybuffer';
        await new Promise((resolve) => {
            client.socket.onopen = () => client.send({ type: 'HELLO', version: 1, features: ['param', 'event', 'stream', 'gesture', 'timeline'], name, token }, 0);
            client.socket.onmessage = ({ data }) => {
                const { message } = decodeFrame(new Uint8Array(data));
                if (message.type === 'WELCOME') {
                    client.sid = message.session;
                    resolve();
                }
                client.receive(message);
            };
        });
        client.pair = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
        client.signing = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
        client.publicKey = await subtle.exportKey('jwk', client.pair.publicKey);
        return client;
    }

    send(message, qos) {
        this.socket.send(encodeFrame(message, { qos }));
    }

    set(address, value) { this.send({ type: 'SET', address, value }, 1); }
    emit(address, value) { this.send({ type: 'PUBLISH', signal: 'event', address, value, timestamp: Date.now() * 1000 }, 1); }
    subscribe(pattern) { this.send({ type: 'SUBSCRIBE', id: this.nextId++, pattern, types: [] }, 0); }
    close() { clearInterval(this.timer); this.socket.close(); }

    async receive(message) {
        if (message.type === 'SNAPSHOT') message.params.forEach((param) => this.params.set(param.address, param.value));
        if (message.type === 'SET') {
            this.params.set(message.address, message.value);
            if (message.address.includes('/crypto/pubkey/')) this.answer(message.address.split('/').pop(), message.value);
        }
        if (message.type !== 'PUBLISH') return;
        if (message.address.endsWith('/messages')) await this.hear(message.value);
        if (message.address.includes('/crypto/keyex/')) await this.take(message.value);
    }

    /** Presence, then the rest of the room, as exact addresses and one-segment tails. */
    join(rid) {
        this.rid = rid;
        const now = Date.now();
        this.set(`/chat/room/${rid}/presence/${this.uid}`, { name: this.name, avatarColor: '#457b9d', joinedAt: now, lastSeen: now });
        for (const rest of ['meta', 'messages', 'presence/*', 'typing/*', 'reactions/*', 'admin/*', 'bans/*']) this.subscribe(`/chat/room/${rid}/${rest}`);
    }

    async create(rid, { name, hasEncryption = false }) {
        this.set(`/chat/room/${rid}/meta`, { name, type: 'text', description: '', isPublic: true, encrypted: hasEncryption });
        this.set(`/chat/registry/rooms/${rid}`, { name, type: 'text', isPublic: true, creatorId: this.uid, creatorName: this.name, createdAt: Date.now() });
        this.join(rid);
        if (!hasEncryption) return;
        this.key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
        this.isEncrypted = true;
        this.subscribe(`/chat/room/${rid}/crypto/pubkey/*`);
        this.set(`/chat/room/${rid}/crypto/pubkey/${this.uid}`, { publicKey: this.publicKey, timestamp: Date.now() });
    }

    async say(text, more = {}) {
        const message = { from: this.name, fromId: this.sid, userId: this.uid, msgId: `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`, text, timestamp: Date.now(), avatarColor: '#457b9d', type: 'text', ...more };
        const signed = utf8.encode(JSON.stringify({ text, fromId: message.fromId, msgId: message.msgId, timestamp: message.timestamp }));
        message.signature = b64(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.signing.privateKey, signed));
        this.emit(`/chat/room/${this.rid}/messages`, this.isEncrypted ? { ...message, ...await this.seal(text) } : message);
        return message;
    }

    async edit(target, text) {
        const edit = { type: 'edit', fromId: this.sid, targetId: target.msgId, text, timestamp: Date.now() };
        this.emit(`/chat/room/${this.rid}/messages`, this.isEncrypted ? { ...edit, ...await this.seal(text) } : edit);
    }

    remove(target) { this.emit(`/chat/room/${this.rid}/messages`, { type: 'delete', fromId: this.sid, targetId: target.msgId, timestamp: Date.now() }); }
    react(msgId, emoji) { this.set(`/chat/room/${this.rid}/reactions/${msgId}/${emoji}`, { users: [this.sid] }); }

    async seal(text) {
        const iv = globalThis.crypto.getRandomValues(new Uint8Array(12));
        return { text: b64(await subtle.encrypt({ name: 'AES-GCM', iv }, this.key, utf8.encode(text))), iv: b64(iv), encrypted: true };
    }

    async hear(message) {
        let shown = message;
        if (message.encrypted && message.iv) {
            const plain = this.key && await subtle.decrypt({ name: 'AES-GCM', iv: unb64(message.iv) }, this.key, unb64(message.text)).catch(() => undefined);
            shown = { ...message, text: plain ? new TextDecoder().decode(plain) : undefined };
        }
        if (shown.type === 'edit') {
            const target = this.messages.find(({ msgId }) => msgId === shown.targetId);
            if (target) target.text = shown.text;
        } else if (shown.type === 'delete') {
            this.messages = this.messages.filter(({ msgId }) => msgId !== shown.targetId);
        } else if (shown.fromId !== this.sid) {
            this.messages.push(shown);
        }
    }

    // — Keys —

    async wrapKey(privateKey, jwk) {
        const peer = await subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, true, []);
        const shared = await subtle.deriveBits({ name: 'ECDH', public: peer }, privateKey, 256);
        const material = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
        return subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: utf8.encode('clasp-chat-keyex-v1') }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    }

    ask(password) {
        this.isEncrypted = true;
        this.subscribe(`/chat/room/${this.rid}/crypto/keyex/${this.uid}`);
        this.subscribe(`/chat/room/${this.rid}/crypto/pubkey/*`);
        const again = async () => {
            if (this.key) return;
            if (password) this.set(`/chat/room/${this.rid}/crypto/proof/${this.uid}`, { hash: await this.hash(password), timestamp: Date.now() });
            this.set(`/chat/room/${this.rid}/crypto/pubkey/${this.uid}`, { publicKey: this.publicKey, timestamp: Date.now() });
        };
        again();
        this.timer = setInterval(again, 5000);
    }

    async hash(password) {
        const { passwordSalt, pwSalt } = this.params.get(`/chat/room/${this.rid}/meta`);
        const material = await subtle.importKey('raw', utf8.encode(password), 'PBKDF2', false, ['deriveBits']);
        return b64(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: utf8.encode(passwordSalt ?? pwSalt), iterations: 600_000 }, material, 256));
    }

    async answer(uid, value) {
        if (uid === this.uid || !value?.publicKey || !this.key) return;
        const iv = globalThis.crypto.getRandomValues(new Uint8Array(12));
        const text = utf8.encode(JSON.stringify(await subtle.exportKey('jwk', this.key)));
        const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, await this.wrapKey(this.pair.privateKey, value.publicKey), text);
        this.emit(`/chat/room/${this.rid}/crypto/keyex/${uid}`, { fromId: this.uid, encryptedKey: b64(sealed), iv: b64(iv), senderPublicKey: this.publicKey });
    }

    async take({ encryptedKey, iv, senderPublicKey }) {
        const plain = await subtle.decrypt({ name: 'AES-GCM', iv: unb64(iv) }, await this.wrapKey(this.pair.privateKey, senderPublicKey), unb64(encryptedKey));
        this.key = await subtle.importKey('jwk', JSON.parse(new TextDecoder().decode(plain)), 'AES-GCM', true, ['encrypt', 'decrypt']);
    }
}
