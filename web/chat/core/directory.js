// The rooms that one can find, and the namespaces they are sorted into.
import { Emitter } from '../../sdk/emitter.js';
import { hashPassword, makeSalt, sameSecret } from './crypto.js';
import { at, cleanName, isMap, isNamespace, isRoomId, isUserId } from './ids.js';

const types = ['text', 'video', 'combo'];
const params = { types: ['param'] };

export class Directory extends Emitter {
    rooms = new Map();
    namespaces = new Map();
    #subscriptions = [];
    #pinned = new Map();

    constructor(session) {
        super();
        this.session = session;
    }

    get client() { return this.session.client; }

    async start() {
        this.#subscriptions = [
            this.client.subscribe('/chat/registry/rooms/*', (value, address) => this.#listed(this.rooms, address.split('/').pop(), value), params),
            this.client.subscribe('/chat/registry/ns-meta/*', (value, address) => this.#named(address.split('/').pop(), value), params),
        ];
        await Promise.allSettled(this.#subscriptions.map(({ ready }) => ready));
    }

    stop() {
        this.#subscriptions.splice(0).forEach((one) => one.unsubscribe());
        for (const { subscriptions } of this.#pinned.values()) subscriptions.forEach((one) => one.unsubscribe());
        this.#pinned.clear();
    }

    #listed(rooms, rid, value) {
        if (!isRoomId(rid)) return;
        if (isMap(value) && value.isPublic !== false) {
            rooms.set(rid, {
                rid, name: cleanName(value.name, 'Room'), type: types.includes(value.type) ? value.type : 'text',
                creatorId: isUserId(value.creatorId) ? value.creatorId : undefined, creatorName: cleanName(value.creatorName),
                createdAt: Number(value.createdAt) || 0, hasPassword: value.hasPassword === true, isPublic: value.isPublic === true,
                namespace: isNamespace(value.namespace) ? value.namespace : undefined,
            });
        } else {
            rooms.delete(rid);
            if (rooms === this.rooms) this.emit('deleted', rid);
        }
        this.emit('change');
    }

    #named(path, value) {
        if (!isNamespace(path) || path.endsWith('__auth')) return;
        if (isMap(value)) {
            this.namespaces.set(path, {
                path, description: typeof value.description === 'string' ? value.description.slice(0, 200) : '', isPublic: value.isPublic === true,
                icon: typeof value.icon === 'string' ? [...value.icon].slice(0, 2).join('') : '', createdBy: isUserId(value.createdBy) ? value.createdBy : undefined,
                creatorName: cleanName(value.creatorName),
            });
        } else {
            this.namespaces.delete(path);
        }
        this.emit('change');
    }

    /** The rooms of a namespace, kept up to date while it is pinned. */
    pin(path) {
        if (!isNamespace(path) || this.#pinned.has(path)) return this.#pinned.get(path)?.rooms;
        const rooms = new Map();
        const subscriptions = [
            this.client.subscribe(`/chat/registry/ns/${path}/**`, (value, address) => this.#listed(rooms, address.split('/').pop(), value), params),
            this.client.subscribe(`/chat/registry/ns-meta/${path}`, (value) => this.#named(path, value), params),
        ];
        this.#pinned.set(path, { rooms, subscriptions });
        return rooms;
    }

    unpin(path) {
        this.#pinned.get(path)?.subscriptions.forEach((one) => one.unsubscribe());
        this.#pinned.delete(path);
        this.emit('change');
    }

    /** Others are opened by who knows what they are called. */
    publicGroups() {
        return [...this.namespaces.values()].filter(({ isPublic }) => isPublic).map(({ path }) => path);
    }

    roomsIn(path) {
        return this.#pinned.get(path)?.rooms;
    }

    async createNamespace({ path, description = '', isPublic = true, icon = '', password }) {
        if (!isNamespace(path)) throw new Error('A namespace is made of letters, digits, - and _, with / between its parts.');
        const { uid, name } = this.session.me;
        await this.client.set(at.namespaceMeta(path), { description, isPublic, icon, createdBy: uid, creatorName: name, createdAt: Date.now() });
        if (password) {
            const salt = makeSalt();
            await this.client.set(at.namespaceAuth(path), { passwordHash: await hashPassword(password, salt), passwordSalt: salt });
        }
    }

    /** `open`, `wrong`, or `unknown` where the relay tells nobody: the list is then not ours to open. */
    async unlockNamespace(path, password) {
        const auth = await this.client.get(at.namespaceAuth(path)).catch(() => undefined);
        if (!isMap(auth) || typeof auth.passwordSalt !== 'string') return 'unknown';
        return sameSecret(await hashPassword(password, auth.passwordSalt), auth.passwordHash) ? 'open' : 'wrong';
    }

    /** Writes what makes a room; the caller enters it. */
    async create({ rid, name, type = 'text', isPublic = true, namespace, secret, encrypted = false }) {
        const clean = cleanName(name, '');
        if (!clean) throw new Error('A room needs a name.');
        const { uid, name: creatorName } = this.session.me;
        const creation = { creatorId: uid, creatorName, createdAt: Date.now() };
        const meta = {
            name: clean, type: types.includes(type) ? type : 'text', description: '', isPublic, encrypted, ...creation,
            ...(namespace ? { namespace } : {}),
            // The relay hides hash and salt; joiners need the salt, which alone gives nothing away.
            ...(secret ? { passwordHash: secret.hash, passwordSalt: secret.salt, pwSalt: secret.salt } : {}),
        };
        await this.client.set(at.room(rid, 'meta'), meta);
        await this.list(rid, { ...meta, hasPassword: Boolean(secret) });
        return meta;
    }

    /** Says in the lists what they say of a room: the public one, and that of its group. */
    async list(rid, { name, type, isPublic, creatorId, creatorName, createdAt, namespace, hasPassword }) {
        const entry = { name, type, isPublic, creatorId, creatorName, createdAt, ...(hasPassword ? { hasPassword } : {}), ...(namespace ? { namespace } : {}) };
        if (isPublic) await this.client.set(at.listed(rid), entry);
        if (isNamespace(namespace)) await this.client.set(at.namespaceRoom(namespace, rid), entry);
    }

    async delete(rid, meta) {
        await this.client.set(at.listed(rid), null);
        if (isNamespace(meta?.namespace)) await this.client.set(at.namespaceRoom(meta.namespace, rid), null);
    }
}
