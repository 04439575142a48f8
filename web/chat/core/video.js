// Calls: a mesh of peer connections. Of two, the one with the greater session id makes the offers.
import { Emitter } from '../../sdk/emitter.js';
import { at, cleanName, colorFor, isColor, isMap, isSegment } from './ids.js';

const beat = 10_000;
const staleAfter = 25_000;
const grace = 5000;

export class Call extends Emitter {
    peers = new Map();
    #stop = [];
    #timers = [];

    /** `media()` gives the local stream; `PeerConnection` is the browser's unless a test brings another. */
    constructor(room, { PeerConnection = globalThis.RTCPeerConnection, iceServers = [], media } = {}) {
        super();
        Object.assign(this, { room, PeerConnection, iceServers, media });
        this.sid = room.me.sid;
        this.audio = true;
        this.video = true;
    }

    get client() { return this.room.client; }

    async join() {
        this.stream = await this.media?.();
        this.audio = Boolean(this.stream?.getAudioTracks().length);
        this.video = Boolean(this.stream?.getVideoTracks().length);
        this.joinedAt = Date.now();
        this.#stop.push(this.room.on('video', (rest, value, meta) => this.#receive(rest, value, meta)));
        await this.#announce();
        // The room's subscription has brought who is there before we listened, so ask once more.
        const known = this.client.subscribe(`/chat/room/${this.room.rid}/video/presence/*`, (value, address) => this.#presence(address.split('/').pop(), value), { types: ['param'] });
        this.#stop.push(() => known.unsubscribe());
        this.#timers.push(setInterval(() => this.#announce(), beat), setInterval(() => this.#expire(), beat));
        this.emit('change');
    }

    async leave() {
        this.#timers.forEach((timer) => clearInterval(timer));
        this.#stop.splice(0).forEach((stop) => stop());
        for (const sid of [...this.peers.keys()]) this.#drop(sid);
        this.stream?.getTracks().forEach((track) => track.stop());
        await this.client.set(at.room(this.room.rid, `video/presence/${this.sid}`), null);
        this.emit('end');
    }

    #announce() {
        const now = Date.now();
        return this.client.set(at.room(this.room.rid, `video/presence/${this.sid}`), {
            name: this.room.me.name, avatarColor: this.room.me.color, audioEnabled: this.audio, videoEnabled: this.video,
            joinedAt: this.joinedAt, lastSeen: now, userId: this.room.me.uid,
        }).catch(() => {});
    }

    mute(kind, isOn) {
        this[kind] = isOn;
        const tracks = kind === 'audio' ? this.stream?.getAudioTracks() : this.stream?.getVideoTracks();
        tracks?.forEach((track) => { track.enabled = isOn; });
        this.emit('change');
        return this.#announce();
    }

    /** Puts another picture in the place of the camera's; nothing has to be negotiated for that. */
    async share(track) {
        for (const { connection } of this.peers.values()) {
            await connection.getSenders().find((sender) => sender.track?.kind === 'video')?.replaceTrack(track);
        }
    }

