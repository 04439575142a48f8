// Reads history on a connection of its own, where what is replayed cannot be taken for what happens now.
import { RefusedError, TimeoutError } from './errors.js';
import { Link } from './link.js';

/**
 * What happened, question by question: `{events, isWhole, refusal}`. Of a question that the relay answers with "that is all
 * I have" there are events, but not all; one that it refuses has a `refusal`, and the others are asked all the same.
 */
export async function readHistory({ introduction, WebSocket, within }, questions) {
    let events = [];
    let asked;
    let finish;
    const link = new Link({
        ...introduction,
        onQuiet() {},
        onEnd: ({ error }) => finish?.reject(error),
        onMessage(message) {
            if (!asked) return;
            if (message.type === 'PUBLISH' || message.type === 'SET') events.push(message);
            else if (message.address !== asked) return;
            else if (message.type === 'ACK') finish.resolve({ events, isWhole: true });
            else if (message.type === 'ERROR' && message.code === 404) finish.resolve({ events, isWhole: false });
            else if (message.type === 'ERROR') finish.resolve({ events: [], isWhole: false, refusal: RefusedError.from(message) });
        },
    });
    let timer;
    try {
        await link.open(WebSocket);
        const answers = [];
        for (const question of questions) {
            events = [];
            asked = question.pattern;
            answers.push(await new Promise((resolve, reject) => {
                finish = { resolve, reject };
                timer = setTimeout(() => reject(new TimeoutError(`no history within ${within} ms`)), within);
                link.send({ type: 'REPLAY', ...question });
            }));
            clearTimeout(timer);
        }
        return answers;
    } finally {
        clearTimeout(timer);
        finish = undefined;
        link.end();
    }
}
