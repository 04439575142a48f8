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
