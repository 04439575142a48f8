// Everything that a page or a program needs; `clasp.d.ts` describes it.
export { SignIn } from './auth.js';
export { ClaspClient } from './client.js';
export { decodeFrame, encodeFrame } from './codec/frame.js';
export { sameValue } from './codec/values.js';
export {
    AuthError, ClaspError, ClosedError, ConflictError, DecodeError, EncodeError, ForbiddenError, RateLimitError, RefusedError, SignInError,
    TimeoutError,
} from './errors.js';
export { matches } from './patterns.js';
export { SharedClient } from './shared.js';
