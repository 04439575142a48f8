// Light markdown as a tree: `{type, children | text, href?}`. There is no HTML on the way, so nothing can become any.

/** Each pattern reads a text once, whatever is in it, and goes no further back; so a link ends where nobody would follow it. */
const inline = [
    { type: 'picture', find: byPattern(/\[img\]<?([^\s<>]{1,2000})>?/gi), isRaw: true },
    { type: 'code', find: byPattern(/`([^`\n]+)`/g), isRaw: true },
    { type: 'strong', find: findStrong },
    { type: 'strike', find: byPattern(/~~([^~\n]+)~~/g) },
    { type: 'emphasis', find: byPattern(/\*([^*\n]+)\*/g) },
    { type: 'link', find: byPattern(/\b(?:https?:\/\/|www\.)[^\s<>"'`]{1,2000}[^\s<>"'`.,;:!?)\]}]/gi), isRaw: true },
];

export function parseMarkdown(source) {
    const blocks = [];
    const parts = String(source).split(/```(?:[a-z0-9+-]*\n)?/i);
    // An opening without an end is text.
    if (parts.length % 2 === 0) parts.splice(-2, 2, `${parts.at(-2)}\`\`\`${parts.at(-1)}`);
    parts.forEach((part, index) => {
        if (index % 2 === 1) blocks.push({ type: 'block', text: part.replace(/\n$/, '') });
        else if (part.trim() !== '') blocks.push(...parseInline(part.replace(/^\n|\n$/g, ''), 0));
    });
    return blocks;
}

function parseInline(source, depth) {
    const nodes = [];
    const matches = new Matches(source);
    let from = 0;
    while (from < source.length) {
        const next = depth < 4 ? matches.first(from) : undefined;
        if (!next) break;
        const { rule, index, whole, inner } = next;
        if (index > from) nodes.push({ type: 'text', text: source.slice(from, index) });
        if (!rule.isRaw) nodes.push({ type: rule.type, children: parseInline(inner, depth + 1) });
        else if (rule.type === 'code') nodes.push({ type: 'code', text: inner });
        else nodes.push(linkOrText(rule.type, inner, whole));
        from = index + whole.length;
    }
    return from === source.length ? nodes : [...nodes, { type: 'text', text: source.slice(from) }];
}

/**
 * Where the rules match next. Each remembers its match until the text is read past it, and that there is no other: a rule
 * looks through the text once, not once for each match of the others.
 */
class Matches {
    #states = inline.map((rule) => ({ rule, next: { index: -1 }, memory: {} }));

    constructor(source) {
        this.source = source;
    }

    first(from) {
        let first;
        for (const state of this.#states) {
            if (state.next && state.next.index < from) state.next = state.rule.find(this.source, from, state.memory);
            if (state.next && (!first || state.next.index < first.index)) first = { rule: state.rule, ...state.next };
        }
        return first;
    }
}

function byPattern(pattern) {
    return (source, from) => {
        pattern.lastIndex = from;
        const found = pattern.exec(source);
        return found ? { index: found.index, whole: found[0], inner: found[1] ?? found[0] } : undefined;
    };
}

/** `**…**` on one line. A pattern for all of it would look for the end anew at each beginning; this remembers the end. */
function findStrong(source, from, memory) {
    for (let index = source.indexOf('**', from); index >= 0; index = source.indexOf('**', index + 1)) {
        const start = index + 2;
        if (/\s/.test(source[start] ?? ' ')) continue;
        if (!(memory.end?.index >= start)) {
            const closing = /\S\*\*(?!\*)|\n/g;
            closing.lastIndex = start;
            memory.end = closing.exec(source);
        }
        if (!memory.end) return undefined;
        const end = memory.end.index + 1;
        if (memory.end[0] !== '\n') return { index, whole: source.slice(index, end + 2), inner: source.slice(start, end) };
        index = end - 1;
    }
    return undefined;
}

function linkOrText(type, address, whole) {
    const href = safeLink(address);
    return href ? { type, text: address, href } : { type: 'text', text: whole };
}

/** An address that a click may open, or nothing. */
export function safeLink(text) {
    try {
        const url = new URL(/^www\./i.test(text) ? `https://${text}` : text);
        return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
    } catch {
        return undefined;
    }
}

/** Pictures come as data of a kind that cannot act. Those of `[img]<…>` are links: loading them would tell who reads. */
export function safeImage(source) {
    if (typeof source !== 'string') return undefined;
    return /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(source) ? source : undefined;
}
