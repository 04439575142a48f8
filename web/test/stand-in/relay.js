// A small relay in memory that can be told to fail: it cuts, freezes, stays silent, forgets. Tests of the client use it
// for faults that a real relay does not commit on demand.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { decodeFrame, encodeFrame } from '../../sdk/codec/frame.js';
import { compile } from '../../sdk/patterns.js';
import { ServerSocket } from './websocket.js';
import { Policy } from './policy.js';

export class StandInRelay {
    params = new Map();
    history = [];
    position = 0;
    epoch = randomUUID();
    sessions = new Set();
    tokens = new Map();
    /** Switched by tests. */
    faults = { acknowledge: true, resume: true, refuseWith: undefined, dropNext: 0, isAway: false, cutAt: undefined };
    received = [];

    constructor({ config, onRequest } = {}) {
        this.policy = config ? new Policy(config, (address) => this.params.get(address)?.value) : undefined;
        this.onRequest = onRequest;
    }

    async listen(port = 0) {
        this.server = createServer((request, response) => (this.onRequest ? this.onRequest(request, response) : response.end('ok\n')));
        this.server.on('upgrade', (request, socket) => this.#accept(ServerSocket.accept(request, socket)));
        await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
        this.port = this.server.address().port;
        this.url = `ws://127.0.0.1:${this.port}/`;
        return this;
    }

    /** Stops listening and cuts everybody; the state stays for the next `listen`. */
    async stop({ code, reason } = {}) {
        for (const session of this.sessions) {
            if (code) session.socket.close(code, reason);
            else session.socket.cut();
        }
        this.server.closeAllConnections?.();
        await new Promise((resolve) => this.server.close(resolve));
    }

    cutAll() {
        for (const session of [...this.sessions]) session.socket.cut();
    }

    issue(subject) {
        const token = `cpsk_${randomUUID().replaceAll('-', '')}`;
        this.tokens.set(token, subject);
        return token;
    }

    /** A write by nobody in particular. */
    write(address, value) {
        this.#store({ address, value }, { id: 'relay' });
    }

    #accept(socket) {
        if (this.faults.isAway) return socket.cut();
        const session = { id: randomUUID(), socket, subscriptions: new Map(), held: new Set(), received: [] };
        session.send = (message, options) => socket.send(encodeFrame(message, options));
        socket.onmessage = (bytes) => {
            const frame = decodeFrame(bytes);
            if (this.faults.dropNext > 0 && session.isGreeted) {
                this.faults.dropNext -= 1;
                session.send({ type: 'ERROR', code: 429, message: 'too many messages' });
                return;
            }
            this.received.push(frame.message);
            session.received.push(frame.message);
            if (this.faults.cutAt === frame.message.type) {
                this.faults.cutAt = undefined;
                socket.cut();
                return;
            }
            if (!session.isGreeted) this.#greet(session, frame.message);
            else this.#handle(session, frame);
        };
        socket.onclose = () => {
            this.sessions.delete(session);
            for (const address of session.held) {
                if ([...this.sessions].some((other) => other.held.has(address))) continue;
                const before = this.params.get(address);
                this.params.delete(address);
                if (before && before.value !== null) this.#broadcast({ type: 'SET', address, value: null, revision: before.revision + 1 });
            }
        };
    }

