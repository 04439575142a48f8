/** Calls `wake` when the page comes online or into view; the result ends that. Outside of pages it does nothing. */
export function whenPageWakes(wake) {
    const { window: page, document: view } = globalThis;
    if (!page?.addEventListener || !view) return () => {};
    const look = () => view.visibilityState === 'visible' && wake();
    page.addEventListener('online', wake);
    view.addEventListener('visibilitychange', look);
    return () => {
        page.removeEventListener('online', wake);
        view.removeEventListener('visibilitychange', look);
    };
}

/** Calls `leave` when the page goes, and `comeBack` if the browser had only put it aside. The result ends that. */
export function whenPageLeaves({ leave, comeBack }) {
    const shown = ({ persisted }) => persisted && comeBack();
    globalThis.addEventListener('pagehide', leave);
    globalThis.addEventListener('pageshow', shown);
    return () => {
        globalThis.removeEventListener('pagehide', leave);
        globalThis.removeEventListener('pageshow', shown);
    };
}

/** A lock that is held until `release` or for as long as the page lives: others can tell that it is gone, however it went. */
export function holdLock() {
    const { locks } = globalThis.navigator;
    // Pages that did not come over https have none.
    if (!locks) return { name: undefined, release() {} };
    const name = `clasp ${crypto.randomUUID()}`;
    return new Promise((resolve) => {
        locks.request(name, () => new Promise((release) => resolve({ name, release })));
    });
}
