/** Anything CLASP can carry. A `number` is written as a float, a `bigint` as an integer. */
export type Value = null | boolean | number | bigint | string | Uint8Array | Value[] | { [key: string]: Value | undefined };

export type SignalType = 'param' | 'event' | 'stream' | 'gesture' | 'timeline';
export type Phase = 'start' | 'move' | 'end' | 'cancel';
export type Feature = SignalType | 'federation';
export type State = 'idle' | 'connecting' | 'catching-up' | 'open' | 'waiting' | 'closed';
/** 0 is sent and forgotten, 1 is answered for, 2 is answered for when it is safe from a power cut. */
export type QoS = 0 | 1 | 2;
/** Seconds since the last write, or `'never'`; with `absolute`, seconds since this write. */
export type TTL = number | 'never' | { seconds: number; absolute?: boolean };

export interface ReconnectOptions {
    /** The first bound in milliseconds (500); it doubles up to `cap` (30,000), and each wait is a random part of it. */
    base?: number;
    cap?: number;
    /** Attempts in a row before giving up (no limit). */
    attempts?: number;
    random?: () => number;
}

export interface ClientOptions {
    /** How the relay's log calls us. */
    name?: string;
    /** A token, or what makes one; it is asked again, with `refused`, when the relay turned a token down. */
    token?: string | ((why: { refused?: AuthError }) => string | Promise<string>);
    features?: Feature[];
    /** `false`: one connection and no other. */
    reconnect?: ReconnectOptions | false;
    /** Catch up on missed events, where the relay keeps a history (true). */
    resume?: boolean;
    /** Writes that may wait for a connection (2000). */
    queueLimit?: number;
    /** Milliseconds: for WELCOME (10,000), of silence before a sign of life is asked for (20,000), for that sign (8,000),
     *  for acknowledgements (10,000), for answers (5,000). */
    connectTimeout?: number;
    quietAfter?: number;
    answerWithin?: number;
    ackTimeout?: number;
    answerTimeout?: number;
    /** Milliseconds between questions for the relay's place in its history (60,000); missed events are replayed from there. */
    positionEvery?: number;
    /** Another WebSocket class; by default the platform's, or our own in a Node without one. */
    WebSocket?: new (url: string, protocols?: string | string[]) => unknown;
}

export interface Meta {
    signal: SignalType;
    /** Params: */
    revision?: number | bigint;
    writer?: string;
    /** Microseconds of the relay's clock. */
    timestamp?: number | bigint;
    /** Part of what was there already, not a change that just happened. */
    snapshot?: boolean;
    /** Changes between the last one told and this one that the relay merged. */
    skipped?: number;
    /** The relay does not have it any more; the value is null. */
    removed?: boolean;
    /** Events, streams, gestures: */
    phase?: Phase;
    id?: number;
    samples?: number[];
    rate?: number;
    /** Happened while there was no connection. */
    replayed?: boolean;
}

export type Handler = (value: any, address: string, meta: Meta) => void;

export interface SubscribeOptions {
    types?: SignalType[];
    /** At most so many changes of an address a second. */
    maxRate?: number;
    /** Leave out changes smaller than this. */
    epsilon?: number;
    /** The last so many events of each address, where the relay keeps them. */
    history?: number;
    /** Milliseconds. */
    window?: number;
}

export interface Subscription {
    readonly pattern: string;
    /** Kept when what is there has been told; broken when the relay refused. */
    readonly ready: Promise<void>;
    unsubscribe(): void;
}

export interface Presence {
    readonly ready: Promise<WriteResult>;
    /** Says it again, with a fresh value. */
    refresh(): Promise<WriteResult>;
    leave(): Promise<WriteResult>;
}

export interface WriteResult {
    /** The new revision, if the relay told it. */
    revision?: number | bigint;
}

export interface SetOptions {
    /** Only if the stored revision is this one. */
    revision?: number | bigint;
    lock?: boolean;
    unlock?: boolean;
    ttl?: TTL;
    /** 1 unless said otherwise. 0 is dropped while there is no connection. */
    qos?: QoS;
}

export interface PublishOptions {
    signal?: SignalType;
    phase?: Phase;
    samples?: ArrayLike<number>;
    id?: number;
    rate?: number;
    timestamp?: number | bigint;
    qos?: QoS;
}

export interface Param {
    address: string;
    value: any;
    revision: number | bigint;
    writer?: string;
    timestamp?: number | bigint;
}

export interface SignalDefinition {
    address: string;
    signal: SignalType;
    datatype?: string;
    access?: string;
    meta?: { unit?: string; range?: [number, number]; default?: Value; description?: string };
}

export type BundleItem =
    | { type?: 'SET'; address: string; value: Value; revision?: number | bigint; ttl?: TTL }
    | { type: 'PUBLISH'; address: string; value?: Value; signal?: SignalType; id?: number };

export interface HistoryOptions {
    /** As the relay counts: see the protocol's REPLAY. */
    from?: number | bigint;
    to?: number | bigint;
    limit?: number;
    types?: SignalType[];
    timeout?: number;
}

