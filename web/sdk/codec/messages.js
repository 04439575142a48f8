// The 19 messages of CLASP in their binary form: each type has a `read` and a `write` that mirror each other.
import { DecodeError, EncodeError } from '../errors.js';
import { ByteWriter, maxPayload } from './bytes.js';
import { readData, readValue, typeOf, writeData, writeValue } from './values.js';

export const signals = ['param', 'event', 'stream', 'gesture', 'timeline'];
export const phases = ['start', 'move', 'end', 'cancel'];
const featureBits = { param: 0x80, event: 0x40, stream: 0x20, gesture: 0x10, timeline: 0x08, federation: 0x04 };
const federationOps = { declare_namespaces: 1, request_sync: 2, revision_vector: 3, sync_complete: 4 };
const maxBundleDepth = 8;

const maskOf = (types = []) => (types.length === 0 ? 0xff : types.reduce((mask, type) => mask | (1 << indexOf(signals, type)), 0));
const typesOf = (mask) => (mask === 0xff || (mask & 0x1f) === 0 ? [] : signals.filter((_, bit) => mask & (1 << bit)));

function indexOf(names, name) {
    const index = names.indexOf(name);
    if (index < 0) throw new EncodeError(`${name} is none of ${names.join(', ')}`);
    return index;
}

const has = (value) => value !== undefined && value !== null;

/** Writes the flags of the members that are there, then calls their writers in order. */
function writeOptions(writer, message, options) {
    writer.u8(options.reduce((flags, [bit, name]) => (has(message[name]) ? flags | bit : flags), 0));
    writeFields(writer, message, options);
}

function writeFields(writer, message, options) {
    for (const [, name, kind] of options) {
        if (has(message[name])) writer[kind](kind === 'u8' ? Number(message[name]) : message[name], name);
    }
}

function readFields(reader, flags, message, options) {
    for (const [bit, name, kind] of options) {
        if (flags & bit) message[name] = reader[kind]();
    }
    return message;
}

const ackOptions = [
    [0x01, 'address', 'str'], [0x02, 'revision', 'u64'], [0x04, 'locked', 'u8'], [0x08, 'holder', 'str'], [0x10, 'correlationId', 'u32'],
];
const errorOptions = [[0x01, 'address', 'str'], [0x02, 'correlationId', 'u32']];
const subscribeOptions = [[0x01, 'maxRate', 'u32'], [0x02, 'epsilon', 'f64'], [0x04, 'history', 'u32'], [0x08, 'window', 'u32']];
const replayOptions = [[0x80, 'from', 'u64'], [0x40, 'to', 'u64'], [0x20, 'limit', 'u32']];
const syncOptions = [[0x01, 't2', 'u64'], [0x02, 't3', 'u64']];
const paramOptions = [[0x01, 'writer', 'str'], [0x02, 'timestamp', 'u64']];
const publishOptions = [[0x10, 'timestamp', 'u64'], [0x08, 'id', 'u32']];
const federationOptions = [[0x80, 'sinceRevision', 'u64'], [0x40, 'origin', 'str']];

function writeFeatures(writer, features = [], known = Object.keys(featureBits)) {
    writer.u8(known.reduce((bits, name) => (features.includes(name) ? bits | featureBits[name] : bits), 0));
}

function readFeatures(reader, known = Object.keys(featureBits)) {
    const bits = reader.u8();
    return known.filter((name) => bits & featureBits[name]);
}

function writeTTL(writer, ttl) {
    if (ttl === 'never' || ttl === 0) return writer.u32(0);
    const seconds = typeof ttl === 'number' ? ttl : ttl.seconds;
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > 0x7fffffff) throw new EncodeError(`a ttl of ${seconds} s`);
    writer.u32((seconds | (ttl.absolute ? 0x80000000 : 0)) >>> 0);
}

function readTTL(reader) {
    const raw = reader.u32();
    if (raw === 0) return 'never';
    return { seconds: raw & 0x7fffffff, absolute: raw >= 0x80000000 };
}

