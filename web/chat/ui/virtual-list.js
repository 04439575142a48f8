// A list of any length of which only what can be seen is in the document. Heights are measured once an item has been
// shown and guessed before; when a guess was wrong, what the reader looks at stays where it is.

const overscan = 600;

export class VirtualList {
    #items = [];
    #heights = new Map();
    #offsets = [0];
    #shown = new Map();
    #isStale = true;
    #estimate;
    #frame;

    /** `scroller` holds a spacer and a window; `render(item, index)` makes the element, `key(item)` names it. */
    constructor(scroller, { render, key, estimate = 56, onNearTop }) {
        Object.assign(this, { scroller, render, key, onNearTop });
        this.#estimate = estimate;
        this.spacer = scroller.querySelector('.spacer');
        this.window = scroller.querySelector('.window');
        this.sticksToEnd = true;
        scroller.addEventListener('scroll', () => {
            this.sticksToEnd = this.distanceToEnd < 48;
            this.#schedule();
        }, { passive: true });
        this.observer = new ResizeObserver((entries) => this.#measured(entries));
        this.observer.observe(scroller);
    }

    get distanceToEnd() {
        return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
    }

    destroy() {
        this.observer.disconnect();
        cancelAnimationFrame(this.#frame);
    }

    /** Shows these items from now on; what is in view stays in view. */
    set(items) {
        const anchor = this.sticksToEnd ? undefined : this.#anchor();
        this.#items = items;
        this.#isStale = true;
        this.#layout();
        if (anchor) this.#restore(anchor);
        this.paint();
    }

    /** One item looks different now. */
    refresh(key) {
        const shown = this.#shown.get(key);
        if (!shown) return;
        const index = this.#items.findIndex((item) => this.key(item) === key);
        if (index < 0) return;
        const hadFocus = shown.contains(document.activeElement);
        const fresh = this.render(this.#items[index], index);
        fresh.dataset.key = key;
        this.observer.unobserve(shown);
        shown.replaceWith(fresh);
        this.observer.observe(fresh);
        this.#shown.set(key, fresh);
        if (hadFocus) fresh.focus({ preventScroll: true });
    }

    scrollToEnd() {
        this.sticksToEnd = true;
        this.scroller.scrollTop = this.scroller.scrollHeight;
        this.paint();
    }

    scrollTo(key) {
        const index = this.#items.findIndex((item) => this.key(item) === key);
        if (index < 0) return undefined;
        this.sticksToEnd = false;
        // Twice: the first look replaces guesses by measures.
        for (let pass = 0; pass < 2; pass += 1) {
            this.#layout();
            this.scroller.scrollTop = Math.max(0, this.#offsets[index] - this.scroller.clientHeight / 3);
            this.paint();
        }
        return this.#shown.get(key);
    }

    #anchor() {
        const index = this.#indexAt(this.scroller.scrollTop);
        const item = this.#items[index];
        return item && { key: this.key(item), delta: this.scroller.scrollTop - this.#offsets[index] };
    }

    #restore({ key, delta }) {
        const index = this.#items.findIndex((item) => this.key(item) === key);
        if (index >= 0) this.scroller.scrollTop = this.#offsets[index] + delta;
    }

    #layout() {
        if (!this.#isStale) return;
        this.#isStale = false;
        const offsets = new Array(this.#items.length + 1);
        offsets[0] = 0;
        for (let index = 0; index < this.#items.length; index += 1) {
            offsets[index + 1] = offsets[index] + (this.#heights.get(this.key(this.#items[index])) ?? this.#estimate);
        }
        this.#offsets = offsets;
        // A short conversation stands at the bottom, where one writes.
        const total = offsets[offsets.length - 1];
        this.lead = Math.max(0, this.scroller.clientHeight - total);
        this.spacer.style.height = `${total + this.lead}px`;
    }

    #indexAt(position) {
        let low = 0;
        let high = this.#items.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.#offsets[middle + 1] <= position) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    #schedule() {
        this.#frame ??= requestAnimationFrame(() => {
            this.#frame = undefined;
            this.paint();
        });
    }

    paint() {
        this.#layout();
        if (this.sticksToEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
        const top = this.scroller.scrollTop;
        const first = this.#indexAt(Math.max(0, top - overscan));
        const last = Math.min(this.#items.length, this.#indexAt(top + this.scroller.clientHeight + overscan) + 1);
        const wanted = new Map();
        for (let index = first; index < last; index += 1) wanted.set(this.key(this.#items[index]), index);
        for (const [key, element] of this.#shown) {
            // What has the focus stays, or the keyboard's user would be thrown out.
            if (wanted.has(key) || element.contains(document.activeElement)) continue;
            this.observer.unobserve(element);
            element.remove();
            this.#shown.delete(key);
        }
        let before;
        for (const [key, index] of wanted) {
            let element = this.#shown.get(key);
            if (!element) {
                element = this.render(this.#items[index], index);
                element.dataset.key = key;
                this.#shown.set(key, element);
                this.observer.observe(element);
            }
            const place = before ? before.nextSibling : this.window.firstChild;
            if (place !== element) this.window.insertBefore(element, place);
            before = element;
        }
        for (const [key, element] of this.#shown) element.hidden = !wanted.has(key);
        this.window.style.transform = `translateY(${this.#offsets[first] + this.lead}px)`;
        if (top < 400 && this.#items.length) this.onNearTop?.();
    }

    #measured(entries) {
        const anchor = this.sticksToEnd ? undefined : this.#anchor();
        let changed = false;
        for (const { target, borderBoxSize, contentRect } of entries) {
            if (target === this.scroller) {
                changed = true;
                continue;
            }
            const height = borderBoxSize?.[0]?.blockSize ?? contentRect.height;
            if (!target.dataset.key || height === 0 || this.#heights.get(target.dataset.key) === height) continue;
            this.#heights.set(target.dataset.key, height);
            changed = true;
        }
        if (!changed) return;
        this.#isStale = true;
        this.#layout();
        if (anchor) this.#restore(anchor);
        this.paint();
    }
}
