// The errors of the client. Each has a `name` to tell it by and says in a sentence what happened.

/** What all errors of this library have in common. */
export class ClaspError extends Error {
    constructor(message, details = {}) {
        super(message);
        this.name = new.target.name;
        Object.assign(this, details);
    }
}

/** Bytes that are no CLASP frame. */
export class DecodeError extends ClaspError {}

/** A value or message that no CLASP frame can hold. */
export class EncodeError extends ClaspError {}

/** The relay said no: `code` is the CLASP code, `address` what it was about. */
export class RefusedError extends ClaspError {
    constructor(message, { code, address }) {
        super(message, { code, address });
    }

    /** The ERROR message of the relay as the fitting kind of error. */
    static from({ code, message, address }) {
        const kind = code === 300 || code === 302 ? AuthError
            : code === 301 || code === 403 ? ForbiddenError
            : code === 429 ? RateLimitError
            : code === 400 ? ConflictError
            : RefusedError;
        return new kind(message || `the relay refused with code ${code}`, { code, address });
    }
}

/** The token is missing, unknown (300) or past its time (302). */
export class AuthError extends RefusedError {}

/** No scope for it (301), or a rule of the application forbids it (403). */
export class ForbiddenError extends RefusedError {}

/** The state does not allow it: another revision, a lock, no room left (400). */
export class ConflictError extends RefusedError {}

/** More messages than the relay takes in a second (429). */
export class RateLimitError extends RefusedError {}

/** No answer in time. */
export class TimeoutError extends ClaspError {}

/** There is no connection and none is being made, or what waited for one was given up. */
export class ClosedError extends ClaspError {
    constructor(message, { code, reason } = {}) {
        super(message, { code, reason });
    }
}

/** An HTTP answer of the sign-in service that was not a success: `status`, and `retryAfter` in seconds if it said. */
export class SignInError extends ClaspError {
    constructor(message, { status, retryAfter } = {}) {
        super(message, { status, retryAfter });
    }
}
