// The product itself, started for a test: `.build/release/clasp-relay`, or the one that RELAY_BINARY names.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const binary = process.env.RELAY_BINARY ?? join(root, '.build/release/clasp-relay');

/** Whatever ends the tests, also a time limit, takes the relays along. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(1));

export class Product {
    static async start({ isOpen = false, withPages = false, flags = [] } = {}) {
        const product = new Product();
        product.folder = await mkdtemp(join(tmpdir(), 'clasp-relay-'));
        product.isOpen = isOpen;
        product.flags = flags;
        product.pages = join(product.folder, 'web');
        if (withPages) {
            await cp(join(root, 'web'), product.pages, { recursive: true });
            product.withPages = true;
        }
        await product.begin();
        return product;
    }

    /** Starts it, the second time on the same ports and with the state it had. */
    async begin() {
        const flags = ['--port', String(this.port ?? 0), '--auth-port', String(this.httpPort ?? 0), '--data-dir', join(this.folder, 'data'), '--app-config', join(root, 'deploy/relay/config/chat.json'),
            '--register-attempts', '10000', '--max-sessions-per-address', '0', '--accept-rate', '0', '--drain-spread', '0s', ...this.flags];
        if (this.isOpen) flags.push('--open');
        if (this.withPages) flags.push('--static-dir', this.pages);
        this.process = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
        const { process: child } = this;
        running.add(child);
        child.on('exit', () => running.delete(child));
        this.log = '';
        const ports = new Promise((resolve, reject) => {
            const hear = (data) => {
                this.log += data;
                const ws = /"ws":"[^"]*?:(\d+)"/.exec(this.log)?.[1];
                const http = /"http":"http:\/\/[^"]*?:(\d+)"/.exec(this.log)?.[1] ?? /health and metrics on http:\/\/[^\s]*?:(\d+)/.exec(this.log)?.[1];
                if (ws) resolve({ ws: Number(ws), http: Number(http) });
            };
            this.process.stdout.on('data', hear);
            this.process.stderr.on('data', hear);
            this.process.on('error', reject);
            this.process.on('exit', (code) => reject(new Error(`clasp-relay ended with ${code}: ${this.log}`)));
        });
        const { ws, http } = await ports;
        Object.assign(this, { port: ws, httpPort: http, url: `ws://127.0.0.1:${ws}/`, http: `http://127.0.0.1:${http}` });
        if (this.withPages) await writeFile(join(this.pages, 'chat/config.json'), JSON.stringify({ title: 'Chat', relayUrl: this.url }));
    }

    async end(signal = 'SIGTERM') {
        if (this.process.exitCode !== null || this.process.signalCode !== null) return;
        const ended = new Promise((resolve) => this.process.on('exit', resolve));
        this.process.kill(signal);
        await ended;
    }

    async close() {
        await this.end('SIGKILL');
        await rm(this.folder, { recursive: true, force: true });
    }

    /** A token for somebody with this id. */
    async issue(uid) {
        const response = await fetch(`${this.http}/auth/guest`, { method: 'POST', body: JSON.stringify({ name: uid, user_id: uid }) });
        const answer = await response.json();
        if (!response.ok) throw new Error(`guest ${uid}: ${response.status} ${JSON.stringify(answer)}`);
        return answer.token;
    }

    /** All that it has written down, and its log. */
    async everything() {
        let all = Buffer.from(this.log);
        for (const entry of await readdir(join(this.folder, 'data'), { recursive: true, withFileTypes: true })) {
            if (entry.isFile()) all = Buffer.concat([all, await readFile(join(entry.path ?? entry.parentPath, entry.name))]);
        }
        return all;
    }
}
