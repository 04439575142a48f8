// Elements from code. Text goes in as text; there is no way here to turn a string into markup.

const svgNames = 'http://www.w3.org/2000/svg';

/** `h('button', {class: 'x', onclick}, 'text', child, …)`; children that are undefined, null or false are left out. */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (value === undefined || value === null || value === false) continue;
        if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
        else if (name === 'style') Object.assign(element.style, value);
        else if (name === 'value' || name === 'checked' || name === 'srcObject' || name === 'muted') element[name] = value;
        else element.setAttribute(name, value === true ? '' : value);
    }
    append(element, children);
    return element;
}

function append(element, children) {
    for (const child of children.flat(Infinity)) {
        if (child === undefined || child === null || child === false) continue;
        element.append(child);
    }
}

export function fill(element, ...children) {
    element.replaceChildren();
    append(element, children);
    return element;
}

const focusable = 'button, input, textarea, select, a[href], [tabindex]';

/** What an element is called by those who look for it again after its surroundings were made anew. */
const nameOf = (element) => element.dataset.focus ?? element.getAttribute('aria-label') ?? element.textContent.trim();

/** Finds an element later, or what stands for it then: in a message, which is made anew as a whole, the message. */
export function placeOf(element, root = document) {
    const name = nameOf(element);
    const row = element.closest('[data-key]')?.dataset.key;
    return () => {
        if (element.isConnected) return element;
        if (row !== undefined) return root.querySelector(`[data-key="${CSS.escape(row)}"]`);
        return [...root.querySelectorAll(focusable)].find((one) => nameOf(one) === name);
    };
}

/** Fills what somebody may be in with the keyboard: the focus stays where it was, or near. */
export function refill(element, ...children) {
    const active = element.contains(document.activeElement) ? placeOf(document.activeElement, element) : undefined;
    fill(element, ...children);
    if (active) (active() ?? element.querySelector(focusable))?.focus({ preventScroll: true });
    return element;
}

/** Tells who cannot see it which option of its list an input stands at. */
export function pointAt(input, option) {
    if (option?.id) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
}

const paths = {
    hash: 'M5 9h14M5 15h14M10 4 8 20M16 4l-2 16',
    lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z',
    key: 'M14 10a4 4 0 1 1-1.2-2.8L20 14.400V18h-3v-2h-2v-2.500l-2.200-2.200',
    video: 'M4 7h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM15 11l6-3v8l-6-3',
    videoOff: 'M3 3l18 18M10 7h4a1 1 0 0 1 1 1v3l6-3v8M15 16a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h1',
    mic: 'M12 4a3 3 0 0 1 3 3v4a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v3',
    micOff: 'M3 3l18 18M9 9v2a3 3 0 0 0 4.500 2.600M15 11V7a3 3 0 0 0-5.700-1.300M6 11a6 6 0 0 0 9.500 4.900M18 11a6 6 0 0 1-.6 2.600M12 17v3',
    screen: 'M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM9 20h6M12 16v4',
    leave: 'M14 8V6a1 1 0 0 0-1-1H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-2M10 12h10M17 9l3 3-3 3',
    people: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.500 19a5.500 5.500 0 0 1 11 0M16 5.500a3 3 0 0 1 0 5M17.500 14a5.500 5.500 0 0 1 3 5',
    person: 'M12 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM5 20a7 7 0 0 1 14 0',
    addPerson: 'M10 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20a7 7 0 0 1 14 0M19 8v6M16 11h6',
    search: 'M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM15.500 15.500 20 20',
    plus: 'M12 5v14M5 12h14',
    close: 'M6 6l12 12M18 6 6 18',
    back: 'M15 5l-7 7 7 7',
    send: 'M4 12 20 5l-6 15-3-6zM11 14l9-9',
    smile: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM9 14a4 4 0 0 0 6 0M9 10h.01M15 10h.01',
    reply: 'M9 7l-5 5 5 5M4 12h9a7 7 0 0 1 7 7',
    edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
    trash: 'M5 7h14M10 7V5h4v2M7 7l1 13h8l1-13',
    image: 'M5 5h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 16l5-5 5 5 2-2 4 4M15 9h.01',
    settings: 'M4 7h10M18 7h2M14 5v4M4 17h2M10 17h10M10 15v4',
    info: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 11v5M12 8h.01',
    warn: 'M12 4 3 19h18zM12 10v4M12 16.500h.01',
    check: 'M5 12.500l4.500 4.500L19 7.500',
    shield: 'M12 4l7 2.500v5.500c0 4-3 7-7 8-4-1-7-4-7-8V6.500zM9 12l2 2 4-4',
    link: 'M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
    down: 'M12 5v14M6 13l6 6 6-6',
    more: 'M6 12h.01M12 12h.01M18 12h.01',
    folder: 'M4 7a1 1 0 0 1 1-1h4l2 2h8a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z',
    bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500a2 2 0 0 0 4 0',
    ban: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM6.500 6.500l11 11',
    retry: 'M19 12a7 7 0 1 1-2-5l2 2M19 5v4h-4',
};

export function icon(name) {
    const svg = document.createElementNS(svgNames, 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(svgNames, 'path');
    path.setAttribute('d', paths[name]);
    svg.append(path);
    return svg;
}

/** A button that is an icon; its label is what it is called. */
export function tool(name, label, onclick, attributes = {}) {
    return h('button', { type: 'button', class: 'tool', 'aria-label': label, title: label, onclick, ...attributes }, icon(name));
}

/** Runs an update at most once per frame. */
export function perFrame(update) {
    let isDue = false;
    return () => {
        if (isDue) return;
        isDue = true;
        requestAnimationFrame(() => {
            isDue = false;
            update();
        });
    };
}

export function toast(text) {
    const box = document.getElementById('toasts');
    const one = h('div', { class: 'toast' }, String(text));
    box.append(one);
    while (box.children.length > 3) box.firstChild.remove();
    setTimeout(() => one.remove(), 5000);
}

/** Tells what a screen reader's user would not see happen. */
export function announce(text) {
    const box = document.getElementById('announcer');
    box.append(h('p', {}, text));
    while (box.children.length > 10) box.firstChild.remove();
}
