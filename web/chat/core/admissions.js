// Whom the user has let into a private room: each with the key they showed, so that nobody comes in by another's name.
// Until the user has answered, the answer is no.
import { fingerprint } from './crypto.js';

/** So many strangers wait for an answer at a time, and so often one of them is turned away before they are heard no more. */
const limits = { waiting: 20, refusals: 3 };

export class Admissions {
    /** Who waits for an answer, by uid: `{uid, fingerprint, brings}`; who `brings` offers us a key, others ask for ours. */
    waiting = new Map();

    /** `changed()` is told when somebody begins or ends to wait. */
    constructor({ store, rid, changed = () => {} }) {
        Object.assign(this, { store, rid, changed });
    }

    #id(uid, print = '') {
        return `admission:${this.rid}:${uid}:${print.replaceAll(' ', '')}`;
    }

    async allows(uid, publicKey, { brings = false } = {}) {
        const print = await fingerprint(publicKey).catch(() => undefined);
        if (!print) return false;
        const answers = await this.store.all('marks', this.#id(uid));
        const answer = answers.find(({ id }) => id === this.#id(uid, print));
        if (answer) return answer.isAdmitted;
        const isHeard = answers.filter(({ isAdmitted }) => !isAdmitted).length < limits.refusals;
        if (isHeard && this.waiting.get(uid)?.fingerprint !== print && (this.waiting.has(uid) || this.waiting.size < limits.waiting)) {
            this.waiting.set(uid, { uid, fingerprint: print, brings });
            this.changed();
        }
        return false;
    }

    /** The user has decided, about the key that was shown with the question. */
    async answer({ uid, fingerprint: print }, isAdmitted) {
        await this.store.put('marks', { id: this.#id(uid, print), isAdmitted, since: Date.now() });
        if (this.waiting.get(uid)?.fingerprint === print) this.waiting.delete(uid);
        this.changed();
    }
}
