// Somebody signed in: the connection, the keys of this device, and the rooms they are in.
import { ClaspClient } from '../../sdk/client.js';
import { Emitter } from '../../sdk/emitter.js';
import { exportKey, isAvailable, makeExchangePair, makeSigningPair } from './crypto.js';
import { Directory } from './directory.js';
import { at, cleanName, directRoomId, isMap, isRoomId, uuid } from './ids.js';
import { People } from './people.js';
import { Room } from './room.js';
import { openStore } from './store.js';
import { Tally } from './tally.js';

/** How long those we leave are given to take note of it, in milliseconds. */
const farewell = 2000;

export const statuses = ['online', 'away', 'dnd', 'invisible'];

export class Session extends Emitter {
    rooms = new Map();
    #identity;
    #expiry;

    /** `settings` keeps small things: `{get(name), set(name, value)}`. */
    constructor({ url, token, me, settings, store, WebSocket, client }) {
        super();
        this.settings = settings;
        this.tally = new Tally(settings);
        this.store = store;
        this.me = { status: 'online', sid: undefined, ...me, name: cleanName(me.name) };
        this.client = client ?? new ClaspClient(url, { name: this.me.name, token, WebSocket });
        this.people = new People(this);
        this.directory = new Directory(this);
        this.client.on('state', (state) => this.emit('state', state));
        this.client.on('open', ({ recovered }) => {
            if (recovered === false) for (const room of this.rooms.values()) room.emit('gap');
        });
        this.client.on('error', (error) => this.emit('trouble', error));
        this.client.on('close', (error) => this.emit('close', error));
        this.people.on('conversation', (conversation) => this.#conversation(conversation));
        this.people.on('accepted', (uid) => this.rooms.forEach((room) => room.talk.proveAgain(uid)));
        this.directory.on('deleted', (rid) => this.rooms.get(rid)?.emit('deleted'));
    }

    async start() {
        this.store ??= await openStore(this.me.uid);
        await this.client.connect();
        // The first session id of the page is our name in messages until the page goes: others know us by it.
        this.me.sid = this.client.session;
        await Promise.all([this.people.start(), this.directory.start()]);
        for (const { rid, kind, title, listed, peer } of this.settings.get('joined') ?? []) {
            if (isRoomId(rid)) this.#add(rid, { kind, title, listed, peer: peer ?? this.people.peerIn(rid) }).catch((error) => this.emit('trouble', error));
        }
        this.#expiry = this.client.subscribe('/clasp/relay/expiring', () => this.emit('expiring'), { types: ['event'] });
        this.emit('rooms');
    }

    /** Says goodbye where somebody may hear it. What nobody heard runs out by itself. */
    async stop() {
        const goodbyes = Promise.allSettled([...this.rooms.values()].map((room) => room.leave()));
        let timer;
        if (this.client.isOpen) await Promise.race([goodbyes, new Promise((resolve) => { timer = setTimeout(resolve, farewell); })]);
        clearTimeout(timer);
        this.people.stop();
        this.directory.stop();
        this.#expiry?.unsubscribe();
        this.client.close();
    }

    /** This device's key pairs. Their private halves cannot be read, not even by us. */
    identity() {
        this.#identity ??= (async () => {
            const kept = await this.store.get('keys', 'identity');
            if (kept) return kept;
            if (!isAvailable()) throw new Error('Encryption needs a page loaded over https.');
            const [exchange, signing] = await Promise.all([makeExchangePair(), makeSigningPair()]);
            const identity = { id: 'identity', exchange, signing, exchangePublic: await exportKey(exchange.publicKey), signingPublic: await exportKey(signing.publicKey) };
            await this.store.put('keys', identity);
            return identity;
        })();
        return this.#identity;
    }

    // — Rooms —

    async #add(rid, details) {
        if (this.rooms.has(rid)) return this.rooms.get(rid);
        const room = new Room(rid, this, details);
        this.rooms.set(rid, room);
        for (const name of ['change', 'people', 'typing', 'message', 'arrived', 'joined', 'left', 'key', 'key-changed', 'asked', 'trouble', 'banned', 'deleted', 'video']) {
            room.on(name, (...told) => this.emit(`room-${name}`, room, ...told));
        }
        room.on('banned', () => this.#banned(room));
        room.on('change', () => this.#remember());
        this.#remember();
        await room.enter();
        return room;
    }

    #banned(room) {
        if (room.creator === this.me.uid) return;
        room.leave();
    }

    #remember() {
        this.settings.set('joined', [...this.rooms.values()].map(({ rid, kind, type, title, name, listed, peer }) => ({ rid, kind: kind ?? type, title: title ?? undefined, listed: listed ?? { name }, peer })));
        this.emit('rooms');
    }

    #conversation({ rid, title, peer }) {
        // Whoever is named in the list must have an id that leads to this room; a friend with such an id comes first.
        if (!peer || directRoomId(this.me.uid, peer) !== rid || this.people.peerIn(rid) !== peer) return;
        this.#add(rid, { kind: 'dm', title, peer }).catch((error) => this.emit('trouble', error));
    }

    async create({ name, type, isPublic = true, namespace, password, encrypted = false }) {
        const rid = uuid();
        const room = new Room(rid, this, {});
        await room.secrecy.load();
        // A password guards nothing unless what is said is sealed.
        const isSealed = encrypted || Boolean(password);
        const secret = isSealed ? await room.secrecy.create(password) : undefined;
        await this.directory.create({ rid, name, type, isPublic, namespace, secret, encrypted: isSealed });
        return this.#add(rid, { kind: type, listed: this.directory.rooms.get(rid) });
    }

    async join(rid) {
        if (!isRoomId(rid)) throw new Error('That is no room.');
        if (this.rooms.has(rid)) return this.rooms.get(rid);
        const listed = this.directory.rooms.get(rid);
        const meta = await this.client.get(at.room(rid, 'meta'));
        if (!isMap(meta) && !listed) throw new Error('There is no such room.');
        return this.#add(rid, { listed, peer: this.people.peerIn(rid) });
    }

    async leave(room) {
        this.rooms.delete(room.rid);
        this.tally.set(room.rid, 0);
        this.#remember();
        await room.leave({ forGood: true });
    }

    async converse(uid) {
        const { rid, title } = await this.people.converse(uid);
        const room = await this.#add(rid, { kind: 'dm', title, peer: uid });
        if (room.peer !== uid) throw new Error('You talk to somebody already whose id looks the same. The two cannot be told apart here.');
        return room;
    }

    /** Turns encryption on in a room that has none; it stays on. */
    async encrypt(room) {
        if (room.isEncrypted) return;
        await room.secrecy.create();
        await room.changeMeta({ encrypted: true }).catch(async (error) => {
            await room.secrecy.ring.withdraw();
            throw error;
        });
        const identity = await this.identity();
        await this.client.set(at.room(room.rid, `crypto/pubkey/${this.me.uid}`), { publicKey: identity.exchangePublic, timestamp: Date.now() });
    }

    /** Its creator calls a room something else, and the lists that name it follow. */
    async describe(room, { name, description }) {
        await room.changeMeta({ name, description });
        const listed = this.directory.rooms.get(room.rid);
        await this.directory.list(room.rid, { ...listed, isPublic: Boolean(listed), ...room.meta, name, hasPassword: room.hasPassword });
    }

    async deleteRoom(room) {
        await this.directory.delete(room.rid, room.meta);
        await this.leave(room);
    }

    async rename(name) {
        this.me.name = cleanName(name, this.me.name);
        this.settings.set('name', this.me.name);
        await this.people.announce();
        this.emit('me');
    }

    async setStatus(status) {
        if (!statuses.includes(status)) throw new Error(`A status is one of ${statuses.join(', ')}.`);
        this.me.status = status;
        this.settings.set('status', status);
        await this.people.announce();
        this.emit('me');
    }

    get unread() {
        return [...this.rooms.values()].reduce((sum, room) => sum + room.unread, 0);
    }
}
