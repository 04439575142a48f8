import './setup.js';
import assert from 'node:assert/strict';
import { createECDH, createHash, createHmac, hkdfSync, pbkdf2Sync, verify as nodeVerify, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import * as secret from '../../chat/core/crypto.js';
import { Keyring } from '../../chat/core/keyring.js';
import { MemoryStore } from '../../chat/core/store.js';

test('a text comes back from its seal, and only with its key', async () => {
    const [key, other] = [await secret.makeRoomKey(), await secret.makeRoomKey()];
    for (const text of ['', 'hello', 'ünïcödé 👩‍👩‍👧 \u0000', 'x'.repeat(20_000)]) {
        const sealed = await secret.encryptText(text, key);
        assert.equal(await secret.decryptText(sealed, key), text);
        await assert.rejects(secret.decryptText(sealed, other));
    }
});

test('every seal has its own iv and hides equal texts', async () => {
    const key = await secret.makeRoomKey();
    const seals = await Promise.all(Array.from({ length: 200 }, () => secret.encryptText('same', key)));
    assert.equal(new Set(seals.map(({ iv }) => iv)).size, 200);
    assert.equal(new Set(seals.map(({ text }) => text)).size, 200);
    assert.equal(secret.fromBase64(seals[0].iv).length, 12);
    assert.equal(secret.fromBase64(seals[0].text).length, 4 + 16);
});

test('a bit changed anywhere is noticed', async () => {
    const key = await secret.makeRoomKey();
    const sealed = await secret.encryptText('hello', key);
    const bytes = secret.fromBase64(sealed.text);
    for (let index = 0; index < bytes.length; index += 1) {
        const changed = bytes.slice();
        changed[index] ^= 1;
        await assert.rejects(secret.decryptText({ ...sealed, text: secret.toBase64(changed) }, key));
    }
});

test('a room key travels from one key pair to another and to nobody else', async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(secret.makeExchangePair));
    const publicOf = (pair) => secret.exportKey(pair.publicKey);
    const key = await secret.makeRoomKey();
    const wrapped = await secret.wrapRoomKey(key, a.privateKey, await publicOf(b));
    const message = { ...wrapped, senderPublicKey: await publicOf(a) };
    assert.equal((await secret.unwrapRoomKey(message, b.privateKey)).k, key.k);
    await assert.rejects(secret.unwrapRoomKey(message, c.privateKey));
    await assert.rejects(secret.unwrapRoomKey({ ...message, senderPublicKey: await publicOf(c) }, b.privateKey));
});

test('the wrap key is what the specification computes, by other code', async () => {
    const mine = await secret.makeExchangePair();
    const other = createECDH('prime256v1');
    other.generateKeys();
    const point = other.getPublicKey();
    const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
    const key = await secret.makeRoomKey();
    const wrapped = await secret.wrapRoomKey(key, mine.privateKey, jwk);
    const minePublic = await secret.exportKey(mine.publicKey);
    const shared = other.computeSecret(Buffer.concat([Buffer.from([4]), Buffer.from(minePublic.x, 'base64url'), Buffer.from(minePublic.y, 'base64url')]));
    const wrap = Buffer.from(hkdfSync('sha256', shared, Buffer.alloc(32), 'clasp-chat-keyex-v1', 32));
    const { createDecipheriv } = await import('node:crypto');
    const sealed = Buffer.from(wrapped.encryptedKey, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', wrap, Buffer.from(wrapped.iv, 'base64'));
    decipher.setAuthTag(sealed.subarray(-16));
    const jwkText = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString();
    assert.deepEqual(JSON.parse(jwkText), { alg: 'A256GCM', ext: true, k: key.k, key_ops: ['encrypt', 'decrypt'], kty: 'oct' });
});

test('published keys have exactly the members that fingerprints are taken over', async () => {
    const jwk = await secret.exportKey((await secret.makeExchangePair()).publicKey);
    assert.deepEqual(Object.keys(jwk).sort(), ['crv', 'ext', 'key_ops', 'kty', 'x', 'y']);
    const text = `{"crv":"P-256","ext":true,"key_ops":[],"kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`;
    const expected = createHash('sha256').update(text).digest('hex').match(/.{4}/g).join(' ');
    assert.equal(await secret.fingerprint(jwk), expected);
    assert.match(expected, /^([0-9a-f]{4} ){15}[0-9a-f]{4}$/);
});

test('a password is hashed with the salt as text, 600,000 rounds', async () => {
    const salt = secret.makeSalt();
    assert.equal(salt.length, 24);
    assert.equal(await secret.hashPassword('pässword', salt), pbkdf2Sync('pässword', salt, 600_000, 32, 'sha256').toString('base64'));
});

test('secrets are compared in full, whatever differs', () => {
    const hash = createHmac('sha256', 'k').update('x').digest('base64');
    assert.ok(secret.sameSecret(hash, hash));
    for (const other of ['', undefined, null, 5, hash.slice(1), `${hash}=`, hash.toLowerCase()]) assert.ok(!secret.sameSecret(hash, other));
    assert.ok(!secret.sameSecret('', ''));
});

test('a signature covers text, sender, id and time, in raw form', async () => {
    const pair = await secret.makeSigningPair();
    const jwk = await secret.exportKey(pair.publicKey);
    const message = { text: 'hi "you"', fromId: 's1', msgId: '1-abc', timestamp: 1700000000123 };
    const signature = await secret.sign(message, pair.privateKey);
    assert.equal(secret.fromBase64(signature).length, 64);
    assert.ok(await secret.verify(message, signature, jwk));
    for (const change of [{ text: 'hi' }, { fromId: 's2' }, { msgId: '1-abd' }, { timestamp: 1 }]) assert.ok(!await secret.verify({ ...message, ...change }, signature, jwk));
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y }, format: 'jwk' });
    const signed = Buffer.from('{"text":"hi \\"you\\"","fromId":"s1","msgId":"1-abc","timestamp":1700000000123}');
    assert.ok(nodeVerify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64')));
    assert.equal(await secret.verify(message, 'nonsense', jwk), false);
    assert.equal(await secret.verify(message, signature, {}), false);
});