function writeDefinition(writer, definition, withMeta) {
    const { meta } = definition;
    writer.str(definition.address);
    writer.u8(indexOf(signals, definition.signal));
    writer.u8((has(definition.datatype) ? 1 : 0) | (has(definition.access) ? 2 : 0) | (withMeta && meta ? 4 : 0));
    if (has(definition.datatype)) writer.str(definition.datatype);
    if (has(definition.access)) writer.str(definition.access);
    if (!withMeta || !meta) return;
    writer.u8((has(meta.unit) ? 1 : 0) | (meta.range ? 2 : 0) | (meta.default !== undefined ? 4 : 0) | (has(meta.description) ? 8 : 0));
    if (has(meta.unit)) writer.str(meta.unit);
    if (meta.range) meta.range.forEach((end) => writer.f64(end));
    if (meta.default !== undefined) writeValue(writer, meta.default);
    if (has(meta.description)) writer.str(meta.description);
}

function readDefinition(reader, withMeta) {
    const definition = { address: reader.str(), signal: signals[reader.u8()] ?? 'event' };
    const flags = reader.u8();
    if (flags & 1) definition.datatype = reader.str();
    if (flags & 2) definition.access = reader.str();
    if (!withMeta || !(flags & 4)) return definition;
    const meta = definition.meta = {};
    const metaFlags = reader.u8();
    if (metaFlags & 1) meta.unit = reader.str();
    if (metaFlags & 2) meta.range = [reader.f64(), reader.f64()];
    if (metaFlags & 4) meta.default = readValue(reader);
    if (metaFlags & 8) meta.description = reader.str();
    return definition;
}

function writeList(writer, list, what, write) {
    writer.count(list.length, what);
    list.forEach(write);
}

function readList(reader, bytesEach, read) {
    const list = [];
    for (let count = reader.count(bytesEach); count > 0; count -= 1) list.push(read());
    return list;
}

const bare = { write() {}, read: () => ({}) };

