import { test } from 'node:test';
import { story } from './house.js';

test('two people see each other in a call, mute, and hang up', () => story(async ({ guest, room, join }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Studio', type: 'Text and video' });
    const bob = await guest('Bob');
    await join(bob, 'Studio');
    await ann.click({ button: 'Call' });
    await bob.click({ button: 'Call' });
    const sees = () => [...document.querySelectorAll('.tile video')].filter((video) => !video.hidden && video.videoWidth > 0 && !video.paused).length === 2;
    await ann.until(sees);
    await bob.until(sees);
    await bob.click({ button: 'Stop camera' });
    await ann.until(() => document.querySelectorAll('.tile .avatar').length === 1);
    await bob.click({ button: 'Leave call' });
    await ann.until(() => document.querySelectorAll('.tile').length === 1);
    await ann.click({ button: 'Leave call' });
    await ann.until(() => !document.querySelector('.call'));
}));
