// Writes as the outbox holds them: the frame, what an answer to it will name, and how to tell whether it was kept.
import { decodeFrame, encodeFrame } from './codec/frame.js';
import { sameValue } from './codec/values.js';

const kinds = { SET: 'set', PUBLISH: 'publish', BUNDLE: 'bundle', ANNOUNCE: 'announce' };

export function operation(message, { qos, resolve, reject, now }) {
    const marked = message.type === 'BUNDLE' ? { ...message, messages: message.messages.map((inner) => mark(inner, now)) } : mark(message, now);
    const parts = message.type === 'BUNDLE' ? message.messages : [message];
    const settled = deferred();
    return {
        kind: kinds[message.type],
        frame: encodeFrame(marked, { qos }),
        address: message.address,
        addresses: message.type === 'ANNOUNCE' ? [message.namespace] : parts.map((part) => part.address),
        acknowledgedAs: message.type === 'ANNOUNCE' ? message.namespace : message.type === 'SET' ? message.address : undefined,
        sets: parts.filter((part) => part.type === 'SET').map(({ address, value }) => ({ address, value })),
        isPlain: message.type === 'SET' && message.revision === undefined && !message.lock && !message.unlock,
        /** The sessions in which it was sent; more than one where the answer was lost more than once. */
        sentIn: new Set(),
        settled: settled.promise,
        resolve(result) {
            settled.resolve();
            resolve(result);
        },
        reject(error) {
            settled.resolve();
            reject(error);
        },
    };
}

/** A confirmed event carries a mark, so that whoever gets it twice, because it had to be sent twice, can tell. */
function mark(message, now) {
    if (message.type !== 'PUBLISH' || message.signal === 'gesture' || message.signal === 'stream') return message;
    return { ...message, timestamp: message.timestamp ?? now(), id: message.id ?? Math.floor(Math.random() * 0x100000000) };
}

/** What the relay holds of a write, if it holds all of it as written in a session that sent it. */
export function isKept(op, found) {
    const newest = new Map(op.sets.map(({ address, value }) => [address, value]));
    let last;
    for (const [address, value] of newest) {
        last = found.get(address);
        if (!last || !op.sentIn.has(last.writer) || !sameValue(last.value, asReceived(value))) return undefined;
    }
    return last;
}

const asReceived = (value) => decodeFrame(encodeFrame({ type: 'SET', address: '/', value })).message.value;

export function deferred() {
    const result = {};
    result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
    return result;
}
