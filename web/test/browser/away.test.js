import { test } from 'node:test';
import { story } from './house.js';
import { openSite } from '../stand-in/site.js';

test('who comes back while the relay is away is told so, and is in as soon as it is there', async () => {
    const site = await openSite({ config: null, extra: { open: true } });
    await story(async ({ guest }) => {
        const ann = await guest('Ann');
        site.relay.faults.isAway = true;
        await ann.reload();
        await ann.sees('The relay cannot be reached');
        site.relay.faults.isAway = false;
        await ann.sees('Hello, Ann');
        ann.faults.splice(0, Infinity, ...ann.faults.filter((fault) => !/WebSocket/.test(fault)));
    }, { site });
});
