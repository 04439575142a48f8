// Names of things: users, rooms, messages, addresses. Nothing from outside is put into an address unchecked.

export const colors = ['#e63946', '#457b9d', '#2a9d8f', '#f77f00', '#9b5de5', '#00bbf9', '#f15bb5', '#fee440', '#8ac926', '#ff595e'];

export const isUserId = (text) => typeof text === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(text);
export const isRoomId = isUserId;
/** A segment of an address that anybody may have chosen. */
export const isSegment = (text) => typeof text === 'string' && text.length > 0 && text.length <= 64 && !/[/*]/.test(text);
export const isNamespace = (text) => typeof text === 'string' && text.length <= 128 && /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(text);

export function randomText(length, alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789') {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}

export function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const messageId = (now = Date.now()) => `${now}-${randomText(6)}`;

/** Both sides of a direct conversation come to the same id. */
export function directRoomId(one, other) {
    const [first, second] = [one, other].sort();
    return `dm-${first.slice(0, 8)}-${second.slice(0, 8)}`;
}

export const at = {
    profile: (uid) => `/chat/user/${uid}/profile`,
    signingKey: (uid) => `/chat/user/${uid}/signingKey`,
    friend: (uid, friend) => `/chat/user/${uid}/friends/${friend}`,
    dm: (uid, rid) => `/chat/user/${uid}/dms/${rid}`,
    request: (target, from) => `/chat/requests/${target}/${from}`,
    listed: (rid) => `/chat/registry/rooms/${rid}`,
    namespaceMeta: (path) => `/chat/registry/ns-meta/${path}`,
    namespaceAuth: (path) => `/chat/registry/ns-meta/${path}/__auth`,
    namespaceRoom: (path, rid) => `/chat/registry/ns/${path}/${rid}`,
    room: (rid, rest) => `/chat/room/${rid}/${rest}`,
};

export function colorFor(text) {
    let hash = 0;
    for (const character of String(text)) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
    return colors[hash % colors.length];
}

export const isColor = (text) => typeof text === 'string' && /^#[0-9a-f]{6}$/i.test(text);

/** One line, without control characters or direction tricks. */
export function cleanLine(text, length = 120) {
    const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '').replace(/\s+/g, ' ').trim();
    return [...clean].slice(0, length).join('');
}

/** A name as others may show it, 1 to 32 characters. */
export function cleanName(text, fallback = 'Somebody') {
    return (typeof text === 'string' && cleanLine(text, 32)) || fallback;
}

/** A time that somebody claims, kept near what is possible. */
export function cleanTime(time, now = Date.now()) {
    return Number.isFinite(time) ? Math.min(Math.max(Math.floor(time), 1_500_000_000_000), now + 60_000) : now;
}

export const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value);
