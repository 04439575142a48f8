// The frame around a message: magic, flags, length, perhaps a timestamp.
import { DecodeError, EncodeError } from '../errors.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { defaultQoS, encodeMessage, readMessage } from './messages.js';

const magic = 0x53;
const binary = 0x01;
const timestampFlag = 0x20;

/** A whole frame. `qos` is what suits the message unless said otherwise. */
export function encodeFrame(message, { qos = defaultQoS(message), timestamp } = {}) {
    if (!(qos >= 0 && qos <= 2)) throw new EncodeError(`there is no quality of service ${qos}`);
    const payload = encodeMessage(message);
    const writer = new ByteWriter();
    writer.u8(magic);
    writer.u8((qos << 6) | (timestamp === undefined ? 0 : timestampFlag) | binary);
    writer.u16(payload.length);
    if (timestamp !== undefined) writer.u64(timestamp, 'timestamp');
    writer.raw(payload);
    return writer.finish();
}

/**
 * What a frame says. With `exact`, integers are BigInt and maps are Map. `legacy` reads the older MessagePack payloads;
 * without it they are refused, since no relay sends them.
 */
export function decodeFrame(bytes, { exact = false, legacy } = {}) {
    const header = new ByteReader(bytes);
    if (header.u8() !== magic) throw new DecodeError('not a CLASP frame');
    const flags = header.u8();
    const length = header.u16();
    const frame = { flags, qos: flags >> 6 === 3 ? 0 : flags >> 6, encoding: flags & 7 };
    if (flags & timestampFlag) frame.timestamp = header.u64();
    const payload = header.slice(length);
    const first = payload[0];
    if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) {
        if (!legacy) throw new DecodeError('a MessagePack payload');
        frame.message = legacy(payload, { exact });
    } else {
        frame.message = readMessage(new ByteReader(payload, { exact }));
    }
    return frame;
}
