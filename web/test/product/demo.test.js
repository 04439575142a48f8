import { texts, until, world } from '../chat/setup.js';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { ClaspClient } from '../../sdk/clasp.js';
import { binary, Product } from './relay.js';

const ends = [];
after(async () => {
    for (const end of ends.reverse()) await end();
});

async function demo(relay) {
    const child = spawn(binary, ['demo', '--url', relay.url, '--auth-url', relay.http], { stdio: ['ignore', 'pipe', 'inherit'] });
    ends.push(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (data) => { said += data; });
    await until(() => said.split('\n').length > 2);
    return {
        said,
        end: (signal) => new Promise((resolve) => {
            child.on('exit', (code) => resolve(code));
            child.kill(signal);
        }),
    };
}

test('the demonstration is a room with a bot that answers, and goes when it ends', async () => {
    const one = await world(await Product.start());
    ends.push(() => one.end());
    const { relay } = one;
    const ann = await one.person('ann');
    const lost = await demo(relay);
    await until(() => ann.directory.rooms.size === 1);
    const [leftover] = ann.directory.rooms.keys();
    await lost.end('SIGKILL');
    const bot = await demo(relay);
    assert.match(bot.said, /need a token/);
    await until(() => ann.directory.rooms.size === 1 && !ann.directory.rooms.has(leftover));
    const room = await ann.join([...ann.directory.rooms.keys()][0]);
    await until(() => texts(room).some((text) => text.startsWith('Hello Ann!')));
    assert.equal([...room.present.values()].filter(({ name }) => name === 'Demo bot').length, 1);
    const first = room.meta.description;
    await until(() => room.meta.description !== first);
    await room.say('light 2 40');
    await until(() => texts(room).some((text) => text.startsWith('Light 2 is at 40 %')));
    const said = await room.say('nothing that it knows');
    await until(() => room.reactionsOf(said.msgId)[0]?.emoji === '👀');
    assert.equal(await bot.end('SIGTERM'), 0);
    await until(() => ann.directory.rooms.size === 0 && room.present.size === 1);
    assert.deepEqual(ann.troubles, []);
});

test('where nobody asks for tokens its params move', async () => {
    const relay = await Product.start({ isOpen: true });
    ends.push(() => relay.close());
    const client = new ClaspClient(relay.url);
    await client.connect();
    ends.push(() => client.close());
    const seen = new Set();
    await client.subscribe('/demo/light/*/level', (value, address) => value !== null && seen.add(`${address} ${value}`)).ready;
    const bot = await demo(relay);
    assert.match(bot.said, /params that move/);
    await until(() => seen.size > 6);
    assert.equal(await bot.end('SIGINT'), 0);
    assert.equal(await client.get('/demo/cue') ?? null, null);
});
