// The server side of a WebSocket, as much as the stand-in relay needs.
import { createHash } from 'node:crypto';

export class ServerSocket {
    onmessage = () => {};
    onclose = () => {};
    #socket;
    #input = Buffer.alloc(0);
    #isFrozen = false;
    #closed = false;

    static accept(request, socket) {
        const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
        socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`,
            ...(offered.includes('clasp') ? ['Sec-WebSocket-Protocol: clasp'] : []), '', ''].join('\r\n'));
        return new ServerSocket(socket);
    }

    constructor(socket) {
        this.#socket = socket;
        socket.setNoDelay(true);
        socket.on('data', (data) => this.#receive(data));
        socket.on('error', () => {});
        socket.on('close', () => this.#finish());
    }

    send(bytes) {
        if (this.#closed || this.#isFrozen) return;
        this.#write(2, Buffer.from(bytes));
    }

    close(code, reason = '') {
        const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
        payload.writeUInt16BE(code);
        payload.write(reason, 2);
        this.#write(8, payload);
        this.#socket.end();
    }

    /** Gone without a word. */
    cut() {
        this.#socket.destroy();
    }

    /** Still connected, but neither hears nor says anything: a half-open connection. */
    freeze() {
        this.#isFrozen = true;
    }

    #write(opcode, payload) {
        const head = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length])
            : payload.length < 65536 ? Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255])
            : Buffer.concat([Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0]), Buffer.from([payload.length >>> 24, (payload.length >> 16) & 255, (payload.length >> 8) & 255, payload.length & 255])]);
        this.#socket.write(Buffer.concat([head, payload]));
    }

    #receive(data) {
        if (this.#isFrozen) return;
        this.#input = Buffer.concat([this.#input, data]);
        for (;;) {
            const input = this.#input;
            if (input.length < 6) return;
            let length = input[1] & 127;
            let head = 2;
            if (length === 126) { length = input.readUInt16BE(2); head = 4; }
            if (length === 127) { length = Number(input.readBigUInt64BE(2)); head = 10; }
            if (input.length < head + 4 + length) return;
            const mask = input.subarray(head, head + 4);
            const payload = Buffer.from(input.subarray(head + 4, head + 4 + length)).map((byte, index) => byte ^ mask[index & 3]);
            this.#input = input.subarray(head + 4 + length);
            const opcode = input[0] & 15;
            if (opcode === 8) {
                this.#write(8, payload.subarray(0, 2));
                this.#socket.end();
                return;
            }
            if (opcode === 9) this.#write(10, payload);
            if (opcode === 2) this.onmessage(new Uint8Array(payload));
        }
    }

    #finish() {
        if (this.#closed) return;
        this.#closed = true;
        this.onclose();
    }
}
