// The chat as users get it: a release's pages, through Caddy with the shipped Caddyfile, over https. Needs a world of its
// own with the ports and paths of production: run it by Tests/DeploymentTests/in-namespace.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { shownTexts, story } from '../browser/house.js';
import { binary } from '../product/relay.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

async function until(condition) {
    for (const end = Date.now() + 20_000; Date.now() < end;) {
        if (await condition().catch(() => false)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never came true: ${condition}`);
}

/** The digest of the server's key, by which the browser is told to trust it. */
function keyOf(host) {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: 443, servername: host, rejectUnauthorized: false }, () => {
            const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw);
            socket.destroy();
            resolve(createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64'));
        });
        socket.on('error', reject);
    });
}

test('through Caddy the first paint is early on a cold cache, nothing breaks the policy, and people meet', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'behind-caddy-'));
    const children = [];
    const run = (program, flags, env = {}) => children.push(spawn(program, flags, { stdio: 'ignore', env: { ...process.env, ...env } }));
    assert.ok(process.env.CLASP_NAMESPACE, 'to be run in a world of its own');
    execFileSync(join(root, 'scripts/hash-web'), [join(root, 'web'), join(folder, 'web')]);
    await cp(join(folder, 'web'), '/srv/chat', { recursive: true });
    run(binary, ['--data-dir', join(folder, 'data'), '--app-config', join(root, 'deploy/relay/config/chat.json')]);
    run('caddy', ['run', '--config', join(root, 'Caddyfile'), '--adapter', 'caddyfile'], { DOMAIN: 'app.localhost', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder });
    t.after(async () => {
        children.forEach((child) => child.kill());
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    let key;
    await until(async () => { key = await keyOf('app.localhost'); return true; });
    await story(async ({ site, person, guest, room, join: enter, say }) => {
        const paints = [];
        for (let round = 0; round < 5; round += 1) {
            const page = await person();
            await page.send('Network.setCacheDisabled', { cacheDisabled: true });
            await page.open(`${site.url}/chat/`);
            await page.sees('Come in');
            await page.until(() => performance.getEntriesByName('first-contentful-paint').length);
            const { paint, shown } = await page.run(() => ({ paint: performance.getEntriesByName('first-contentful-paint')[0].startTime, shown: performance.now() }));
            paints.push([paint, shown]);
        }
        t.diagnostic(`first paint after ${paints.map(([paint]) => Math.round(paint)).join(', ')} ms; the door is there after ${paints.map(([, shown]) => Math.round(shown)).join(', ')} ms`);
        assert.ok(paints.map(([paint]) => paint).sort((a, b) => a - b)[2] < 1000, `first paint: ${paints}`);
        const ann = await guest('Ann');
        await room(ann, { name: 'Vault', encrypted: true });
        const bob = await guest('Bob');
        await enter(bob, 'Vault');
        await bob.until(() => document.querySelector('.composer textarea')?.placeholder === 'Message Vault');
        await say(ann, 'over wss');
        await bob.sees('over wss');
        assert.deepEqual(await bob.run(shownTexts), ['over wss']);
    }, { site: { url: 'https://app.localhost', close() {} }, flags: [`--ignore-certificate-errors-spki-list=${key}`] });
});