const kinds = {
    HELLO: {
        code: 0x01,
        write(w, m) {
            w.u8(m.version ?? 1);
            writeFeatures(w, m.features);
            w.str(m.name);
            w.str(m.token ?? '');
        },
        read(r) {
            const m = { version: r.u8(), features: readFeatures(r), name: r.str() };
            const token = r.str();
            return token ? { ...m, token } : m;
        },
    },
    WELCOME: {
        code: 0x02,
        write(w, m) {
            w.u8(m.version ?? 1);
            writeFeatures(w, m.features, signals);
            w.u64(m.time, 'time');
            w.str(m.session);
            w.str(m.name);
            w.str(m.token ?? '');
        },
        read(r) {
            const m = { version: r.u8(), features: readFeatures(r, signals), time: r.u64(), session: r.str(), name: r.str() };
            const token = r.str();
            return token ? { ...m, token } : m;
        },
    },
    ANNOUNCE: {
        code: 0x03,
        write(w, m) {
            w.str(m.namespace);
            writeList(w, m.signals, 'signals', (definition) => writeDefinition(w, definition, true));
        },
        read: (r) => ({ namespace: r.str(), signals: readList(r, 4, () => readDefinition(r, true)) }),
    },
    FEDERATION_SYNC: {
        code: 0x04,
        write(w, m) {
            if (!federationOps[m.op]) throw new EncodeError(`${m.op} is no operation of federation`);
            w.u8(federationOps[m.op]);
            writeList(w, m.patterns, 'patterns', (pattern) => w.str(pattern));
            writeList(w, m.revisions, 'revisions', ([address, revision]) => { w.str(address); w.u64(revision); });
            writeOptions(w, m, federationOptions);
        },
        read(r) {
            const number = r.u8();
            const op = Object.keys(federationOps).find((name) => federationOps[name] === number);
            if (!op) throw new DecodeError(`federation has no operation ${number}`);
            const m = { op, patterns: readList(r, 2, () => r.str()), revisions: readList(r, 10, () => [r.str(), r.u64()]) };
            return readFields(r, r.u8(), m, federationOptions);
        },
    },
    SUBSCRIBE: {
        code: 0x10,
        write(w, m) {
            w.u32(m.id, 'id');
            w.str(m.pattern);
            w.u8(maskOf(m.types));
            writeOptions(w, m.options ?? {}, subscribeOptions);
        },
        read(r) {
            const m = { id: r.u32(), pattern: r.str(), types: typesOf(r.u8()) };
            const options = readFields(r, r.u8(), {}, subscribeOptions);
            return Object.keys(options).length ? { ...m, options } : m;
        },
    },
    UNSUBSCRIBE: { code: 0x11, write: (w, m) => w.u32(m.id, 'id'), read: (r) => ({ id: r.u32() }) },
    PUBLISH: {
        code: 0x20,
        write(w, m) {
            const phase = indexOf(phases, m.phase ?? 'start');
            w.u8((indexOf(signals, m.signal ?? 'event') << 5) | (has(m.timestamp) ? 0x10 : 0) | (has(m.id) ? 0x08 : 0) | phase);
            w.str(m.address);
            if (m.value !== undefined) {
                w.u8(1);
                writeValue(w, m.value);
            } else if (m.samples) {
                w.u8(2);
                writeList(w, Array.from(m.samples), 'samples', (sample) => w.f64(sample));
            } else {
                w.u8(0);
            }
            writeFields(w, m, publishOptions);
            if (has(m.rate)) w.u32(m.rate, 'rate');
        },
        read(r) {
            const flags = r.u8();
            const m = { signal: signals[flags >> 5] ?? 'event', phase: phases[flags & 7] ?? 'start', address: r.str() };
            const indicator = r.u8();
            if (indicator === 1) m.value = readValue(r);
            if (indicator === 2) m.samples = readList(r, 8, () => r.f64());
            readFields(r, flags, m, publishOptions);
            // The rate has no flag: it is there when enough bytes are.
            if (r.left >= 4) m.rate = r.u32();
            return m;
        },
    },
    SET: {
        code: 0x21,
        write(w, m) {
            w.u8(typeOf(m.value) | (has(m.revision) ? 0x80 : 0) | (m.lock ? 0x40 : 0) | (m.unlock ? 0x20 : 0) | (has(m.ttl) ? 0x10 : 0));
            w.str(m.address);
            writeData(w, m.value);
            if (has(m.revision)) w.u64(m.revision, 'revision');
            if (has(m.ttl)) writeTTL(w, m.ttl);
        },
        read(r) {
            const flags = r.u8();
            const m = { address: r.str(), value: readData(r, flags & 0x0f), lock: (flags & 0x40) !== 0, unlock: (flags & 0x20) !== 0 };
            if (flags & 0x80) m.revision = r.u64();
            if (flags & 0x10) m.ttl = readTTL(r);
            return m;
        },
    },
    GET: { code: 0x22, write: (w, m) => w.str(m.address), read: (r) => ({ address: r.str() }) },
    SNAPSHOT: {
        code: 0x23,
        write(w, m) {
            writeList(w, m.params, 'params', (param) => {
                w.str(param.address);
                writeValue(w, param.value);
                w.u64(param.revision, 'revision');
                writeOptions(w, param, paramOptions);
            });
        },
        read: (r) => ({
            params: readList(r, 12, () => {
                const param = { address: r.str(), value: readValue(r), revision: r.u64() };
                return readFields(r, r.u8(), param, paramOptions);
            }),
        }),
    },
    REPLAY: {
        code: 0x24,
        write(w, m) {
            w.u8(replayOptions.reduce((flags, [bit, name]) => (has(m[name]) ? flags | bit : flags), 0));
            w.str(m.pattern);
            writeFields(w, m, replayOptions);
            w.u8(maskOf(m.types));
        },
        read(r) {
            const flags = r.u8();
            const m = readFields(r, flags, { pattern: r.str() }, replayOptions);
            m.types = typesOf(r.u8());
            return m;
        },
    },
    BUNDLE: {
        code: 0x30,
        write(w, m, depth) {
            if (depth > maxBundleDepth) throw new EncodeError(`bundles nested deeper than ${maxBundleDepth}`);
            w.u8(has(m.timestamp) ? 0x80 : 0);
            w.count(m.messages.length, 'messages');
            if (has(m.timestamp)) w.u64(m.timestamp, 'timestamp');
            for (const inner of m.messages) {
                const bytes = encodeMessage(inner, depth + 1);
                w.count(bytes.length, 'bytes of a message');
                w.raw(bytes);
            }
        },
        read(r, depth) {
            if (depth > maxBundleDepth) throw new DecodeError(`bundles nested deeper than ${maxBundleDepth}`);
            const flags = r.u8();
            const count = r.u16();
            const m = {};
            if (flags & 0x80) m.timestamp = r.u64();
            if (count * 3 > r.left) throw new DecodeError(`${count} messages declared, ${r.left} bytes left`);
            m.messages = [];
            while (m.messages.length < count) {
                const length = r.u16();
                if (length === 0) throw new DecodeError('an empty message in a bundle');
                const inner = new r.constructor(r.slice(length), { exact: r.exact });
                m.messages.push(readMessage(inner, depth + 1));
            }
            return m;
        },
    },
    SYNC: {
        code: 0x40,
        write(w, m) {
            w.u8(syncOptions.reduce((flags, [bit, name]) => (has(m[name]) ? flags | bit : flags), 0));
            w.u64(m.t1, 't1');
            writeFields(w, m, syncOptions);
        },
        read(r) {
            const flags = r.u8();
            return readFields(r, flags, { t1: r.u64() }, syncOptions);
        },
    },
    PING: { code: 0x41, ...bare },
    PONG: { code: 0x42, ...bare },
    ACK: {
        code: 0x50,
        write: (w, m) => writeOptions(w, m, ackOptions),
        read(r) {
            const m = readFields(r, r.u8(), {}, ackOptions);
            if ('locked' in m) m.locked = m.locked !== 0;
            return m;
        },
    },
    ERROR: {
        code: 0x51,
        write(w, m) {
            w.u16(m.code);
            w.str(m.message);
            writeOptions(w, m, errorOptions);
        },
        read(r) {
            const m = { code: r.u16(), message: r.str() };
            return readFields(r, r.u8(), m, errorOptions);
        },
    },
    QUERY: { code: 0x60, write: (w, m) => w.str(m.pattern), read: (r) => ({ pattern: r.str() }) },
    RESULT: {
        code: 0x61,
        write: (w, m) => writeList(w, m.signals, 'signals', (definition) => writeDefinition(w, definition, false)),
        read: (r) => ({ signals: readList(r, 4, () => readDefinition(r, false)) }),
    },
};

