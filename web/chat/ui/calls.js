// The call that one is in. It goes on, and stays in sight, whichever room one looks at.
import { Call } from '../core/video.js';
import { CallView } from './call-view.js';

export class Calls {
    #call;
    #view;

    constructor(app) {
        this.app = app;
    }

    isIn(room) {
        return this.#call?.room === room;
    }

    /** Calls in a room, or hangs up there; a call elsewhere ends. */
    async toggle(room) {
        const isEnd = this.isIn(room);
        this.end();
        if (isEnd) return;
        const call = new Call(room, {
            iceServers: this.app.config.iceServers,
            media: () => navigator.mediaDevices?.getUserMedia({ audio: true, video: true }).catch(() => undefined),
        });
        this.#call = call;
        this.app.view?.updateFrame();
        await call.join();
        if (this.#call !== call) return;
        this.#view = new CallView(call, { leave: () => this.end(), open: () => this.app.open(room) });
        this.show();
    }

    /** Hangs up: the camera is off from here on, whatever becomes of the others. */
    end() {
        if (!this.#call) return;
        this.#view?.element.remove();
        this.#call.leave().catch(() => {});
        this.#view = this.#call = undefined;
        this.app.view?.updateFrame();
    }

    endIn(room) {
        if (this.isIn(room)) this.end();
    }

    /** Puts the call where the page shows it now. */
    show() {
        if (!this.#view) return;
        this.app.callPlace?.append(this.#view.element);
        this.#view.shown(this.app.room);
    }
}
