/** Who wants to hear of what. */
export class Emitter {
    #listeners = new Map();

    /** Calls `listener` at each `name`; the result ends that. */
    on(name, listener) {
        if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
        this.#listeners.get(name).add(listener);
        return () => this.#listeners.get(name).delete(listener);
    }

    emit(name, ...details) {
        for (const listener of [...this.#listeners.get(name) ?? []]) guarded(listener, ...details);
    }
}

/** A listener that throws is its own fault: it is reported like any uncaught error and stops nobody else. */
export function guarded(listener, ...details) {
    try {
        const result = listener(...details);
        if (typeof result?.catch === 'function') result.catch(report);
    } catch (error) {
        report(error);
    }
}

function report(error) {
    if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
    else queueMicrotask(() => { throw error; });
}
