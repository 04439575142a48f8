import { begin, until } from './setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../chat/core/ids.js';
import { Call, maxPeers } from '../../chat/core/video.js';

/** As much of a peer connection as a call looks at. */
class PeerConnection {
    static made = [];
    signalingState = 'stable';
    connectionState = 'new';
    isClosed = false;

    constructor() { PeerConnection.made.push(this); }
    addTrack() {}
    addTransceiver() {}
    getSenders() { return []; }
    async createOffer() { return { type: 'offer', sdp: 'offered' }; }
    async createAnswer() { return { type: 'answer', sdp: 'answered' }; }
    async setLocalDescription(description) {
        this.localDescription = description;
        this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    }
    async setRemoteDescription(description) {
        this.remoteDescription = description;
        this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    }
    async addIceCandidate() {}
    close() { this.isClosed = true; }
}

function camera() {
    const track = { kind: 'video', enabled: true, isStopped: false, stop() { this.isStopped = true; } };
    return { track, getTracks: () => [track], getVideoTracks: () => [track], getAudioTracks: () => [] };
}

/** Ann in a call, Bob in the room, who can say what he likes. */
async function beginCall(media = async () => camera()) {
    const one = await begin();
    const [ann, bob] = [await one.person('ann'), await one.person('bob')];
    const here = await ann.create({ name: 'Studio', type: 'video' });
    const there = await bob.join(here.rid);
    PeerConnection.made = [];
    const call = new Call(here, { PeerConnection, media });
    const entry = (sid, more = {}) => bob.client.set(at.room(here.rid, `video/presence/${sid}`), { name: sid, audioEnabled: true, videoEnabled: true, joinedAt: Date.now(), lastSeen: Date.now(), ...more });
    const signal = (value) => bob.client.publish(at.room(here.rid, `video/signal/${call.sid}`), value);
    const answers = [];
    bob.client.subscribe(at.room(here.rid, 'video/signal/*'), (value) => answers.push(value), { types: ['event'] });
    const heard = async () => {
        const id = here.timeline.list.length;
        await there.say(`word ${id}`);
        await until(() => here.timeline.list.length > id);
    };
    return { ann, bob, here, there, call, entry, signal, answers, heard };
}

test('who is not in the call is not answered, and opens no connection', async () => {
    const { call, signal, answers, heard } = await beginCall();
    await call.join();
    await signal({ from: 'nobody', type: 'offer', sdp: { type: 'offer', sdp: 'x' } });
    for (let n = 0; n < 50; n += 1) await signal({ from: `invented-${n}`, type: 'ice-candidate', candidate: { candidate: 'x', sdpMid: '0', sdpMLineIndex: 0 } });
    await heard();
    assert.deepEqual([PeerConnection.made.length, answers], [0, []]);
    await call.leave();
});

test('who is in the call is answered, those that come first and those that come after', async () => {
    const { call, entry, signal, answers } = await beginCall();
    // A greater name than any session's: they offer, we answer.
    await entry('zz-first');
    await call.join();
    await signal({ from: 'zz-first', type: 'offer', sdp: { type: 'offer', sdp: 'x' } });
    await until(() => answers.some(({ type, from }) => type === 'answer' && from === call.sid));
    // A smaller one: we offer.
    await entry('--later');
    await until(() => answers.some(({ type, from }) => type === 'offer' && from === call.sid));
    await call.leave();
    assert.ok(PeerConnection.made.length === 2 && PeerConnection.made.every(({ isClosed }) => isClosed));
});

test('a call has room for so many and no more', async () => {
    const { call, entry, heard } = await beginCall();
    await call.join();
    for (let n = 0; n < maxPeers + 20; n += 1) await entry(`zz-${n}`);
    await heard();
    assert.equal(PeerConnection.made.length, maxPeers);
    await call.leave();
});

test('who is banned is out of the call', async () => {
    const { here, call, entry } = await beginCall();
    await call.join();
    await entry('zz-bob', { userId: 'bob' });
    await until(() => call.peers.has('zz-bob'));
    await here.ban('bob');
    await until(() => !call.peers.has('zz-bob'));
    assert.ok(PeerConnection.made[0].isClosed);
    await call.leave();
});

test('who hangs up while the browser still asks for the camera leaves it off', async () => {
    let allow;
    const { call, here, ann } = await beginCall(() => new Promise((resolve) => { allow = resolve; }));
    const joining = call.join();
    await call.leave();
    const stream = camera();
    allow(stream);
    await joining;
    assert.ok(stream.track.isStopped);
    assert.equal(await ann.client.get(at.room(here.rid, `video/presence/${call.sid}`)) ?? null, null);
});
