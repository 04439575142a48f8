// The whole house on one port: the stand-in relay, its sign-in service, and the files of `web`.
import { randomUUID, scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StandInRelay } from './relay.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.jsonl': 'text/plain; charset=utf-8' };

export async function openSite({ config, port = 0, extra = {} } = {}) {
    const users = new Map();
    const relay = new StandInRelay({ config, onRequest: (request, response) => answer(request, response).catch(() => response.writeHead(500).end()) });

    async function answer(request, response) {
        const { pathname } = new URL(request.url, 'http://x');
        if (pathname.startsWith('/auth/')) return signIn(pathname.slice(6), request, response);
        if (pathname === '/chat/config.json') return send(response, 200, { title: 'Chat', relayUrl: '/ws', authUrl: '/auth', ...extra });
        const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
        const file = path.startsWith('/Golden/') ? join(root, '../Tests', path) : join(root, path);
        try {
            const body = await readFile(file);
            response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'no-cache' }).end(body);
        } catch {
            response.writeHead(404).end();
        }
        return undefined;
    }

    async function signIn(route, request, response) {
        let text = '';
        for await (const part of request) text += part;
        const { username, password, user_id: id, name } = JSON.parse(text || '{}');
        const hash = (salt) => scryptSync(password, salt, 32, { N: 1024 }).toString('hex');
        const welcome = (userId, shown) => send(response, 200, { token: relay.issue(userId), user_id: userId, username: shown });
        const known = users.get(username?.toLowerCase());
        switch (route) {
        case 'register':
            if (!config) break;
            if (known) return send(response, 409, { error: 'This name is taken.' });
            if (password.length < 6) return send(response, 400, { error: 'A password has at least six characters.' });
            users.set(username.toLowerCase(), { id: id ?? `u-${Date.now()}-${randomUUID().slice(0, 8)}`, username, hash: hash(username) });
            return welcome(users.get(username.toLowerCase()).id, username);
        case 'login':
            if (!config) break;
            if (!known || known.hash !== hash(known.username)) return send(response, 401, { error: 'Name or password is wrong.' });
            return welcome(known.id, known.username);
        case 'guest':
            if (!config) break;
            return welcome(id ?? randomUUID(), name ?? 'Guest');
        case 'logout':
            return send(response, 200, {});
        default:
        }
        response.writeHead(404).end();
        return undefined;
    }

    function send(response, status, value) {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    }

    await relay.listen(port);
    return { relay, url: `http://127.0.0.1:${relay.port}`, close: () => relay.stop() };
}
