// What stays on this device: messages as they came over the wire (so those of encrypted rooms stay encrypted), keys,
// and what was seen of other people's keys.

const name = 'clasp-relay-chat';
const tables = { events: ['rid', 'order'], keys: 'id', marks: 'id' };

/** `onErased` is called when another tab erases what is kept; nothing can be read or written from then on. */
export async function openStore(user, onErased = () => {}) {
    if (!globalThis.indexedDB) return new MemoryStore();
    try {
        return await IndexedStore.open(`${name}:${user}`, onErased);
    } catch {
        return new MemoryStore();
    }
}

const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
});

class IndexedStore {
    #isClosed = false;

    static open(database, onErased) {
        return new Promise((resolve, reject) => {
            const request = indexedDB.open(database, 1);
            request.onupgradeneeded = () => {
                for (const [table, keyPath] of Object.entries(tables)) request.result.createObjectStore(table, { keyPath });
            };
            request.onsuccess = () => resolve(new IndexedStore(request.result, onErased));
            request.onerror = () => reject(request.error);
            request.onblocked = () => reject(new Error('the store is in use'));
        });
    }

    constructor(database, onErased) {
        this.database = database;
        this.batch = [];
        // Who wants to erase it waits until everybody has let go.
        database.onversionchange = () => {
            this.#close();
            onErased();
        };
    }

    #close() {
        this.#isClosed = true;
        this.database.close();
    }

    #table(table, mode = 'readonly') {
        return this.database.transaction(table, mode).objectStore(table);
    }

    get(table, id) {
        return settled(this.#table(table).get(id));
    }

    /** All whose id begins so. */
    all(table, prefix) {
        return settled(this.#table(table).getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
    }

    put(table, item) {
        return settled(this.#table(table, 'readwrite').put(item));
    }

    delete(table, id) {
        return settled(this.#table(table, 'readwrite').delete(id));
    }

    /** Those of one turn in one transaction, at once: the page may be gone in a moment. */
    addEvent(event) {
        this.batch.push(event);
        this.writing ??= new Promise((resolve) => {
            queueMicrotask(() => {
                this.writing = undefined;
                if (this.#isClosed) return resolve();
                const transaction = this.database.transaction('events', 'readwrite', { durability: 'relaxed' });
                for (const one of this.batch.splice(0)) transaction.objectStore('events').put(one);
                transaction.oncomplete = transaction.onerror = transaction.onabort = resolve;
                return transaction.commit();
            });
        });
        return this.writing;
    }

    /** The last `count` events of a room before `order`, oldest first. */
    eventsBefore(rid, order, count) {
        return new Promise((resolve, reject) => {
            const found = [];
            const range = IDBKeyRange.bound([rid, ''], [rid, order ?? '\uffff'], false, true);
            const request = this.#table('events').openCursor(range, 'prev');
            request.onerror = () => reject(request.error);
            request.onsuccess = () => {
                const cursor = request.result;
                if (!cursor || found.length >= count) return resolve(found.reverse());
                found.push(cursor.value);
                return cursor.continue();
            };
        });
    }

    deleteEvents(rid) {
        return settled(this.#table('events', 'readwrite').delete(IDBKeyRange.bound([rid, ''], [rid, '\uffff'])));
    }

    erase() {
        this.#close();
        return settled(indexedDB.deleteDatabase(this.database.name));
    }
}

/** For tests, and for browsers that keep nothing. */
export class MemoryStore {
    events = new Map();
    tables = { keys: new Map(), marks: new Map() };

    async get(table, id) {
        return this.tables[table].get(id);
    }

    async all(table, prefix) {
        return [...this.tables[table].values()].filter(({ id }) => id.startsWith(prefix));
    }

    async put(table, item) {
        this.tables[table].set(item.id, item);
    }

    async delete(table, id) {
        this.tables[table].delete(id);
    }

    async addEvent(event) {
        if (!this.events.has(event.rid)) this.events.set(event.rid, new Map());
        this.events.get(event.rid).set(event.order, event);
    }

    async eventsBefore(rid, order, count) {
        const all = [...this.events.get(rid)?.values() ?? []].filter((event) => order === undefined || event.order < order);
        return all.sort((a, b) => (a.order < b.order ? -1 : 1)).slice(-count);
    }

    async deleteEvents(rid) {
        this.events.delete(rid);
    }

    async erase() {
        this.events.clear();
        Object.values(this.tables).forEach((table) => table.clear());
    }
}

/** Sorts events as they happened; equal times by their id. */
export const eventOrder = (timestamp, id) => `${String(timestamp).padStart(15, '0')} ${id}`;
