// The client: one conversation with a relay over as many connections as it takes.
import { Barriers } from './barriers.js';
import { CatchingUp, lasting } from './catching-up.js';
import { encodeFrame } from './codec/frame.js';
import { Connector } from './connector.js';
import { Emitter } from './emitter.js';
import { readHistory } from './history.js';
import { ClaspError, ClosedError, RefusedError, TimeoutError } from './errors.js';
import { socketClass } from './link.js';
import { Outbox, settle } from './outbox.js';
import { Pacer } from './pacer.js';
import { positionAddress } from './resume.js';
import { Subscriptions } from './subscriptions.js';
import { deferred, isKept, operation } from './writes.js';

const defaults = {
    name: 'clasp.js',
    token: '',
    features: ['param', 'event', 'stream', 'gesture', 'timeline'],
    connectTimeout: 10_000,
    quietAfter: 20_000,
    answerWithin: 8_000,
    ackTimeout: 10_000,
    answerTimeout: 5_000,
    positionEvery: 60_000,
    queueLimit: 2000,
    reconnect: {},
    resume: true,
};

/** How long to pause after the relay has dropped messages because there were too many. */
const throttlePause = 1100;
/** After so many events a newer position is asked for; what remembers the told ones holds several times as many. */
const eventsPerPosition = 1000;

export class ClaspClient extends Emitter {
    #options;
    #connector;
    #wasOpen = false;
    #offset = 0;

    #subscriptions = new Subscriptions();
    #catching = new CatchingUp();
    #positionTimer;
    #sincePosition = 0;
    #presences = new Map();

    #outbox;
    #pacer = new Pacer((frame) => this.#link?.sendFrame(frame));
    #barriers = new Barriers((message) => this.#transmit(message));
    #sequence = 0;
    #processed = 0;
    #barrierTimer;
    #ackTimer;
    #pause;
    #acknowledges = true;

    #asked = new Map();
    #queries = [];

