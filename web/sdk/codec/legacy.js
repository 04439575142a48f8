// Messages in the MessagePack form of older clients. Relays read it and never send it, so the client does not load
// this; tools that look at the traffic of others do.
import { DecodeError } from '../errors.js';
import { ByteReader } from './bytes.js';
import { phases, signals } from './messages.js';
import { maxDepth } from './values.js';

/** A legacy payload as the message it would be in binary. */
export function readLegacyMessage(payload, options) {
    return messageFrom(readAny(new ByteReader(payload, options), 1), 1);
}

function readAny(r, depth) {
    if (depth > maxDepth + 4) throw new DecodeError(`nested deeper than ${maxDepth}`);
    const type = r.u8();
    if (type < 0x80) return r.integer(type);
    if (type < 0x90) return readMap(r, type & 0x0f, depth);
    if (type < 0xa0) return readArray(r, type & 0x0f, depth);
    if (type < 0xc0) return text(r, type & 0x1f);
    if (type >= 0xe0) return r.integer(type - 0x100);
    switch (type) {
    case 0xc0: return null;
    case 0xc2: return false;
    case 0xc3: return true;
    case 0xc4: return r.slice(r.u8()).slice();
    case 0xc5: return r.slice(r.u16()).slice();
    case 0xc6: return r.slice(r.u32()).slice();
    case 0xca: return r.f32();
    case 0xcb: return r.f64();
    case 0xcc: return r.integer(r.u8());
    case 0xcd: return r.integer(r.u16());
    case 0xce: return r.integer(r.u32());
    case 0xcf: return unsigned64(r);
    case 0xd0: return r.integer(r.i8());
    case 0xd1: return r.integer(r.i16());
    case 0xd2: return r.integer(r.i32());
    case 0xd3: return r.i64();
    case 0xd9: return text(r, r.u8());
    case 0xda: return text(r, r.u16());
    case 0xdb: return text(r, r.u32());
    case 0xdc: return readArray(r, r.u16(), depth);
    case 0xdd: return readArray(r, r.u32(), depth);
    case 0xde: return readMap(r, r.u16(), depth);
    case 0xdf: return readMap(r, r.u32(), depth);
    default: throw new DecodeError(`MessagePack type 0x${type.toString(16)} has no meaning here`);
    }
}

/** Beyond the signed range an integer becomes a float, as relays make it. */
function unsigned64(r) {
    const value = r.view.getBigUint64(r.take(8));
    if (value > 0x7fffffffffffffffn) return Number(value);
    return r.exact || value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value);
}

function text(r, length) {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(r.slice(length));
    } catch (error) {
        throw error instanceof DecodeError ? error : new DecodeError('a text is not UTF-8');
    }
}

function readArray(r, count, depth) {
    if (count > r.left) throw new DecodeError(`${count} items declared, ${r.left} bytes left`);
    return Array.from({ length: count }, () => readAny(r, depth + 1));
}

