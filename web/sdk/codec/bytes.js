// Reads and writes the big-endian fields that CLASP is made of. A reader never looks beyond its bytes.
import { DecodeError, EncodeError } from '../errors.js';

// ignoreBOM: a leading U+FEFF is part of the text.
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

export const maxPayload = 65535;

export class ByteReader {
    constructor(bytes, { exact = false } = {}) {
        this.bytes = bytes;
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.offset = 0;
        /** Integers as BigInt and maps as Map, so that writing them again gives the same bytes. */
        this.exact = exact;
    }

    get left() {
        return this.bytes.length - this.offset;
    }

    /** Moves on by `count` bytes and tells where they began. */
    take(count) {
        if (count > this.left) throw new DecodeError(`${count} bytes needed, ${this.left} left`);
        const start = this.offset;
        this.offset += count;
        return start;
    }

    u8() { return this.view.getUint8(this.take(1)); }
    u16() { return this.view.getUint16(this.take(2)); }
    u32() { return this.view.getUint32(this.take(4)); }
    i8() { return this.view.getInt8(this.take(1)); }
    i16() { return this.view.getInt16(this.take(2)); }
    i32() { return this.view.getInt32(this.take(4)); }
    f32() { return this.view.getFloat32(this.take(4)); }
    f64() { return this.view.getFloat64(this.take(8)); }

    u64() { return asNumber(this.view.getBigUint64(this.take(8))); }

    i64() {
        const value = this.view.getBigInt64(this.take(8));
        return this.exact ? value : asNumber(value);
    }

    integer(value) {
        return this.exact ? BigInt(value) : value;
    }

    slice(count) {
        const start = this.take(count);
        return this.bytes.subarray(start, start + count);
    }

    str() {
        const bytes = this.slice(this.u16());
        try {
            return utf8Decoder.decode(bytes);
        } catch {
            throw new DecodeError('a text is not UTF-8');
        }
    }

    /** A declared count, held against the bytes that are left before anything is made for it. */
    count(bytesEach) {
        const count = this.u16();
        if (count * bytesEach > this.left) throw new DecodeError(`${count} items declared, ${this.left} bytes left`);
        return count;
    }
}

/** A number where that loses nothing, else a BigInt. */
function asNumber(big) {
    const number = Number(big);
    return Number.isSafeInteger(number) ? number : big;
}

export class ByteWriter {
    constructor() {
        this.bytes = new Uint8Array(256);
        this.view = new DataView(this.bytes.buffer);
        this.length = 0;
    }

    reserve(count) {
        const start = this.length;
        const end = start + count;
        if (end > maxPayload + 12) throw new EncodeError(`more than ${maxPayload} bytes`);
        if (end > this.bytes.length) {
            const grown = new Uint8Array(Math.min(maxPayload + 12, Math.max(end, this.bytes.length * 2)));
            grown.set(this.bytes.subarray(0, start));
            this.bytes = grown;
            this.view = new DataView(grown.buffer);
        }
        this.length = end;
        return start;
    }

    // The place is reserved first: that may replace the bytes and their view.
    u8(value) { const at = this.reserve(1); this.view.setUint8(at, value); }
    u16(value) { const at = this.reserve(2); this.view.setUint16(at, value); }
    f64(value) { const at = this.reserve(8); this.view.setFloat64(at, value); }

    u32(value, name = 'number') {
        if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
            throw new EncodeError(`${name} is ${value}, not a whole number of 32 bits`);
        }
        const at = this.reserve(4);
        this.view.setUint32(at, value);
    }

    u64(value, name = 'number') {
        const big = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : -1n;
        if (big < 0n || big > 0xffffffffffffffffn) throw new EncodeError(`${name} is ${value}, not a whole number of 64 bits`);
        const at = this.reserve(8);
        this.view.setBigUint64(at, big);
    }

    i64(value) {
        if (BigInt.asIntN(64, value) !== value) throw new EncodeError(`${value} does not fit into 64 bits`);
        const at = this.reserve(8);
        this.view.setBigInt64(at, value);
    }

    raw(bytes) {
        const at = this.reserve(bytes.length);
        this.bytes.set(bytes, at);
    }

    count(count, what) {
        if (count > 0xffff) throw new EncodeError(`${count} ${what}, at most 65535 fit`);
        this.u16(count);
    }

    str(text) {
        if (typeof text !== 'string') throw new EncodeError(`a text is needed, not ${typeof text}`);
        const bytes = utf8Encoder.encode(text);
        this.count(bytes.length, 'bytes of text');
        this.raw(bytes);
    }

    finish() {
        return this.bytes.slice(0, this.length);
    }
}
