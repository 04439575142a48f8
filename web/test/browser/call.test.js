import assert from 'node:assert/strict';
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

/** Keeps the streams that the page opens, and lets the browser ask for as long as the test wants. */
function watchCameras() {
    window.streams = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        await window.isAsking;
        window.streams.push(stream);
        return stream;
    };
}
const areCamerasOff = () => window.streams.length > 0 && window.streams.every((stream) => stream.getTracks().every(({ readyState }) => readyState === 'ended'));
const tilesPlaying = (count) => [...document.querySelectorAll('.tile video')].filter((video) => !video.hidden && video.videoWidth > 0 && !video.paused).length === count;

test('a call goes on while one looks at other rooms, and ends when one signs out', () => story(async ({ guest, room, join }) => {
    const ann = await guest('Ann');
    const name = 'Studio with a name of 32 letters';
    await room(ann, { name, type: 'Text and video' });
    const bob = await guest('Bob');
    await join(bob, name);
    await ann.run(watchCameras);
    await ann.click({ button: 'Call' });
    await bob.click({ button: 'Call' });
    await ann.until(tilesPlaying, 2);
    await room(ann, { name: 'Elsewhere' });
    await ann.until(tilesPlaying, 2);
    await ann.size({ width: 360, height: 740, phone: true });
    assert.ok(await ann.run(() => [...document.querySelectorAll('.main, .call, .controls')].every((one) => one.scrollWidth <= one.clientWidth + 1)));
    await ann.size({ width: 1280, height: 800 });
    await ann.click({ button: `To ${name}` });
    await ann.until(() => document.querySelector('.main h1').innerText.includes('Studio'));
    await ann.until(tilesPlaying, 2);
    await ann.click('.self');
    await ann.click({ button: 'Sign out' });
    await ann.until(() => document.querySelector('.door form'));
    assert.ok(await ann.run(areCamerasOff));
    await bob.until(() => document.querySelectorAll('.tile').length === 1);
}));

test('a call that is left before the browser has answered, or whose room is deleted, leaves no camera on', () => story(async ({ guest, room }) => {
    const ann = await guest('Ann');
    await room(ann, { name: 'Studio', type: 'Text and video' });
    await ann.run(watchCameras);
    await ann.run(() => { window.isAsking = new Promise((resolve) => { window.answer = resolve; }); });
    await ann.click({ button: 'Call' });
    await ann.click({ button: 'Call' });
    await ann.run(() => window.answer());
    await ann.until(areCamerasOff);
    assert.equal(await ann.run(() => document.querySelectorAll('.call').length), 0);
    await ann.click({ button: 'Call' });
    await ann.until(tilesPlaying, 1);
    await ann.click({ button: 'About this room' });
    await ann.click({ button: 'Delete room' });
    await ann.click({ button: 'Delete', within: 'dialog' });
    await ann.until(areCamerasOff);
    assert.equal(await ann.run(() => document.querySelectorAll('.call').length), 0);
}));
