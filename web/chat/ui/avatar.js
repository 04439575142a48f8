// A square with initials in the colour of a person, readable on any of them.
import { h } from './dom.js';

/** Black or white, whichever is easier to read on a colour. */
export function inkOn(color) {
    const [r, g, b] = [1, 3, 5].map((at) => {
        const part = parseInt(color.slice(at, at + 2), 16) / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#101214' : '#ffffff';
}

export function initials(name) {
    const words = name.split(/[\s._-]+/).filter(Boolean);
    const first = [...words[0] ?? '?'][0];
    const second = words.length > 1 ? [...words[words.length - 1]][0] : '';
    return (first + second).toUpperCase();
}

export function avatar(name, color, { size, status } = {}) {
    return h('span', { class: `avatar ${size ?? ''}`, style: { background: color, color: inkOn(color) }, 'data-status': status, 'aria-hidden': 'true' }, initials(name));
}
