// Pictures small enough for a frame: scaled down and encoded anew, which also leaves behind where they were taken.

/** Characters of the data URL; a frame holds 65,535 bytes, and sealing makes a third more. */
const roomFor = { clear: 60_000, sealed: 44_000 };

export async function shrinkImage(file, { isEncrypted }) {
    if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type)) throw new Error('Pictures can be PNG, JPEG, GIF or WebP.');
    const limit = isEncrypted ? roomFor.sealed : roomFor.clear;
    const bitmap = await createImageBitmap(file).catch(() => { throw new Error('This picture cannot be read.'); });
    let side = Math.min(1280, Math.max(bitmap.width, bitmap.height));
    for (let attempt = 0; attempt < 12; attempt += 1) {
        const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
        const canvas = document.createElement('canvas');
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        for (const quality of [0.85, 0.7, 0.5]) {
            const url = canvas.toDataURL('image/webp', quality);
            if (url.length <= limit) return url;
        }
        side = Math.round(side * 0.75);
    }
    throw new Error('This picture is too large.');
}
