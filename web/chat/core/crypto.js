// End-to-end encryption: the encodings of docs/chat.md, with nothing but Web Crypto.

const text = new TextEncoder();
const untext = new TextDecoder('utf-8', { fatal: true });
const keyExchangeInfo = text.encode('clasp-chat-keyex-v1');
export const passwordRounds = 600_000;

export const isAvailable = () => Boolean(globalThis.crypto?.subtle);
const subtle = () => globalThis.crypto.subtle;

export function toBase64(bytes) {
    let binary = '';
    for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
    return btoa(binary);
}

export function fromBase64(encoded) {
    const binary = atob(encoded);
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

const random = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));

// — Rooms: AES-256-GCM —

export async function makeRoomKey() {
    return exportKey(await subtle().generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']));
}

export const exportKey = (key) => subtle().exportKey('jwk', key);

const imported = new Map();

/** Imports a room key; the same key only once. */
export function importRoomKey(jwk) {
    if (jwk?.kty !== 'oct' || typeof jwk.k !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(jwk.k)) return Promise.reject(new TypeError('not an AES-256 key'));
    if (!imported.has(jwk.k)) {
        imported.set(jwk.k, subtle().importKey('jwk', { kty: 'oct', k: jwk.k, alg: 'A256GCM', ext: true, key_ops: ['encrypt', 'decrypt'] }, 'AES-GCM', true, ['encrypt', 'decrypt']));
    }
    return imported.get(jwk.k);
}

/** Eight hexadecimal digits that tell a key from others and say nothing about it. */
export async function keyId(jwk) {
    const digest = await subtle().digest('SHA-256', text.encode(`clasp-chat-kid ${jwk.k}`));
    return hex(new Uint8Array(digest).subarray(0, 4));
}

export async function encryptText(plain, jwk) {
    const iv = random(12);
    const sealed = await subtle().encrypt({ name: 'AES-GCM', iv }, await importRoomKey(jwk), text.encode(plain));
    return { text: toBase64(sealed), iv: toBase64(iv) };
}

export async function decryptText({ text: sealed, iv }, jwk) {
    const plain = await subtle().decrypt({ name: 'AES-GCM', iv: fromBase64(iv) }, await importRoomKey(jwk), fromBase64(sealed));
    return untext.decode(plain);
}

// — Key exchange: ECDH P-256, HKDF-SHA-256 —

export const makeExchangePair = () => subtle().generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);

async function wrapKey(privateKey, publicJWK) {
    const { crv, kty, x, y } = publicJWK ?? {};
    const publicKey = await subtle().importKey('jwk', { crv, kty, x, y, ext: true, key_ops: [] }, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    const shared = await subtle().deriveBits({ name: 'ECDH', public: publicKey }, privateKey, 256);
    const material = await subtle().importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    return subtle().deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: keyExchangeInfo }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

export async function wrapRoomKey(roomKey, privateKey, peerPublic) {
    const iv = random(12);
    const plain = text.encode(JSON.stringify({ alg: 'A256GCM', ext: true, k: roomKey.k, key_ops: ['encrypt', 'decrypt'], kty: 'oct' }));
    const sealed = await subtle().encrypt({ name: 'AES-GCM', iv }, await wrapKey(privateKey, peerPublic), plain);
    return { encryptedKey: toBase64(sealed), iv: toBase64(iv) };
}

export async function unwrapRoomKey({ encryptedKey, iv, senderPublicKey }, privateKey) {
    const plain = await subtle().decrypt({ name: 'AES-GCM', iv: fromBase64(iv) }, await wrapKey(privateKey, senderPublicKey), fromBase64(encryptedKey));
    const jwk = JSON.parse(untext.decode(plain));
    await importRoomKey(jwk);
    return { kty: 'oct', k: jwk.k, alg: 'A256GCM', ext: true, key_ops: ['encrypt', 'decrypt'] };
}

// — Fingerprints —

/** The number that two people compare: over all members of the public key, as it was published. */
export async function fingerprint(jwk) {
    const sorted = JSON.stringify(Object.fromEntries(Object.keys(jwk).sort().map((name) => [name, jwk[name]])));
    return hex(new Uint8Array(await subtle().digest('SHA-256', text.encode(sorted)))).match(/.{4}/g).join(' ');
}

export const sameKey = (one, other) => Boolean(one && other && one.x === other.x && one.y === other.y && one.crv === other.crv);

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

// — Passwords: PBKDF2 —

export const makeSalt = () => toBase64(random(16));

/** The salt is used as the text it is sent as, not decoded. */
export async function hashPassword(password, salt) {
    const material = await subtle().importKey('raw', text.encode(password), 'PBKDF2', false, ['deriveBits']);
    return toBase64(await subtle().deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text.encode(salt), iterations: passwordRounds }, material, 256));
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function sameSecret(one, other) {
    if (typeof one !== 'string' || typeof other !== 'string') return false;
    let difference = one.length ^ other.length;
    for (let index = 0; index < one.length; index += 1) difference |= one.charCodeAt(index) ^ other.charCodeAt(index % (other.length || 1));
    return difference === 0 && one.length > 0;
}

// — Signatures: ECDSA P-256 —

export const makeSigningPair = () => subtle().generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);

const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };
const signedBytes = ({ text: plain, fromId, msgId, timestamp }) => text.encode(JSON.stringify({ text: plain, fromId, msgId, timestamp }));

export async function sign(message, privateKey) {
    return toBase64(await subtle().sign(ecdsa, privateKey, signedBytes(message)));
}

export async function verify(message, signature, publicJWK) {
    try {
        const { crv, kty, x, y } = publicJWK;
        const key = await subtle().importKey('jwk', { crv, kty, x, y, ext: true, key_ops: ['verify'] }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
        return await subtle().verify(ecdsa, key, fromBase64(signature), signedBytes(message));
    } catch {
        return false;
    }
}
