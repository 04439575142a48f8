// What browsers have and older Nodes do not; and people who chat, for tests.
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { MemoryStore } from '../../chat/core/store.js';
import { Session } from '../../chat/core/session.js';
import { StandInRelay } from '../stand-in/relay.js';

globalThis.crypto ??= webcrypto;

export const chatConfig = JSON.parse(readFileSync(new URL('../../../deploy/relay/config/chat.json', import.meta.url), 'utf8'));

export class Settings {
    #values = new Map();
    get(name) { return this.#values.get(name); }
    set(name, value) { this.#values.set(name, value); }
}

/** A relay with the chat's rules and people on it; `end` ends all. */
export async function world(given) {
    const relay = given ?? await new StandInRelay({ config: chatConfig }).listen();
    const sessions = [];
    return {
        relay,
        async person(uid, { store = new MemoryStore(), settings = new Settings(), WebSocket } = {}) {
            const session = new Session({ url: relay.url, token: await relay.issue(uid), me: { uid, name: uid[0].toUpperCase() + uid.slice(1), color: '#457b9d' }, settings, store, WebSocket });
            session.troubles = [];
            session.on('trouble', (error) => session.troubles.push(error));
            sessions.push(session);
            await session.start();
            return session;
        },
        async end() {
            await Promise.all(sessions.map((session) => session.stop()));
            await (given ? relay.close() : relay.stop());
        },
    };
}

const worlds = [];
after(() => Promise.all(worlds.map((one) => one.end())));

/** A world that ends with the tests of the file. */
export async function begin(given) {
    const one = await world(given);
    worlds.push(one);
    return one;
}

export async function until(condition) {
    while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const texts = (room) => room.timeline.list.map(({ text }) => text);
