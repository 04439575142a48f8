// Turns messages of the SDK, read with `exact`, into the notation of the golden vectors and back (docs/protocol.md).
// Runs in Node and in browsers.

const view = new DataView(new ArrayBuffer(8));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
export const bytesOf = (hex) => Uint8Array.from({ length: hex.length / 2 }, (_, index) => parseInt(hex.slice(index * 2, index * 2 + 2), 16));
export { hexOf };

function floatBits(value) {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, '0');
}

export function noteValue(value) {
    if (value === null || value === undefined) return { t: 'null' };
    switch (typeof value) {
    case 'boolean': return { t: 'bool', v: value };
    case 'bigint': return { t: 'int', v: String(value) };
    case 'number': return { t: 'float', bits: Number.isNaN(value) ? 'nan' : floatBits(value) };
    case 'string': return { t: 'string', v: value };
    default:
    }
    if (value instanceof Uint8Array) return { t: 'bytes', hex: hexOf(value) };
    if (Array.isArray(value)) return { t: 'array', v: value.map(noteValue) };
    return { t: 'map', v: [...value].map(([key, item]) => [key, noteValue(item)]) };
}

export function valueOf(note) {
    switch (note.t) {
    case 'null': return null;
    case 'int': return BigInt(note.v);
    case 'float': view.setBigUint64(0, BigInt(`0x${note.bits}`)); return view.getFloat64(0);
    case 'bytes': return bytesOf(note.hex);
    case 'array': return note.v.map(valueOf);
    case 'map': return new Map(note.v.map(([key, item]) => [key, valueOf(item)]));
    default: return note.v;
    }
}

/** A note without what says the same in other words: how a number was sent, its decimal form. */
export function plainNote(note) {
    if (Array.isArray(note)) return note.map(plainNote);
    if (note === null || typeof note !== 'object') return note;
    if (note.t === 'float') return { t: 'float', bits: note.v === 'NaN' ? 'nan' : note.bits };
    if (note.t === 'int') return { t: 'int', v: note.v };
    return Object.fromEntries(Object.entries(note).map(([key, item]) => [key, plainNote(item)]));
}

const wide = new Set(['time', 'revision', 'timestamp', 'from', 'to', 't1', 't2', 't3', 'sinceRevision']);
const snake = { maxRate: 'max_rate', correlationId: 'correlation_id', sinceRevision: 'since_revision' };
const camel = Object.fromEntries(Object.entries(snake).map(([ours, theirs]) => [theirs, ours]));
const floats = new Set(['epsilon']);

export function noteMessage(message) {
    const note = {};
    for (const [name, item] of Object.entries(message)) {
        if (item === undefined) continue;
        const key = snake[name] ?? name;
        if (name === 'value' || name === 'default') note[key] = noteValue(item);
        else if (name === 'samples' || name === 'range') note[key] = item.map(noteValue);
        else if (floats.has(name)) note[key] = noteValue(item);
        else if (name === 'ttl') note.ttl = item === 'never' ? { mode: 'never' } : { mode: item.absolute ? 'absolute' : 'sliding', seconds: item.seconds };
        else if (name === 'options') note.options = noteMessage(item);
        else if (name === 'revisions') note[key] = item.map(([address, revision]) => [address, String(revision)]);
        else if (wide.has(name)) note[key] = String(item);
        else if (name === 'meta') note.meta = noteMessage(item);
        else if (Array.isArray(item)) note[key] = item.map((entry) => (typeof entry === 'object' ? noteMessage(entry) : entry));
        else note[key] = item;
    }
    return note;
}

export function messageOf(note) {
    const message = {};
    for (const [key, item] of Object.entries(note)) {
        const name = camel[key] ?? key;
        if (name === 'value' || name === 'default') message[name] = valueOf(item);
        else if (name === 'samples' || name === 'range') message[name] = item.map(valueOf);
        else if (floats.has(name)) message[name] = valueOf(item);
        else if (name === 'ttl') message.ttl = item.mode === 'never' ? 'never' : { seconds: item.seconds, absolute: item.mode === 'absolute' };
        else if (name === 'options' || name === 'meta') message[name] = messageOf(item);
        else if (name === 'revisions') message[name] = item.map((pair) => (Array.isArray(pair) ? [pair[0], BigInt(pair[1])] : [pair.address, BigInt(pair.revision)]));
        else if (wide.has(name)) message[name] = BigInt(item);
        else if (Array.isArray(item)) message[name] = item.map((entry) => (typeof entry === 'object' ? messageOf(entry) : entry));
        else message[name] = item;
    }
    return message;
}