const namesByCode = new Map(Object.entries(kinds).map(([name, kind]) => [kind.code, name]));

/** The payload of a message, without frame header. */
export function encodeMessage(message, depth = 1) {
    const kind = Object.hasOwn(kinds, message.type) ? kinds[message.type] : undefined;
    if (!kind) throw new EncodeError(`${message.type} is no CLASP message`);
    const writer = new ByteWriter();
    writer.u8(kind.code);
    kind.write(writer, message, depth);
    if (writer.length > maxPayload) throw new EncodeError(`${writer.length} bytes; a frame holds ${maxPayload}`);
    return writer.finish();
}

/** Reads a message; bytes that are left over after it are not looked at. */
export function readMessage(reader, depth = 1) {
    const code = reader.u8();
    const name = namesByCode.get(code);
    if (!name) throw new DecodeError(`no message has the type 0x${code.toString(16).padStart(2, '0')}`);
    return { type: name, ...kinds[name].read(reader, depth) };
}

/** The quality of service that suits a message: 0 fire, 1 confirm, 2 commit. */
export function defaultQoS(message) {
    switch (message.type) {
    case 'SET': case 'SUBSCRIBE': case 'UNSUBSCRIBE': case 'REPLAY': case 'FEDERATION_SYNC': return 1;
    case 'BUNDLE': return 2;
    case 'PUBLISH': return { stream: 0, gesture: 0, timeline: 2 }[message.signal ?? 'event'] ?? 1;
    default: return 0;
    }
}
