// Calls: a mesh of peer connections. Of two, the one with the greater session id makes the offers.
import { Emitter } from '../../sdk/emitter.js';
import { at, cleanName, colorFor, isColor, isMap, isSegment } from './ids.js';

const beat = 10_000;
const staleAfter = 25_000;
const grace = 5000;
/** Everybody sends to everybody: more would be too much for each, and nobody shall make us open connections without end. */
export const maxPeers = 12;

export class Call extends Emitter {
    peers = new Map();
    #stop = [];
    #timers = [];
    #isAnnounced = false;
    #isOver = false;

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
        // The browser may ask for long, and whoever called may have thought better of it.
        if (this.#isOver) return this.#stopTracks();
        this.audio = Boolean(this.stream?.getAudioTracks().length);
        this.video = Boolean(this.stream?.getVideoTracks().length);
        this.joinedAt = Date.now();
        // First who is there, then that we are: whoever sees us calls at once, and only those we know of are answered.
        const known = this.client.subscribe(`/chat/room/${this.room.rid}/video/presence/*`, (value, address) => this.#presence(address.split('/').pop(), value), { types: ['param'] });
        this.#stop.push(() => known.unsubscribe());
        this.#stop.push(this.room.on('video', (rest, value, meta) => this.#receive(rest, value, meta)));
        this.#stop.push(this.room.on('people', () => this.#dropBanned()));
        await known.ready.catch(() => {});
        if (!this.#isOver) await this.#announce();
        if (this.#isOver) return undefined;
        this.#isAnnounced = true;
        for (const peer of this.peers.values()) this.#call(peer);
        this.#timers.push(setInterval(() => this.#announce(), beat), setInterval(() => this.#expire(), beat));
        this.emit('change');
        return undefined;
    }

    async leave() {
        this.#isOver = true;
        this.#timers.forEach((timer) => clearInterval(timer));
        this.#stop.splice(0).forEach((stop) => stop());
        for (const sid of [...this.peers.keys()]) this.#drop(sid);
        this.#stopTracks();
        await this.client.set(at.room(this.room.rid, `video/presence/${this.sid}`), null);
        this.emit('end');
    }

    #stopTracks() {
        this.stream?.getTracks().forEach((track) => track.stop());
        this.screen?.stop();
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
        this.screen = track;
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
        if (!this.peers.has(sid) && this.peers.size >= maxPeers) return;
        const peer = this.#peer(sid);
        Object.assign(peer, {
            name: cleanName(value.name), color: isColor(value.avatarColor) ? value.avatarColor : colorFor(sid), userId: value.userId,
            audio: value.audioEnabled === true, video: value.videoEnabled === true, seen: Date.now(),
        });
        this.#call(peer);
        this.emit('change');
    }

    #call(peer) {
        if (this.#isAnnounced && !peer.hasOffered && this.sid > peer.sid) this.#offer(peer);
    }

    #dropBanned() {
        for (const { sid, userId } of [...this.peers.values()]) if (this.room.bans.has(userId)) this.#drop(sid);
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
            if (connection.connectionState === 'failed') this.#restart(peer);
            this.emit('change');
        };
        connection.onnegotiationneeded = () => this.sid > sid && peer.hasOffered && this.#offer(peer);
        return peer;
    }

    async #offer(peer, options) {
        peer.hasOffered = true;
        // One at a time: the browser wants to negotiate again while the first offer is still being made.
        if (peer.isOffering || peer.connection.signalingState !== 'stable') return;
        peer.isOffering = true;
        try {
            await peer.connection.setLocalDescription(await peer.connection.createOffer(options));
            this.#send(peer.sid, { type: 'offer', sdp: plain(peer.connection.localDescription) });
        } finally {
            peer.isOffering = false;
        }
    }

    #restart(peer) {
        if (this.sid > peer.sid) this.#offer(peer, { iceRestart: true });
    }

    /** Signals of those who have not said that they are in the call are nobody's: bans are checked there. */
    async #signal(value) {
        const peer = isMap(value) ? this.peers.get(value.from) : undefined;
        if (!peer) return;
        try {
            if (value.type === 'offer' && isMap(value.sdp)) await this.#answer(peer, value.sdp);
            else if (value.type === 'answer' && isMap(value.sdp)) await this.#answered(peer, value.sdp);
            else if (value.type === 'ice-candidate' && isMap(value.candidate)) await this.#candidate(peer, value.candidate);
        } catch (error) {
            // What was cut short by the end of a connection is no trouble.
            if (this.peers.get(peer.sid) === peer) this.emit('trouble', error);
        }
    }

    async #answer(peer, sdp) {
        const { connection } = peer;
        // Two offers met: ours stands if we are the one to offer.
        if (connection.signalingState === 'have-local-offer') {
            if (this.sid > peer.sid) return;
            await connection.setLocalDescription({ type: 'rollback' });
        }
        await connection.setRemoteDescription(plain(sdp));
        await this.#flush(peer);
        await connection.setLocalDescription(await connection.createAnswer());
        this.#send(peer.sid, { type: 'answer', sdp: plain(connection.localDescription) });
    }

    async #answered(peer, sdp) {
        if (peer.connection.signalingState !== 'have-local-offer') return;
        await peer.connection.setRemoteDescription(plain(sdp));
        await this.#flush(peer);
    }

    async #candidate(peer, candidate) {
        if (peer.connection.remoteDescription) await peer.connection.addIceCandidate(candidate);
        else if (peer.candidates.length < 100) peer.candidates.push(candidate);
    }

    async #flush(peer) {
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