    constructor(url, options = {}) {
        super();
        this.url = String(url);
        this.#options = { ...defaults, ...options };
        this.#outbox = new Outbox(this.#options.queueLimit);
        this.#connector = new Connector(this.url, this.#options, {
            emit: (...details) => this.emit(...details),
            welcomed: (welcome, link) => this.#welcomed(welcome, link),
            received: (message) => this.#receive(message),
            quiet: (link) => link.probe(),
            lost: (error) => {
                this.#forgetQuestions(error);
                this.#outbox.returnSent();
            },
            over: (error) => {
                this.#forgetQuestions(error);
                this.#outbox.rejectAll(error);
            },
        });
    }

    get state() { return this.#connector.state; }
    get isOpen() { return this.state === 'open'; }
    get pending() { return this.#outbox.waiting.length + this.#outbox.sent.length; }
    get clockOffset() { return this.#offset; }

    now() { return Date.now() + this.#offset; }

    connect() { return this.#connector.connect(); }
    close(code = 1000, reason = '') { this.#connector.close(code, reason); }
    wake() { this.#connector.wake(); }

    get #link() { return this.#connector.link; }

    // — After WELCOME —

    /** Whatever was asked on a connection is not answered on another. */
    #forgetQuestions(error) {
        clearTimeout(this.#barrierTimer);
        clearTimeout(this.#ackTimer);
        clearTimeout(this.#pause);
        clearInterval(this.#positionTimer);
        this.#barrierTimer = this.#ackTimer = this.#pause = undefined;
        this.#pacer.stop();
        this.#barriers.fail(error);
        for (const query of this.#queries.splice(0)) query.reject(error);
        this.#asked.clear();
    }

    /**
     * Presence first, because what we may see of a room can depend on it; then the subscriptions; then what the relay has
     * kept of our unconfirmed writes; then the events that were missed; then everything that waited.
     */
    async #welcomed(welcome, link) {
        const isFirst = !this.#wasOpen;
        this.session = welcome.session;
        this.serverName = welcome.name;
        this.#offset = Number(welcome.time) / 1000 - Date.now();
        this.#pacer = new Pacer((frame) => this.#link?.sendFrame(frame));
        this.#subscriptions.beginConnection();
        this.#connector.enter('catching-up');
        if (!isFirst) this.#catching.begin();
        for (const [address, value] of this.#presences) this.#transmit({ type: 'SET', address, value: value() });
        for (const subscription of this.#subscriptions) this.#sendSubscribe(subscription);
        await this.#reconsider((op) => op.sentIn.size > 0, this.#options.resume ? [positionAddress] : []);
        this.#subscriptions.tellVanished();
        const recovered = isFirst ? undefined : await this.#catching.read(this.#subscriptions.eventPatterns(), (questions) => this.#readHistory(questions).catch(() => []));
        if (link !== this.#link) return;
        for (const { event, replayed } of isFirst ? [] : this.#catching.finish()) this.#tellEvent(event, replayed);
        this.#wasOpen = true;
        this.#positionTimer = setInterval(() => this.#askPosition(), this.#options.positionEvery);
        this.#connector.opened({ session: welcome.session, name: welcome.name });
        this.emit('open', { session: welcome.session, name: welcome.name, recovered });
        this.#flush();
        // Live events that came during the replay lie after the mark; a new mark puts them behind us.
        if (!isFirst) this.#askPosition();
    }

    /** Keeps our mark in the relay's history young: what is replayed from it is little, and the relay still has all of it. */
    #askPosition() {
        this.#sincePosition = 0;
        if (this.isOpen && this.#catching.knowsPosition) this.#transmit({ type: 'GET', address: positionAddress });
    }

    /** Writes of which nobody knows whether they arrived: those that the relay holds as ours are done, others wait again. */
    async #reconsider(isInDoubt, more = []) {
        const doubtful = this.#outbox.waiting.filter((op) => op.sets.length > 0 && isInDoubt(op));
        const addresses = new Set([...more, ...doubtful.flatMap((op) => op.sets.map(({ address }) => address))]);
        const found = await this.#ask([...addresses]);
        for (const op of doubtful) {
            const kept = isKept(op, found);
            if (!kept) continue;
            this.#outbox.waiting = this.#outbox.waiting.filter((other) => other !== op);
            settle(op, 'resolve', { revision: kept.revision });
        }
    }

    // — Receiving —

    #receive(message) {
        switch (message.type) {
        case 'SET': this.#accept(message, false); break;
        case 'SNAPSHOT': message.params.forEach((param) => this.#accept(param, true)); break;
        case 'PUBLISH': this.#receiveEvent(message); break;
        case 'ACK': this.#acknowledged(message); break;
        case 'SYNC': this.#passed(message); break;
        case 'ERROR': this.#refused(RefusedError.from(message)); break;
        case 'RESULT': this.#queries.shift()?.resolve(message.signals); break;
        case 'PING': this.#transmit({ type: 'PONG' }); break;
        default:
        }
    }

    #accept(message, isSnapshot) {
        if (isSnapshot && message.address === positionAddress) this.#catching.position(message.value);
        if (isSnapshot) this.#asked.get(message.address)?.forEach((waiter) => waiter(message));
        this.#subscriptions.accept(message, isSnapshot);
    }

    #receiveEvent(event) {
        if (!this.#catching.holds(event)) this.#tellEvent(event);
    }

    #tellEvent(event, replayed = false) {
        this.#catching.told(event);
        this.#subscriptions.tellEvent(event, replayed);
        this.#sincePosition += 1;
        if (this.#sincePosition >= eventsPerPosition) this.#askPosition();
    }

    #acknowledged({ address, revision }) {
        const op = this.#outbox.takeSent((one) => one.acknowledgedAs === address);
        if (op) settle(op, 'resolve', { revision });
    }

    #passed(answer) {
        const upTo = this.#barriers.answer(answer);
        if (upTo === undefined) return;
        this.#processed = Math.max(this.#processed, upTo);
        const now = Date.now();
        this.#offset = (Number(answer.t2 ?? 0) - Number(answer.t1)) / 2000 + (Number(answer.t3 ?? 0) / 1000 - now) / 2;
        // A relay that keeps nothing acknowledges nothing; that it has applied a write is all there is to know.
        const isDone = (op) => op.sequence <= upTo && (op.kind === 'publish' || (!this.#acknowledges && op.kind !== 'announce'));
        for (const op of this.#outbox.takeAllSent(isDone)) settle(op, 'resolve', {});
        this.#subscriptions.processed(upTo);
    }

    #refused(error) {
        const { address, code } = error;
        if (code === 429 && address === undefined) return this.#throttled(error);
        const subscription = this.#subscriptions.refusedAt(address, this.#processed);
        const op = code === 202 ? undefined : this.#outbox.takeSent((one) => one.addresses.includes(address));
        if (op) {
            settle(op, 'reject', error);
        } else if (subscription) {
            this.#subscriptions.delete(subscription);
            subscription.ready.reject(error);
        } else if (this.#asked.has(address)) {
            this.#asked.get(address).forEach((waiter) => waiter(undefined, error));
        } else {
            this.emit('error', error);
        }
        return undefined;
    }

    /** Too fast: something was dropped, nobody knows what. Wait, look what is there, send the rest again, more slowly. */
    #throttled(error) {
        this.emit('throttled', error);
        if (this.#pause || !this.#link) return;
        const link = this.#link;
        this.#pacer.slowDown();
        this.#pause = setTimeout(async () => {
            this.#pause = undefined;
            if (link !== this.#link) return;
            this.#outbox.returnSent();
            for (const subscription of this.#subscriptions) {
                if (subscription.sequence > this.#processed) this.#sendSubscribe(subscription);
            }
            try {
                await this.#reconsider((op) => op.sentIn.has(this.session));
            } catch (failure) {
                if (failure instanceof ClaspError) return;
                throw failure;
            }
            this.#flush();
            this.#scheduleBarrier();
        }, throttlePause);
        this.#barriers.taint();
    }

    // — Sending —

    #transmit(message, qos) {
        this.#sequence += 1;
        this.#pacer.push(encodeFrame(message, qos === undefined ? {} : { qos }));
        return this.#sequence;
    }

    get #maySend() {
        return this.isOpen && !this.#pause;
    }

    /** Puts a write in line; the promise is kept when the relay has answered for it. */
    #enqueue(message, qos) {
        return new Promise((resolve, reject) => {
            if (this.state === 'closed') throw new ClosedError('the client is closed');
            if (this.#outbox.isFull) throw new ClosedError(`${this.#options.queueLimit} writes are waiting already`);
            const op = operation(message, { qos, resolve, reject, now: () => Math.round(this.now() * 1000) });
            this.#outbox.add(op);
            this.#flush();
        });
    }

    #flush() {
        const { waiting } = this.#outbox;
        while (this.#maySend && waiting.length) {
            const next = waiting[0];
            // A write that depends on a revision is told apart from others at its address only when it is alone there.
            const isAlone = (op) => op.kind === 'set' && !op.isPlain;
            const rivals = this.#outbox.sent.filter((op) => op.addresses.some((address) => next.addresses.includes(address)));
            if (rivals.length && (isAlone(next) || rivals.some(isAlone))) return;
            waiting.shift();
            next.sentIn.add(this.session);
            next.sentAt = Date.now();
            next.sequence = this.#sequence += 1;
            this.#outbox.markSent(next);
            this.#pacer.push(next.frame);
            this.#awaitAnswer(next);
        }
    }

    #awaitAnswer(op) {
        const done = () => this.#flush();
        op.settled.then(done, done);
        if (op.kind === 'publish' || !this.#acknowledges) this.#scheduleBarrier();
        else this.#ackTimer ??= setTimeout(() => this.#missAcknowledgement(), this.#options.ackTimeout);
    }

    /** One question answers for all that was sent until it is asked. */
    #scheduleBarrier() {
        this.#barrierTimer ??= setTimeout(() => {
            this.#barrierTimer = undefined;
            // What was dropped is sent again first.
            if (!this.#pause) this.#barriers.ask(this.#sequence).catch(() => {});
        }, 20);
    }

    async #missAcknowledgement() {
        this.#ackTimer = undefined;
        const { ackTimeout } = this.#options;
        const late = this.#outbox.sent.filter((op) => op.kind !== 'publish' && Date.now() - op.sentAt >= ackTimeout - 50);
        const [first] = this.#outbox.sent.filter((op) => op.kind !== 'publish');
        if (late.length) {
            this.#acknowledges = false;
            this.#scheduleBarrier();
        } else if (first) {
            this.#ackTimer = setTimeout(() => this.#missAcknowledgement(), first.sentAt + ackTimeout - Date.now());
        }
    }

    // — Asking —

    /** What the relay holds at these addresses; nothing for those that it does not have or does not show. */
    async #ask(addresses) {
        const link = this.#link;
        const found = new Map();
        for (let isSound = false; !isSound;) {
            if (!link || link !== this.#link) throw new ClosedError('the connection ended');
            const waiters = addresses.map((address) => {
                const waiter = (param, error) => found.set(address, error ?? param);
                if (!this.#asked.has(address)) this.#asked.set(address, new Set());
                this.#asked.get(address).add(waiter);
                this.#transmit({ type: 'GET', address });
                return () => {
                    this.#asked.get(address)?.delete(waiter);
                    if (this.#asked.get(address)?.size === 0) this.#asked.delete(address);
                };
            });
            isSound = await this.#barriers.ask(this.#sequence).finally(() => waiters.forEach((stop) => stop()));
            if (!isSound) await new Promise((resolve) => setTimeout(resolve, throttlePause + 50));
        }
        return found;
    }

    async #readHistory(questions, within = this.#options.answerTimeout * 4) {
        const WebSocket = await socketClass(this.#options.WebSocket);
        return readHistory({ introduction: this.#connector.introduction, WebSocket, within }, questions);
    }

    /** Runs once there is a connection that is through with catching up. */
    async #whenOpen(timeout = this.#options.answerTimeout) {
        if (this.isOpen) return;
        if (this.state === 'closed') throw new ClosedError('the client is closed');
        await new Promise((resolve, reject) => {
            const stop = [
                this.on('open', () => finish(resolve)),
                this.on('close', (error) => finish(() => reject(error))),
            ];
            const timer = setTimeout(() => finish(() => reject(new TimeoutError(`no connection within ${timeout} ms`))), timeout);
            const finish = (call) => {
                clearTimeout(timer);
                stop.forEach((end) => end());
                call();
            };
        });
    }

    // — What one does with it —

    subscribe(pattern, handler, { types, maxRate, epsilon, history, window } = {}) {
        const subscription = this.#subscriptions.add(pattern, handler, { types, maxRate, epsilon, history, window });
        if (this.#connector.hasBegun) {
            this.#sendSubscribe(subscription);
            this.#scheduleBarrier();
        }
        return {
            pattern,
            ready: subscription.ready.promise,
            unsubscribe: () => {
                if (this.#subscriptions.delete(subscription) && this.#connector.hasBegun) this.#transmit({ type: 'UNSUBSCRIBE', id: subscription.id });
            },
        };
    }

    #sendSubscribe(subscription) {
        const { id, pattern, types, options } = subscription;
        // What was kept for newcomers is of no use to somebody who is told what was missed.
        const { history, ...others } = options;
        const isResumed = this.#wasOpen && subscription.sequence < Infinity && this.#catching.knowsPosition;
        subscription.sequence = this.#transmit({ type: 'SUBSCRIBE', id, pattern, types, options: isResumed ? others : options });
    }

    async set(address, value, { revision, lock = false, unlock = false, ttl, qos = 1 } = {}) {
        const message = { type: 'SET', address, value, revision, lock, unlock, ttl };
        if (qos > 0) return this.#enqueue(message, qos);
        if (this.#maySend) this.#transmit(message, 0);
        return {};
    }

    async publish(address, value, { signal = 'event', phase, samples, id, rate, timestamp, qos } = {}) {
        const message = { type: 'PUBLISH', signal, phase, address, value, samples, id, rate, timestamp };
        const level = qos ?? (signal === 'stream' || signal === 'gesture' ? 0 : 1);
        if (level > 0) return this.#enqueue(message, level);
        if (this.#maySend) this.#transmit(message, 0);
        return {};
    }

    stream(address, value, options = {}) {
        const samples = ArrayBuffer.isView(value) && !(value instanceof Uint8Array) ? value : undefined;
        return this.publish(address, samples ? undefined : value, { ...options, samples, signal: 'stream' });
    }

    gesture(address, id, phase, value, options = {}) {
        return this.publish(address, value, { ...options, signal: 'gesture', id, phase });
    }

    async bundle(messages, { at, qos = 2 } = {}) {
        const inner = messages.map((message) => (message.type ? message : { type: 'value' in message && !message.signal ? 'SET' : 'PUBLISH', ...message }));
        return this.#enqueue({ type: 'BUNDLE', messages: inner, timestamp: at === undefined ? undefined : Math.round(at * 1000) }, qos);
    }

    async get(address, options) {
        return (await this.getParam(address, options))?.value;
    }

    async getParam(address, { timeout } = {}) {
        await this.#whenOpen(timeout);
        const param = (await this.#ask([address])).get(address);
        if (param instanceof Error) throw param;
        return param;
    }

    async query(pattern, { timeout } = {}) {
        await this.#whenOpen(timeout);
        const answer = deferred();
        this.#queries.push(answer);
        this.#transmit({ type: 'QUERY', pattern });
        return answer.promise;
    }

    announce(namespace, signals) {
        return this.#enqueue({ type: 'ANNOUNCE', namespace, signals }, 1);
    }

    /** Says that we are there, now and after each reconnect before anything else. */
    presence(address, value) {
        const make = typeof value === 'function' ? value : () => value;
        this.#presences.set(address, make);
        return {
            refresh: () => this.set(address, make(), { qos: 1 }),
            leave: () => {
                this.#presences.delete(address);
                return this.set(address, null);
            },
            ready: this.set(address, make()),
        };
    }

    async history(pattern, { from, to, limit, types = lasting, timeout } = {}) {
        await this.#whenOpen(timeout);
        const [{ events, refusal }] = await this.#readHistory([{ pattern, from, to, limit, types }], timeout);
        if (refusal) throw refusal;
        return events;
    }

    async sync() {
        await this.#whenOpen();
        const before = Date.now();
        await this.#barriers.ask(0);
        return { offset: this.#offset, roundTrip: Date.now() - before };
    }
}
