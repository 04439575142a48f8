// Light markdown as a tree: `{type, children | text, href?}`. There is no HTML on the way, so nothing can become any.

const inline = [
    { type: 'picture', pattern: /\[img\]<?([^\s<>]+)>?/i, isRaw: true },
    { type: 'code', pattern: /`([^`\n]+)`/, isRaw: true },
    { type: 'strong', pattern: /\*\*(?=\S)([^\n]*?\S)\*\*(?!\*)/ },
    { type: 'strike', pattern: /~~([^~\n]+)~~/ },
    { type: 'emphasis', pattern: /\*([^*\n]+)\*/ },
    { type: 'link', pattern: /\b(?:https?:\/\/|www\.)[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/i, isRaw: true },
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
    let rest = source;
    while (rest !== '') {
        const next = depth < 4 ? firstMatch(rest) : undefined;
        if (!next) break;
        const { rule, found } = next;
        if (found.index > 0) nodes.push({ type: 'text', text: rest.slice(0, found.index) });
        const inner = found[1] ?? found[0];
        if (!rule.isRaw) nodes.push({ type: rule.type, children: parseInline(inner, depth + 1) });
        else if (rule.type === 'code') nodes.push({ type: 'code', text: inner });
        else nodes.push(linkOrText(rule.type, inner, found[0]));
        rest = rest.slice(found.index + found[0].length);
    }
    return rest === '' ? nodes : [...nodes, { type: 'text', text: rest }];
}

function firstMatch(source) {
    let first;
    for (const rule of inline) {
        const found = rule.pattern.exec(source);
        if (found && (!first || found.index < first.found.index)) first = { rule, found };
    }
    return first;
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
