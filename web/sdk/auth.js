// Signing in over HTTP: the door beside the relay.
import { SignInError } from './errors.js';

export class SignIn {
    /** `base` is where `/auth` is: `https://chat.example/auth`. */
    constructor(base, { fetch: request = (...details) => globalThis.fetch(...details) } = {}) {
        this.base = String(base).replace(/\/+$/, '');
        this.request = request;
    }

    /** Each resolves with `{token, userId, username}`. */
    register({ username, password, userId, guestToken }) {
        return this.#post('register', { username, password, user_id: userId }, guestToken);
    }

    /** With a token of the same account others' failed attempts do not keep this device out. */
    login({ username, password, token }) {
        return this.#post('login', { username, password }, token);
    }

    /** An id that a token speaks for is given to who sends that token along. */
    guest({ name, userId, token } = {}) {
        return this.#post('guest', { name, user_id: userId }, token);
    }

    refresh(token) {
        return this.#post('refresh', {}, token);
    }

    logout(token) {
        return this.#post('logout', {}, token);
    }

    async #post(route, body, token) {
        let response;
        try {
            response = await this.request(`${this.base}/${route}`, {
                method: 'POST',
                headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
                body: JSON.stringify(body),
                cache: 'no-store',
                credentials: 'omit',
            });
        } catch {
            throw new SignInError('The sign-in service cannot be reached.', { status: 0 });
        }
        const text = await response.text();
        const answer = parse(text);
        if (!response.ok) {
            const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
            throw new SignInError(answer?.error ?? answer?.detail ?? answer?.title ?? `The sign-in service answered ${response.status}.`, { status: response.status, retryAfter });
        }
        return { token: answer?.token, userId: answer?.user_id, username: answer?.username, expiresAt: answer?.expires_at };
    }
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
