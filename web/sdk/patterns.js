// Which addresses a pattern takes: `**` as a segment stands for any number of segments, also none; `*` inside a segment
// for any characters of it. Everything else is literal.

/** A function that tells whether an address matches. */
export function compile(pattern) {
    if (!pattern.includes('*')) return (address) => address === pattern;
    const wanted = pattern.split('/').map(segment);
    return (address) => matchAll(wanted, address.split('/'));
}

export function matches(pattern, address) {
    return compile(pattern)(address);
}

const anything = Symbol('**');

function segment(text) {
    if (text === '**') return anything;
    if (!text.includes('*')) return (given) => given === text;
    const pieces = text.split('*');
    return (given) => matchPieces(pieces, given);
}

/** The first piece at the start, the last at the end, the others between, each as early as it can be. */
function matchPieces(pieces, given) {
    const first = pieces[0];
    const last = pieces[pieces.length - 1];
    if (given.length < first.length + last.length || !given.startsWith(first) || !given.endsWith(last)) return false;
    const end = given.length - last.length;
    let at = first.length;
    for (const piece of pieces.slice(1, -1)) {
        const found = given.indexOf(piece, at);
        if (found < 0 || found + piece.length > end) return false;
        at = found + piece.length;
    }
    return true;
}

/** Remembers the last `**` only: what an earlier one could take as well, the later one takes too. */
function matchAll(wanted, given) {
    let w = 0;
    let g = 0;
    let star = -1;
    let resume = 0;
    while (g < given.length) {
        if (w < wanted.length && wanted[w] === anything) {
            star = w;
            resume = g;
            w += 1;
        } else if (w < wanted.length && wanted[w](given[g])) {
            w += 1;
            g += 1;
        } else if (star >= 0) {
            resume += 1;
            g = resume;
            w = star + 1;
        } else {
            return false;
        }
    }
    while (w < wanted.length && wanted[w] === anything) w += 1;
    return w === wanted.length;
}
