// Values by type.
//
// Numbers: every JavaScript number is written as a float, as all JavaScript clients of CLASP do, so an address keeps one
// type whether a fader stands at 0.5 or at 1. An integer is a BigInt (`5n`). Read, an integer is a number where that is
// exact and a BigInt beyond 2^53; a reader made with `exact` gives a BigInt for each, and a Map for each map.
import { DecodeError, EncodeError } from '../errors.js';

export const maxDepth = 64;

const code = {
    null: 0x00, bool: 0x01, i8: 0x02, i16: 0x03, i32: 0x04, i64: 0x05, f32: 0x06, f64: 0x07,
    string: 0x08, bytes: 0x09, array: 0x0a, map: 0x0b,
};

/** Reads a value whose type byte comes first. */
export function readValue(reader, depth = 1) {
    return readData(reader, reader.u8(), depth);
}

/** Reads the data of a value whose type is known. */
export function readData(reader, type, depth = 1) {
    switch (type) {
    case code.null: return null;
    case code.bool: return reader.u8() !== 0;
    case code.i8: return reader.integer(reader.i8());
    case code.i16: return reader.integer(reader.i16());
    case code.i32: return reader.integer(reader.i32());
    case code.i64: return reader.i64();
    case code.f32: return reader.f32();
    case code.f64: return reader.f64();
    case code.string: return reader.str();
    case code.bytes: return reader.slice(reader.u16()).slice();
    case code.array: return readArray(reader, depth);
    case code.map: return readMap(reader, depth);
    default: throw new DecodeError(`no value has the type 0x${type.toString(16)}`);
    }
}

function readArray(reader, depth) {
    refuseDepth(depth, DecodeError);
    const values = [];
    for (let count = reader.count(1); count > 0; count -= 1) values.push(readValue(reader, depth + 1));
    return values;
}

function readMap(reader, depth) {
    refuseDepth(depth, DecodeError);
    const map = reader.exact ? new Map() : {};
    for (let count = reader.count(3); count > 0; count -= 1) {
        const key = reader.str();
        const value = readValue(reader, depth + 1);
        if (reader.exact) map.set(key, value);
        // Plain assignment to this key would set the prototype instead.
        else if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
        else map[key] = value;
    }
    return map;
}

function refuseDepth(depth, kind) {
    if (depth > maxDepth) throw new kind(`nested deeper than ${maxDepth}`);
}

export function typeOf(value) {
    switch (typeof value) {
    case 'undefined': return code.null;
    case 'boolean': return code.bool;
    case 'number': return code.f64;
    case 'bigint': return code.i64;
    case 'string': return code.string;
    case 'object':
        if (value === null) return code.null;
        if (value instanceof Uint8Array || value instanceof ArrayBuffer) return code.bytes;
        if (Array.isArray(value) || ArrayBuffer.isView(value)) return code.array;
        if (value instanceof Date || value instanceof Set) throw new EncodeError(`a ${value.constructor.name} has no CLASP type`);
        return code.map;
    default: throw new EncodeError(`a ${typeof value} has no CLASP type`);
    }
}

export function writeValue(writer, value, depth = 1) {
    writer.u8(typeOf(value));
    writeData(writer, value, depth);
}

/** Writes a value without its type. */
export function writeData(writer, value, depth = 1) {
    switch (typeOf(value)) {
    case code.null: return;
    case code.bool: return writer.u8(value ? 1 : 0);
    case code.i64: return writer.i64(value);
    case code.f64: return writer.f64(value);
    case code.string: return writer.str(value);
    case code.bytes: {
        const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
        writer.count(bytes.length, 'bytes');
        return writer.raw(bytes);
    }
    case code.array: {
        refuseDepth(depth, EncodeError);
        const items = Array.isArray(value) ? value : Array.from(value);
        writer.count(items.length, 'items');
        for (let index = 0; index < items.length; index += 1) writeValue(writer, items[index], depth + 1);
        return;
    }
    default: {
        refuseDepth(depth, EncodeError);
        // A member that is undefined is left out, as in JSON.
        const entries = (value instanceof Map ? [...value] : Object.entries(value)).filter(([, item]) => item !== undefined);
        writer.count(entries.length, 'members');
        for (const [key, item] of entries) {
            writer.str(key);
            writeValue(writer, item, depth + 1);
        }
    }
    }
}

/** Whether two values say the same. */
export function sameValue(a, b) {
    if (Object.is(a, b)) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
    if (Array.isArray(a) !== Array.isArray(b) || ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false;
    if (Array.isArray(a) || ArrayBuffer.isView(a)) {
        return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
    }
    const keys = Object.keys(a).filter((key) => a[key] !== undefined);
    return keys.length === Object.keys(b).filter((key) => b[key] !== undefined).length
        && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]));
}
