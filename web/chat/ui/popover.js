// Small things that open beside a button and close when one is done with them.
import { h, icon, placeOf } from './dom.js';

let closeOther = () => {};

/** What it belongs to goes away. */
export const closePopover = () => closeOther();

/** The result closes it and gives the focus back, unless that has gone elsewhere by a click. */
export function openPopover(anchor, content, { label, className = '' } = {}) {
    closeOther();
    const home = placeOf(anchor);
    const box = h('div', { class: `popover ${className}`, role: 'dialog', 'aria-label': label }, content);
    document.body.append(box);
    const place = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const left = Math.min(Math.max(8, place.right - width), innerWidth - width - 8);
    const top = place.top - height - 6 > 8 ? place.top - height - 6 : Math.min(place.bottom + 6, innerHeight - height - 8);
    Object.assign(box.style, { left: `${left}px`, top: `${Math.max(8, top)}px` });
    anchor.setAttribute('aria-expanded', 'true');
    const remove = () => {
        closeOther = () => {};
        box.remove();
        home()?.removeAttribute('aria-expanded');
        document.removeEventListener('pointerdown', outside, true);
        document.removeEventListener('keydown', key, true);
    };
    const close = () => {
        remove();
        home()?.focus({ preventScroll: true });
    };
    closeOther = remove;
    const outside = (event) => box.contains(event.target) || anchor.contains(event.target) || remove();
    const key = (event) => {
        if (event.key === 'Escape') {
            event.stopPropagation();
            close();
        } else if (event.key.startsWith('Arrow')) {
            move(box, event);
        }
    };
    document.addEventListener('pointerdown', outside, true);
    document.addEventListener('keydown', key, true);
    box.querySelector('button, input')?.focus();
    return close;
}

/** Arrow keys walk through the buttons, also across the rows of a grid. */
function move(box, event) {
    const buttons = [...box.querySelectorAll('button')];
    const index = buttons.indexOf(document.activeElement);
    if (index < 0) return;
    event.preventDefault();
    const columns = box.querySelector('.emoji') ? 8 : 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key] ?? 0;
    buttons[Math.min(Math.max(index + step, 0), buttons.length - 1)].focus();
}

/** `items` are `{icon, text, action, isDanger}` or nothing. */
export function openMenu(anchor, items, label) {
    let close = () => {};
    const buttons = items.filter(Boolean).map((item) => h('button', {
        type: 'button', class: item.isDanger ? 'danger' : undefined,
        onclick: () => {
            close();
            item.action();
        },
    }, icon(item.icon), item.text));
    close = openPopover(anchor, h('div', { class: 'menu' }, buttons), { label });
    return close;
}

const faces = '👍 ❤️ 😂 🎉 😮 😢 🙏 👏 😀 😄 😁 😅 🙂 😉 😊 😍 😘 😎 🤔 🤨 😐 🙄 😴 🤯 😱 😭 😡 🤝 💪 👋 👀 🙌 ✅ ❌ ❓ ❗ 💡 🔥 ⭐ ✨ 🚀 🎯 📌 🐛 🔒 🔑 ☕ 🍕 🎂 🌱 🌈 ☀️ 🌙 ⚡ 💯 🫡'.split(' ');

export function openEmoji(anchor, pick) {
    let close = () => {};
    const buttons = faces.map((face) => h('button', {
        type: 'button', 'aria-label': face,
        onclick: () => {
            close();
            pick(face);
        },
    }, face));
    close = openPopover(anchor, h('div', { class: 'emoji' }, buttons), { label: 'Pick an emoji' });
}
