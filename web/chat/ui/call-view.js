// A call: tiles and a few buttons.
import { avatar } from './avatar.js';
import { fill, h, toast, tool } from './dom.js';

export class CallView {
    #tiles = new Map();

    /** `open` shows the room that the call is in. */
    constructor(call, { leave, open }) {
        this.call = call;
        this.tiles = h('div', { class: 'tiles' });
        this.controls = h('div', { class: 'controls' });
        this.leave = leave;
        this.way = h('button', { type: 'button', class: 'button small way truncate', hidden: true, onclick: open }, `To ${call.room.name}`);
        this.element = h('section', { class: 'call', 'aria-label': 'Call' }, this.tiles, this.controls);
        call.on('change', () => this.#show());
        call.on('trouble', (error) => toast(error.message));
        this.#show();
    }

    /** It has come to another place in the page, where another room is shown; pictures that are moved stand still. */
    shown(room) {
        this.way.hidden = room === this.call.room;
        for (const video of this.tiles.querySelectorAll('video')) if (video.srcObject) video.play().catch(() => {});
    }

    #show() {
        const { call } = this;
        const wanted = [{ sid: 'self', name: call.room.me.name, color: call.room.me.color, stream: call.stream, video: call.video, isSelf: true }, ...call.peers.values()];
        for (const [sid, tile] of this.#tiles) {
            if (wanted.some((one) => one.sid === sid)) continue;
            tile.remove();
            this.#tiles.delete(sid);
        }
        for (const one of wanted) {
            let tile = this.#tiles.get(one.sid);
            if (!tile) {
                tile = h('div', { class: 'tile' }, h('video', { autoplay: true, playsinline: true, muted: one.isSelf === true }), h('span', { class: 'who' }));
                this.#tiles.set(one.sid, tile);
                this.tiles.append(tile);
            }
            const video = tile.querySelector('video');
            if (one.stream && video.srcObject !== one.stream) video.srcObject = one.stream;
            video.hidden = !one.stream || !one.video;
            tile.querySelector('.avatar')?.remove();
            if (video.hidden) tile.prepend(avatar(one.name, one.color, { size: 'large' }));
            tile.querySelector('.who').textContent = one.isSelf ? `${one.name} (you)` : one.name;
        }
        fill(this.controls,
            tool(call.audio ? 'mic' : 'micOff', call.audio ? 'Mute' : 'Unmute', () => call.mute('audio', !call.audio), { 'aria-pressed': String(!call.audio) }),
            tool(call.video ? 'video' : 'videoOff', call.video ? 'Stop camera' : 'Start camera', () => call.mute('video', !call.video), { 'aria-pressed': String(!call.video) }),
            tool('screen', 'Share screen', () => this.#share()),
            this.way, h('button', { type: 'button', class: 'button danger small', onclick: () => this.leave() }, 'Leave call'));
    }

    async #share() {
        try {
            const screen = await navigator.mediaDevices.getDisplayMedia({ video: true });
            const [track] = screen.getVideoTracks();
            await this.call.share(track);
            track.onended = () => this.call.share(this.call.stream?.getVideoTracks()[0] ?? null);
        } catch (error) {
            if (error.name !== 'NotAllowedError') toast(error.message);
        }
    }
}