    #receive([kind, sid], value, { signal }) {
        if (kind === 'presence' && signal === 'param') this.#presence(sid, value);
        else if (kind === 'signal' && sid === this.sid && signal !== 'param') this.#signal(value);
    }

    #presence(sid, value) {
        if (sid === this.sid || !isSegment(sid)) return;
        if (!isMap(value) || Date.now() - Number(value.lastSeen) > staleAfter + 30_000 || this.room.bans.has(value.userId)) {
            this.#drop(sid);
            return;
        }
        const peer = this.#peer(sid);
        Object.assign(peer, {
            name: cleanName(value.name), color: isColor(value.avatarColor) ? value.avatarColor : colorFor(sid),
            audio: value.audioEnabled === true, video: value.videoEnabled === true, seen: Date.now(),
        });
        if (!peer.hasOffered && this.sid > sid) this.#offer(sid);
        this.emit('change');
    }

    #peer(sid) {
        if (this.peers.has(sid)) return this.peers.get(sid);
        const connection = new this.PeerConnection({ iceServers: this.iceServers });
        const peer = { sid, connection, candidates: [], name: 'Somebody', color: colorFor(sid), seen: Date.now(), stream: undefined };
        this.peers.set(sid, peer);
        if (this.stream) this.stream.getTracks().forEach((track) => connection.addTrack(track, this.stream));
        for (const kind of ['audio', 'video']) {
            if (!this.stream?.getTracks().some((track) => track.kind === kind)) connection.addTransceiver(kind, { direction: 'recvonly' });
        }
        connection.onicecandidate = ({ candidate }) => {
            if (!candidate?.candidate) return;
            const { candidate: line, sdpMid, sdpMLineIndex } = candidate;
            this.#send(sid, { type: 'ice-candidate', candidate: { candidate: line, sdpMid, sdpMLineIndex } });
        };
        connection.ontrack = ({ streams: [stream] }) => {
            peer.stream = stream;
            this.emit('change');
        };
        connection.onconnectionstatechange = () => {
            clearTimeout(peer.grace);
            if (connection.connectionState === 'disconnected') peer.grace = setTimeout(() => this.#drop(sid), grace);
            if (connection.connectionState === 'failed') this.#restart(sid);
            this.emit('change');
        };
        connection.onnegotiationneeded = () => this.sid > sid && peer.hasOffered && this.#offer(sid);
        return peer;
    }

    async #offer(sid, options) {
        const peer = this.#peer(sid);
        peer.hasOffered = true;
        // One at a time: the browser wants to negotiate again while the first offer is still being made.
        if (peer.isOffering || peer.connection.signalingState !== 'stable') return;
        peer.isOffering = true;
        try {
            await peer.connection.setLocalDescription(await peer.connection.createOffer(options));
            this.#send(sid, { type: 'offer', sdp: plain(peer.connection.localDescription) });
        } finally {
            peer.isOffering = false;
        }
    }

    #restart(sid) {
        if (this.sid > sid) this.#offer(sid, { iceRestart: true });
    }

    async #signal(value) {
        if (!isMap(value) || !isSegment(value.from) || value.from === this.sid) return;
        const sid = value.from;
        try {
            if (value.type === 'offer' && isMap(value.sdp)) await this.#answer(sid, value.sdp);
            else if (value.type === 'answer' && isMap(value.sdp)) await this.#answered(sid, value.sdp);
            else if (value.type === 'ice-candidate' && isMap(value.candidate)) await this.#candidate(sid, value.candidate);
        } catch (error) {
            this.emit('trouble', error);
        }
    }

    async #answer(sid, sdp) {
        const { connection, ...peer } = this.#peer(sid);
        // Two offers met: ours stands if we are the one to offer.
        if (connection.signalingState === 'have-local-offer') {
            if (this.sid > sid) return;
            await connection.setLocalDescription({ type: 'rollback' });
        }
        await connection.setRemoteDescription(plain(sdp));
        await this.#flush(sid);
        await connection.setLocalDescription(await connection.createAnswer());
        this.#send(peer.sid, { type: 'answer', sdp: plain(connection.localDescription) });
    }

    async #answered(sid, sdp) {
        const peer = this.peers.get(sid);
        if (peer?.connection.signalingState !== 'have-local-offer') return;
        await peer.connection.setRemoteDescription(plain(sdp));
        await this.#flush(sid);
    }

    async #candidate(sid, candidate) {
        const peer = this.#peer(sid);
        if (peer.connection.remoteDescription) await peer.connection.addIceCandidate(candidate);
        else if (peer.candidates.length < 100) peer.candidates.push(candidate);
    }

    async #flush(sid) {
        const peer = this.#peer(sid);
        for (const candidate of peer.candidates.splice(0)) await peer.connection.addIceCandidate(candidate);
    }

    #send(sid, message) {
        this.client.publish(at.room(this.room.rid, `video/signal/${sid}`), { from: this.sid, ...message }).catch((error) => this.emit('trouble', error));
    }

    #expire() {
        for (const [sid, peer] of this.peers) {
            if (Date.now() - peer.seen > staleAfter && peer.connection.connectionState !== 'connected') this.#drop(sid);
        }
    }

    #drop(sid) {
        const peer = this.peers.get(sid);
        if (!peer) return;
        clearTimeout(peer.grace);
        this.peers.delete(sid);
        peer.connection.close();
        this.emit('change');
    }
}

const plain = ({ type, sdp }) => ({ type, sdp });