export interface ClientEvents {
    state: (state: State) => void;
    /** `recovered`: whether every event missed was told; undefined at the first connection. */
    open: (details: { session: string; name: string; recovered: boolean | undefined }) => void;
    disconnect: (details: { error: ClaspError; code: number; reason: string }) => void;
    reconnecting: (details: { delay: number; attempt: number; error: ClaspError }) => void;
    throttled: (error: RateLimitError) => void;
    /** A refusal that belongs to no call. */
    error: (error: RefusedError) => void;
    /** It is over and does not come back by itself. */
    close: (error: ClaspError) => void;
}

export interface Calls {
    readonly url: string;
    readonly state: State;
    readonly isOpen: boolean;
    /** The id of the present session; another one after each reconnect. */
    readonly session?: string;

    connect(): Promise<{ session: string; name: string }>;
    close(): void;
    on<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): () => void;

    subscribe(pattern: string, handler: Handler, options?: SubscribeOptions): Subscription;
    set(address: string, value: Value, options?: SetOptions): Promise<WriteResult>;
    /** What the relay holds there; undefined for what it does not have or does not show. */
    get(address: string, options?: { timeout?: number }): Promise<any>;
    getParam(address: string, options?: { timeout?: number }): Promise<Param | undefined>;
    publish(address: string, value?: Value, options?: PublishOptions): Promise<WriteResult>;
    /** A list of samples if it is a typed array of floats, else one value. */
    stream(address: string, value: Value | Float32Array | Float64Array, options?: PublishOptions): Promise<WriteResult>;
    gesture(address: string, id: number, phase: Phase, value?: Value, options?: PublishOptions): Promise<WriteResult>;
    /** All or nothing; `at` is a time in Unix milliseconds of the relay's clock. */
    bundle(messages: BundleItem[], options?: { at?: number; qos?: QoS }): Promise<WriteResult>;
    announce(namespace: string, signals: SignalDefinition[]): Promise<WriteResult>;
    query(pattern: string, options?: { timeout?: number }): Promise<SignalDefinition[]>;
    /** A param that is written now and, before anything else, after each reconnect. */
    presence(address: string, value: Value | (() => Value)): Presence;
    history(pattern: string, options?: HistoryOptions): Promise<object[]>;
    sync(): Promise<{ offset: number; roundTrip: number }>;
}

export interface ClaspClient extends Calls {}
export declare class ClaspClient {
    constructor(url: string | URL, options?: ClientOptions);
    readonly serverName?: string;
    /** Writes that wait or are unconfirmed. */
    readonly pending: number;
    /** Milliseconds that the relay's clock is ahead of ours. */
    readonly clockOffset: number;
    now(): number;
    close(code?: number, reason?: string): void;
    /** Tries again at once, or makes sure that the connection lives. */
    wake(): void;
}

export interface SharedClient extends Calls {}
/** The same calls over one connection that all tabs share. Options and token are those of the first tab. */
export declare class SharedClient {
    static readonly isSupported: boolean;
    constructor(url: string | URL, options?: Omit<ClientOptions, 'WebSocket'>);
}

export interface Identity {
    token: string;
    userId: string;
    username: string;
    expiresAt?: number;
}

/** The sign-in service. */
export declare class SignIn {
    constructor(base: string | URL, options?: { fetch?: typeof fetch });
    register(who: { username: string; password: string; userId?: string; guestToken?: string }): Promise<Identity>;
    login(who: { username: string; password: string; token?: string }): Promise<Identity>;
    guest(who?: { name?: string; userId?: string; token?: string }): Promise<Identity>;
    refresh(token: string): Promise<Identity>;
    logout(token: string): Promise<Identity>;
}

export declare class ClaspError extends Error {}
export declare class DecodeError extends ClaspError {}
export declare class EncodeError extends ClaspError {}
export declare class TimeoutError extends ClaspError {}
export declare class ClosedError extends ClaspError {
    readonly code?: number;
    readonly reason?: string;
}
export declare class RefusedError extends ClaspError {
    readonly code: number;
    readonly address?: string;
}
export declare class AuthError extends RefusedError {}
export declare class ForbiddenError extends RefusedError {}
export declare class ConflictError extends RefusedError {}
export declare class RateLimitError extends RefusedError {}
export declare class SignInError extends ClaspError {
    readonly status: number;
    readonly retryAfter?: number;
}

export interface Frame {
    flags: number;
    qos: QoS;
    encoding: number;
    timestamp?: number | bigint;
    message: { type: string; [field: string]: any };
}

export declare function encodeFrame(message: { type: string; [field: string]: any }, options?: { qos?: QoS; timestamp?: number | bigint }): Uint8Array;
/** With `exact`, integers are BigInt and maps are Map. */
export declare function decodeFrame(bytes: Uint8Array, options?: { exact?: boolean; legacy?: (payload: Uint8Array, options: object) => object }): Frame;
export declare function matches(pattern: string, address: string): boolean;
export declare function sameValue(a: unknown, b: unknown): boolean;
