// A WebSocket client (RFC 6455) for Node, with the part of the browser's interface that the client uses.
import { createHash, randomBytes } from 'node:crypto';
import { connect as connectTCP } from 'node:net';
import { connect as connectTLS } from 'node:tls';

const acceptKey = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const maxMessage = 1 << 20;

export class NodeWebSocket {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSING = 2;
    static CLOSED = 3;

    readyState = 0;
    protocol = '';
    binaryType = 'arraybuffer';
    onopen = null;
    onmessage = null;
    onerror = null;
    onclose = null;
    #socket;
    #input = Buffer.alloc(0);
    #parts = [];
    #partsLength = 0;
    #opcode = 0;
    #closing;
    #key = randomBytes(16).toString('base64');
    #protocols;

    constructor(url, protocols = []) {
        const { protocol, hostname, port, pathname, search, host } = new URL(url);
        if (protocol !== 'ws:' && protocol !== 'wss:') throw new SyntaxError(`${protocol} is not a WebSocket address`);
        this.#protocols = [].concat(protocols);
        const secure = protocol === 'wss:';
        const bare = hostname.replace(/^\[|\]$/g, '');
        const target = { host: bare, port: Number(port) || (secure ? 443 : 80) };
        this.#socket = secure ? connectTLS({ ...target, servername: bare }) : connectTCP(target);
        this.#socket.setNoDelay(true);
        this.#socket.on(secure ? 'secureConnect' : 'connect', () => {
            const lines = [
                `GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade',
                `Sec-WebSocket-Key: ${this.#key}`, 'Sec-WebSocket-Version: 13',
            ];
            if (this.#protocols.length) lines.push(`Sec-WebSocket-Protocol: ${this.#protocols.join(', ')}`);
            this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        });
        this.#socket.on('data', (data) => this.#receive(data));
        this.#socket.on('error', (error) => this.#fail(error.message));
        this.#socket.on('close', () => this.#finish());
    }

    get bufferedAmount() {
        return this.#socket.writableLength;
    }

    send(data) {
        if (this.readyState !== 1) return;
        const isText = typeof data === 'string';
        this.#write(isText ? 1 : 2, isText ? Buffer.from(data) : data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    }

    close(code = 1000, reason = '') {
        if (this.readyState >= 2) return;
        if (this.readyState === 0) {
            this.#fail('closed before it was open');
            return;
        }
        this.readyState = 2;
        const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
        payload.writeUInt16BE(code);
        payload.write(reason, 2);
        this.#write(8, payload);
        // A peer that does not answer the close is not waited for long.
        setTimeout(() => this.#socket.destroy(), 2000).unref();
    }

    /** Cuts the connection without a word, as a lost network does. */
    terminate() {
        this.#socket.destroy();
    }

    #write(opcode, payload) {
        const { length } = payload;
        const head = length < 126 ? 2 : length < 65536 ? 4 : 10;
        const frame = Buffer.alloc(head + 4 + length);
        frame[0] = 0x80 | opcode;
        if (head === 2) {
            frame[1] = 0x80 | length;
        } else if (head === 4) {
            frame[1] = 0x80 | 126;
            frame.writeUInt16BE(length, 2);
        } else {
            frame[1] = 0x80 | 127;
            frame.writeBigUInt64BE(BigInt(length), 2);
        }
        const mask = randomBytes(4);
        mask.copy(frame, head);
        for (let index = 0; index < length; index += 1) frame[head + 4 + index] = payload[index] ^ mask[index & 3];
        this.#socket.write(frame);
    }

    #receive(data) {
        this.#input = this.#input.length ? Buffer.concat([this.#input, data]) : data;
        if (this.readyState === 0 && !this.#readHandshake()) return;
        while (this.readyState < 3 && this.#readFrame());
    }

    #readHandshake() {
        const end = this.#input.indexOf('\r\n\r\n');
        if (end < 0) {
            if (this.#input.length > 16384) this.#fail('the answer to the upgrade is too long');
            return false;
        }
        const [status, ...lines] = this.#input.subarray(0, end).toString('latin1').split('\r\n');
        this.#input = this.#input.subarray(end + 4);
        const fields = Object.fromEntries(lines.map((line) => {
            const colon = line.indexOf(':');
            return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
        }));
        const accept = createHash('sha1').update(this.#key + acceptKey).digest('base64');
        this.protocol = fields['sec-websocket-protocol'] ?? '';
        if (!/^HTTP\/1\.1 101\b/.test(status)) this.#fail(`the server answered "${status}"`);
        else if (fields['sec-websocket-accept'] !== accept) this.#fail('the server did not accept the key');
        else if (this.#protocols.length && !this.#protocols.includes(this.protocol)) this.#fail('the server chose none of our protocols');
        if (this.readyState !== 0) return false;
        this.readyState = 1;
        this.onopen?.({ type: 'open' });
        return true;
    }

    #readFrame() {
        const input = this.#input;
        if (input.length < 2) return false;
        let length = input[1] & 0x7f;
        let head = 2;
        if (length === 126) {
            if (input.length < 4) return false;
            length = input.readUInt16BE(2);
            head = 4;
        } else if (length === 127) {
            if (input.length < 10) return false;
            length = Number(input.readBigUInt64BE(2));
            head = 10;
        }
        if (input[1] & 0x80 || input[0] & 0x70 || length + this.#partsLength > maxMessage) {
            this.#fail('the server broke the protocol', 1002);
            return false;
        }
        if (input.length < head + length) return false;
        const payload = input.subarray(head, head + length);
        this.#input = input.subarray(head + length);
        this.#handle(input[0] & 0x0f, (input[0] & 0x80) !== 0, payload);
        return true;
    }

    #handle(opcode, isLast, payload) {
        switch (opcode) {
        case 8:
            this.#closing ??= { code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.subarray(2).toString() };
            if (this.readyState === 1) {
                this.readyState = 2;
                this.#write(8, payload.subarray(0, 2));
            }
            this.#socket.end();
            return;
        case 9: this.#write(10, payload); return;
        case 10: return;
        default:
        }
        if (opcode !== 0) this.#opcode = opcode;
        this.#parts.push(payload);
        this.#partsLength += payload.length;
        if (!isLast) return;
        const whole = Buffer.concat(this.#parts);
        this.#parts = [];
        this.#partsLength = 0;
        const data = this.#opcode === 1 ? whole.toString() : whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length);
        this.onmessage?.({ type: 'message', data });
    }

    #fail(message, code = 1006) {
        if (this.readyState === 3) return;
        this.#closing ??= { code, reason: '' };
        this.onerror?.({ type: 'error', message });
        this.#socket.destroy();
        this.#finish();
    }

    #finish() {
        if (this.readyState === 3) return;
        this.readyState = 3;
        const { code, reason } = this.#closing ?? { code: 1006, reason: '' };
        this.onclose?.({ type: 'close', code, reason, wasClean: code !== 1006 });
    }
}