test('what is no AES-256 key is not taken for one', async () => {
    for (const bad of [undefined, {}, { kty: 'oct' }, { kty: 'oct', k: 'AAAA' }, { kty: 'oct', k: 5 }, { kty: 'EC', k: 'A'.repeat(43) }]) await assert.rejects(secret.importRoomKey(bad));
});

test('old keys open old messages; a retired key never comes back', async () => {
    const ring = new Keyring({ store: new MemoryStore(), rid: 'r' });
    await ring.load();
    const [first, second, third] = [await secret.makeRoomKey(), await secret.makeRoomKey(), await secret.makeRoomKey()];
    await ring.take(first);
    const old = await secret.encryptText('old', first);
    await ring.take(second);
    assert.deepEqual(await ring.open(old), { text: 'old', isCurrent: false });
    const key = { x: 'x', y: 'y', crv: 'P-256' };
    const judge = (what, details) => ring.judge(what, { senderPublicKey: key, publishedKey: key, leads: true, ...details });
    assert.equal(judge(first, {}), 'refuse');
    assert.equal(judge(third, {}), 'take');
    assert.equal(judge(third, { leads: false, isAdmitted: true }), 'refuse');
    assert.equal(judge(third, { publishedKey: undefined }), 'refuse');
    assert.equal(judge(third, { publishedKey: { ...key, x: 'z' } }), 'refuse');
    assert.equal(judge(third, { isBanned: true }), 'refuse');
    ring.ask();
    assert.equal(judge(third, { leads: false, isAdmitted: true }), 'take');
    assert.equal(judge(third, { leads: false }), 'refuse', 'that we asked is no reason');
});

test('no key is dropped that may be needed, and what names its key is opened with that', async () => {
    const store = new MemoryStore();
    const ring = new Keyring({ store, rid: 'r' });
    await ring.load();
    const first = await secret.makeRoomKey();
    await ring.take(first);
    const kid = ring.currentId;
    const old = await secret.encryptText('old', first);
    for (let n = 0; n < 60; n += 1) await ring.take(await secret.makeRoomKey());
    const again = new Keyring({ store, rid: 'r' });
    await again.load();
    assert.equal((await again.open(old, kid))?.text, 'old');
    assert.equal(await again.open(old, 'unknown'), undefined);
});

test('without a key the first answer that does not match what its sender publishes waits for a better one', async () => {
    const ring = new Keyring({ store: new MemoryStore(), rid: 'r' });
    await ring.load();
    const offered = await secret.makeRoomKey();
    const key = { x: 'x', y: 'y', crv: 'P-256' };
    assert.equal(ring.judge(offered, { senderPublicKey: key }), 'wait');
    assert.equal(ring.judge(offered, { senderPublicKey: key, publishedKey: key }), 'take');
});
