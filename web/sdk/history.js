// Reads history on a connection of its own, where what is replayed cannot be taken for what happens now.
import { TimeoutError, RefusedError } from './errors.js';
import { Link } from './link.js';

export async function readHistory({ url, hello, timeouts, WebSocket, within }, { pattern, from, to, limit, types }) {
    const found = [];
    let finish;
    const done = new Promise((resolve, reject) => {
        finish = { resolve, reject };
    });
    const link = new Link({
        url, hello, timeouts,
        onQuiet() {},
        onEnd: ({ error }) => finish.reject(error),
        onMessage(message) {
            if (!link.isAsked) return;
            if (message.type === 'PUBLISH' || message.type === 'SET') found.push(message);
            else if (message.type === 'ACK' && message.address === pattern) finish.resolve();
            else if (message.type === 'ERROR') finish.reject(RefusedError.from(message));
        },
    });
    const timer = setTimeout(() => finish.reject(new TimeoutError(`no history within ${within} ms`)), within);
    try {
        await link.open(WebSocket);
        link.isAsked = true;
        link.send({ type: 'REPLAY', pattern, from, to, limit, types });
        await done;
        return found;
    } finally {
        clearTimeout(timer);
        done.catch(() => {});
        link.end();
    }
}