    #greet(session, message) {
        const refuse = (code, text) => {
            session.send({ type: 'ERROR', code, message: text });
            session.socket.close(1008, text);
        };
        if (message.type !== 'HELLO') return session.socket.cut();
        if (this.faults.refuseWith) return refuse(this.faults.refuseWith, 'token refused');
        if (this.policy) {
            if (!message.token) return refuse(300, 'a token is needed');
            session.subject = this.tokens.get(message.token);
            if (!session.subject) return refuse(300, 'token not known');
        }
        session.isGreeted = true;
        session.name = message.name;
        this.sessions.add(session);
        session.send({ type: 'WELCOME', version: 1, features: ['param', 'event', 'stream', 'gesture', 'timeline'], time: Date.now() * 1000, session: session.id, name: 'stand-in' });
        this.#snapshot(session, () => true, true);
        return undefined;
    }

    #handle(session, { message, qos }) {
        const { address } = message;
        switch (message.type) {
        case 'SET': {
            if (this.#forbids(session, address, message.value)) return;
            const before = this.params.get(address);
            if (message.revision !== undefined && before && before.revision !== message.revision) {
                session.send({ type: 'ERROR', code: 400, message: `RevisionConflict: expected ${message.revision}, actual ${before.revision}`, address });
                return;
            }
            const revision = this.#store(message, session);
            if (qos > 0 && this.faults.acknowledge) session.send({ type: 'ACK', address, revision });
            return;
        }
        case 'PUBLISH':
            if (this.#forbids(session, address, message.value ?? null)) return;
            this.#publish(message, session);
            return;
        case 'BUNDLE': {
            const bad = message.messages.find((inner) => this.#forbids(session, inner.address, inner.value ?? null));
            if (bad) return;
            let revision;
            for (const inner of message.messages) {
                if (inner.type === 'SET') revision = this.#store(inner, session);
                else this.#publish(inner, session);
            }
            if (qos > 0 && this.faults.acknowledge) session.send({ type: 'ACK', revision });
            return;
        }
        case 'GET': {
            if (address === '/clasp/relay/position') {
                if (this.faults.resume) session.send({ type: 'SNAPSHOT', params: [{ address, value: { epoch: this.epoch, position: this.position }, revision: 1 }] });
                return;
            }
            if (this.policy && !this.policy.mayRead(session.subject, address)) {
                session.send({ type: 'ERROR', code: 301, message: 'no scope for this', address });
                return;
            }
            this.#snapshot(session, (one) => one === address);
            return;
        }
        case 'SUBSCRIBE':
            if (this.policy && !this.policy.mayRead(session.subject, message.pattern)) {
                session.send({ type: 'ERROR', code: 301, message: 'no scope for this', address: message.pattern });
                return;
            }
            session.subscriptions.set(message.id, { matches: compile(message.pattern), types: message.types });
            this.#snapshot(session, compile(message.pattern));
            if (message.options?.history) {
                const matches = compile(message.pattern);
                this.history.filter((event) => matches(event.address)).slice(-message.options.history).forEach((event) => session.send(event));
            }
            return;
        case 'UNSUBSCRIBE': session.subscriptions.delete(message.id); return;
        case 'REPLAY': {
            if (!this.faults.resume) {
                session.send({ type: 'ERROR', code: 501, message: 'no history', address: message.pattern });
                return;
            }
            const [, epoch, after = '0', pattern] = /^\/clasp\/relay\/after\/([^/]+)\/(\d+)(\/.*)$/.exec(message.pattern) ?? [, this.epoch, '0', message.pattern];
            const matches = compile(pattern);
            if (pattern.startsWith('/clasp/') || (this.policy && !this.policy.mayRead(session.subject, pattern))) {
                session.send({ type: 'ERROR', code: 301, message: 'no scope for this', address: message.pattern });
                return;
            }
            const { from = 0, to = Infinity } = message;
            this.history.filter((event) => event.at > Number(after) && event.time >= from && event.time <= to && matches(event.address)).slice(0, message.limit).forEach((event) => session.send(event));
            if (epoch === this.epoch) session.send({ type: 'ACK', address: message.pattern, revision: this.position });
            else session.send({ type: 'ERROR', code: 404, message: 'Incomplete: another epoch', address: message.pattern });
            return;
        }
        case 'SYNC': session.send({ type: 'SYNC', t1: message.t1, t2: Date.now() * 1000, t3: Date.now() * 1000 }); return;
        case 'PING': session.send({ type: 'PONG' }); return;
        case 'QUERY': session.send({ type: 'RESULT', signals: [] }); return;
        case 'ANNOUNCE': session.send({ type: 'ACK', address: message.namespace }); return;
        default:
        }
    }

    #forbids(session, address, value) {
        const refusal = this.policy?.mayWrite(session.subject, address, value);
        if (refusal) session.send({ type: 'ERROR', ...refusal, address });
        return refusal;
    }

    #store({ address, value }, session) {
        const revision = (this.params.get(address)?.revision ?? 0) + 1;
        this.params.set(address, { address, value, revision, writer: session.id, timestamp: Date.now() * 1000 });
        if (value === null) for (const one of this.sessions) one.held.delete(address);
        else if (this.policy?.isPresence(address)) session.held?.add(address);
        this.#broadcast({ type: 'SET', address, value, revision });
        return revision;
    }

    #publish(message, session) {
        if (message.signal !== 'gesture') {
            this.position += 1;
            this.history.push({ ...message, at: this.position, time: Date.now() * 1000 });
        }
        this.#broadcast(message, session);
    }

    #broadcast(message, sender) {
        const type = message.type === 'SET' ? 'param' : message.signal;
        for (const session of this.sessions) {
            if (session === sender) continue;
            const wants = [...session.subscriptions.values()].some(({ matches, types }) => matches(message.address) && (types.length === 0 || types.includes(type)));
            if (!wants || !this.#shows(session, message.address)) continue;
            session.send(this.policy && message.type === 'SET' ? { ...message, value: this.policy.redact(message.address, message.value) } : message);
        }
    }

    #shows(session, address) {
        return !this.policy || this.policy.isVisible(session.subject, address);
    }

    #snapshot(session, matches, evenEmpty = false) {
        const params = [...this.params.values()].filter(({ address }) => matches(address) && this.#shows(session, address)
            && (!this.policy || this.policy.mayRead(session.subject, address)))
            .map((param) => (this.policy ? { ...param, value: this.policy.redact(param.address, param.value) } : param));
        for (let start = 0; start < params.length || (evenEmpty && start === 0); start += 100) {
            session.send({ type: 'SNAPSHOT', params: params.slice(start, start + 100) });
        }
    }
}