function readMap(r, count, depth) {
    if (count * 2 > r.left) throw new DecodeError(`${count} members declared, ${r.left} bytes left`);
    const map = r.exact ? new Map() : {};
    for (let index = 0; index < count; index += 1) {
        const key = readAny(r, depth + 1);
        if (typeof key !== 'string') throw new DecodeError('a key that is no text');
        const value = readAny(r, depth + 1);
        if (r.exact) map.set(key, value);
        else Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return map;
}

const member = (map, key) => (map instanceof Map ? map.get(key) : Object.hasOwn(map, key) ? map[key] : undefined) ?? undefined;
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value);
const number = (value) => (typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** Takes the members in `fields`: name, name in the map, kind; a kind with `!` must be there. */
function pick(map, fields) {
    const message = {};
    for (const [name, key, kind] of fields) {
        const value = member(map, key);
        const type = kind.replace('!', '');
        if (value === undefined) {
            if (kind.endsWith('!')) throw new DecodeError(`${key} is missing`);
            continue;
        }
        const fits = type === 'number' ? ['number', 'bigint'].includes(typeof value)
            : type === 'list' ? Array.isArray(value)
            : type === 'map' ? isMap(value)
            : typeof value === type;
        if (!fits) throw new DecodeError(`${key} is no ${type}`);
        message[name] = type === 'number' ? number(value) : value;
    }
    return message;
}

function ttlFrom(value) {
    if (value === undefined || value === 'Never') return value && 'never';
    for (const [key, absolute] of [['Sliding', false], ['Absolute', true]]) {
        const seconds = isMap(value) ? member(value, key) : undefined;
        if (seconds !== undefined) return { seconds: Number(seconds), absolute };
    }
    throw new DecodeError('a ttl of no known form');
}

const definitionFrom = (map) => {
    const { meta, ...definition } = pick(map, [
        ['address', 'address', 'string!'], ['signal', 'type', 'string!'], ['datatype', 'datatype', 'string'],
        ['access', 'access', 'string'], ['meta', 'meta', 'map'],
    ]);
    if (meta) {
        definition.meta = pick(meta, [['unit', 'unit', 'string'], ['range', 'range', 'list'], ['description', 'description', 'string']]);
        const preset = member(meta, 'default');
        if (preset !== undefined) definition.meta.default = preset;
        if (definition.meta.range) definition.meta.range = definition.meta.range.map(Number);
    }
    return definition;
};

const forms = {
    HELLO: [['version', 'version', 'number!'], ['name', 'name', 'string!'], ['features', 'features', 'list'], ['token', 'token', 'string']],
    WELCOME: [
        ['version', 'version', 'number!'], ['session', 'session', 'string!'], ['name', 'name', 'string!'],
        ['features', 'features', 'list'], ['time', 'time', 'number!'], ['token', 'token', 'string'],
    ],
    ANNOUNCE: [['namespace', 'namespace', 'string!'], ['signals', 'signals', 'list!']],
    SUBSCRIBE: [['id', 'id', 'number!'], ['pattern', 'pattern', 'string!'], ['types', 'types', 'list'], ['options', 'options', 'map']],
    UNSUBSCRIBE: [['id', 'id', 'number!']],
    PUBLISH: [
        ['address', 'address', 'string!'], ['signal', 'signal', 'string'], ['phase', 'phase', 'string'], ['samples', 'samples', 'list'],
        ['rate', 'rate', 'number'], ['id', 'id', 'number'], ['timestamp', 'timestamp', 'number'],
    ],
    SET: [
        ['address', 'address', 'string!'], ['revision', 'revision', 'number'], ['lock', 'lock', 'boolean'], ['unlock', 'unlock', 'boolean'],
    ],
    GET: [['address', 'address', 'string!']],
    SNAPSHOT: [['params', 'params', 'list!']],
    REPLAY: [
        ['pattern', 'pattern', 'string!'], ['from', 'from', 'number'], ['to', 'to', 'number'], ['limit', 'limit', 'number'],
        ['types', 'types', 'list'],
    ],
    FEDERATION_SYNC: [['op', 'op', 'string!'], ['patterns', 'patterns', 'list']],
    BUNDLE: [['messages', 'messages', 'list!'], ['timestamp', 'timestamp', 'number']],
    SYNC: [['t1', 't1', 'number!'], ['t2', 't2', 'number'], ['t3', 't3', 'number']],
    PING: [],
    PONG: [],
    ACK: [
        ['address', 'address', 'string'], ['revision', 'revision', 'number'], ['locked', 'locked', 'boolean'],
        ['holder', 'holder', 'string'], ['correlationId', 'correlation_id', 'number'],
    ],
    ERROR: [
        ['code', 'code', 'number!'], ['message', 'message', 'string!'], ['address', 'address', 'string'],
        ['correlationId', 'correlation_id', 'number'],
    ],
    QUERY: [['pattern', 'pattern', 'string!']],
    RESULT: [['signals', 'signals', 'list!']],
};

function messageFrom(map, depth) {
    if (!isMap(map)) throw new DecodeError('a legacy message is a map');
    const type = member(map, 'type');
    const fields = typeof type === 'string' && Object.hasOwn(forms, type) ? forms[type] : undefined;
    if (!fields) throw new DecodeError(`no message is called ${String(type)}`);
    const message = { type, ...pick(map, fields) };
    const has = (key) => (map instanceof Map ? map.has(key) : Object.hasOwn(map, key));
    const raw = (key) => (map instanceof Map ? map.get(key) : map[key]);
    switch (type) {
    case 'HELLO': case 'WELCOME': message.features = message.features ?? []; break;
    case 'SUBSCRIBE':
        message.types = (message.types ?? []).filter((name) => signals.includes(name));
        if (message.options) {
            message.options = pick(message.options, [
                ['maxRate', 'max_rate', 'number'], ['epsilon', 'epsilon', 'number'], ['history', 'history', 'number'], ['window', 'window', 'number'],
            ]);
        }
        break;
    case 'SET': {
        if (!has('value')) throw new DecodeError('value is missing');
        const ttl = ttlFrom(member(map, 'ttl'));
        Object.assign(message, { value: raw('value'), lock: message.lock ?? false, unlock: message.unlock ?? false }, ttl && { ttl });
        break;
    }
    case 'PUBLISH':
        message.signal = signals.includes(message.signal) ? message.signal : 'event';
        message.phase = phases.includes(message.phase) ? message.phase : 'start';
        if (message.samples) message.samples = message.samples.map(Number);
        // Two names for one slot; the first that holds something counts.
        if (has('value') && raw('value') !== null) message.value = raw('value');
        else if (has('payload') && raw('payload') !== null) message.value = raw('payload');
        break;
    case 'SNAPSHOT':
        message.params = message.params.map((param) => {
            if (!isMap(param)) throw new DecodeError('a param is a map');
            return {
                ...pick(param, [['address', 'address', 'string!'], ['revision', 'revision', 'number!'], ['writer', 'writer', 'string'], ['timestamp', 'timestamp', 'number']]),
                value: member(param, 'value') ?? null,
            };
        });
        break;
    case 'REPLAY': message.types = message.types ?? []; break;
    case 'ANNOUNCE': case 'RESULT': message.signals = message.signals.map(definitionFrom); break;
    case 'BUNDLE':
        if (depth > 8) throw new DecodeError('bundles nested deeper than 8');
        message.messages = message.messages.map((inner) => messageFrom(inner, depth + 1));
        break;
    default:
    }
    return message;
}
