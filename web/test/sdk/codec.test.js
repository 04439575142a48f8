import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeFrame, encodeFrame } from '../../sdk/codec/frame.js';
import { sameValue } from '../../sdk/codec/values.js';
import { DecodeError, EncodeError } from '../../sdk/errors.js';
import { bytesOf } from './notation.js';
import { faultOf, parseLines, refusalOf } from './vectors.js';

const golden = (name) => parseLines(readFileSync(new URL(`../../../Tests/Golden/${name}`, import.meta.url), 'utf8'));

test('golden vectors are read and written byte by byte', async (t) => {
    for (const vector of golden('vectors.jsonl')) {
        await t.test(vector.name, () => assert.equal(faultOf(vector), undefined));
    }
});

test('frames that must be refused are refused with a DecodeError', async (t) => {
    for (const vector of golden('vectors-invalid.jsonl')) {
        await t.test(vector.name, () => assert.ok(refusalOf(vector) instanceof DecodeError, `${vector.why}: ${refusalOf(vector)}`));
    }
});

test('a frame that is cut anywhere is refused', () => {
    for (const vector of golden('vectors.jsonl')) {
        const whole = bytesOf(vector.hex);
        const bytes = whole.subarray(0, Math.min(whole.length, (whole[2] << 8) + whole[3] + (whole[1] & 0x20 ? 12 : 4)));
        const step = Math.max(1, Math.floor(bytes.length / 200));
        for (let end = 0; end < bytes.length; end += step) {
            assert.throws(() => decodeFrame(bytes.subarray(0, end)), DecodeError);
        }
    }
});

const echo = (value) => decodeFrame(encodeFrame({ type: 'SET', address: '/a', value })).message.value;

test('plain values come back as they went', () => {
    for (const value of [null, true, 0, -0, 1.5, NaN, Infinity, '', 'a\u0000b', '\ufeffx', '👩‍👩‍👧', [1, [2, []]], { a: { b: 'c' } }, new Uint8Array([1, 2])]) {
        assert.deepEqual(echo(value), value);
    }
});

test('a number is a float, a BigInt an integer', () => {
    assert.deepEqual([...encodeFrame({ type: 'SET', address: '/a', value: 5 })].slice(4, 6), [0x21, 0x07]);
    assert.deepEqual([...encodeFrame({ type: 'SET', address: '/a', value: 5n })].slice(4, 6), [0x21, 0x05]);
    assert.equal(echo(5n), 5);
    assert.equal(echo(9007199254740993n), 9007199254740993n);
});

test('a key called __proto__ is a key', () => {
    const value = echo(JSON.parse('{"__proto__": {"admin": true}}'));
    assert.deepEqual(Object.keys(value), ['__proto__']);
    assert.equal(value.admin, undefined);
});

test('members that are undefined are left out; holes of lists are null', () => {
    assert.deepEqual(echo({ a: undefined, b: 1 }), { b: 1 });
    // eslint-disable-next-line no-sparse-arrays
    assert.deepEqual(echo([1, , undefined]), [1, null, null]);
});

test('what no frame can hold is refused when written', () => {
    const deep = (depth) => (depth === 0 ? 1 : [deep(depth - 1)]);
    assert.doesNotThrow(() => echo(deep(64)));
    for (const value of [deep(65), 'x'.repeat(65536), 'ü'.repeat(40000), new Uint8Array(65530), () => 1, Symbol('s'), new Date(), 1n << 63n]) {
        assert.throws(() => echo(value), EncodeError);
    }
    assert.throws(() => encodeFrame({ type: 'SET', address: '/a', value: 1, ttl: -1 }), EncodeError);
    assert.throws(() => encodeFrame({ type: 'NONSENSE' }), EncodeError);
    assert.throws(() => encodeFrame({ type: 'toString' }), EncodeError);
});

test('a full frame of 65535 bytes passes, one byte more does not', () => {
    const room = 65535 - 1 - 1 - 4 - 2;
    assert.equal(encodeFrame({ type: 'SET', address: '/a', value: 'x'.repeat(room) }).length, 65535 + 4);
    assert.throws(() => encodeFrame({ type: 'SET', address: '/a', value: 'x'.repeat(room + 1) }), EncodeError);
});

test('equality of values is by content', () => {
    assert.ok(sameValue({ a: [1, { b: null }] }, { a: [1, { b: null }] }));
    assert.ok(!sameValue({ a: 1 }, { a: 1, b: 2 }));
    assert.ok(!sameValue([1], { 0: 1 }));
    assert.ok(sameValue(new Uint8Array([1]), new Uint8Array([1])));
    assert.ok(!sameValue({ a: undefined, b: 1 }, { c: 1, b: 1 }));
});
