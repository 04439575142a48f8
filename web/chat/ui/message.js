// One message as it stands in the timeline.
import { parseMarkdown } from '../core/markdown.js';
import { avatar } from './avatar.js';
import { h, icon, tool } from './dom.js';
import { clock, exact, shortClock } from './format.js';

const together = 5 * 60_000;

/** Whether a message goes on where the one before stopped. */
export function continues(message, before) {
    return Boolean(before) && (message.userId ? message.userId === before.userId : message.fromId === before.fromId)
        && message.timestamp - before.timestamp < together && !message.replyTo;
}

function render(nodes) {
    return nodes.map((node) => {
        switch (node.type) {
        case 'strong': return h('strong', {}, render(node.children));
        case 'emphasis': return h('em', {}, render(node.children));
        case 'strike': return h('s', {}, render(node.children));
        case 'code': return h('code', {}, node.text);
        case 'block': return h('pre', { tabindex: '0' }, node.text);
        case 'link': return h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, node.text);
        case 'picture': return h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, `Picture: ${node.text}`);
        default: return node.text;
        }
    });
}

const isJumbo = (text) => text.length <= 24 && /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\u200d\ufe0f\s])+$/u.test(text) && /\p{Extended_Pictographic}/u.test(text);

/** `on` brings what the buttons do: reply, react, edit, remove, profile, jump, retry. */
export function messageView(message, { room, before, on }) {
    const isFirst = !continues(message, before);
    const isMine = room.isMine(message);
    const { people } = room.session;
    const name = isMine ? room.me.name : (message.userId && people.nameOf(message.userId)) || message.from;
    const color = isMine ? room.me.color : message.color ?? people.colorOf(message.userId ?? message.from);
    const time = h('time', { datetime: new Date(message.timestamp).toISOString(), title: exact(message.timestamp), class: isFirst ? '' : 'hour' }, isFirst ? clock(message.timestamp) : shortClock(message.timestamp));
    const isMention = !isMine && message.text.toLocaleLowerCase().includes(`@${room.me.name.toLocaleLowerCase()}`);
    const kind = ['message', isFirst && 'first', message.isDeleted && 'gone', message.isLocked && 'locked-text', isMention && 'mention', message.status].filter(Boolean).join(' ');
    const element = h('article', { class: kind, tabindex: '-1', 'aria-label': `${name}, ${clock(message.timestamp)}` },
        isFirst ? avatar(name, color) : time,
        h('div', { class: 'body' },
            isFirst && h('div', { class: 'meta' },
                h('button', { type: 'button', class: 'author', onclick: () => on.profile(message.userId, name) }, name), time,
                message.proof === 'verified' && !isMine && h('span', { title: 'The signature is right' }, icon('check'), h('span', { class: 'hidden' }, 'signature verified'))),
            message.replyTo && quoteView(message.replyTo, room, on),
            contentView(message),
            flagsView(message),
            message.status === 'failed' && h('button', { type: 'button', class: 'button small', onclick: () => on.retry(message) }, icon('retry'), 'Send again'),
            reactionsView(message, room, on)));
    if (!message.isDeleted) armActions(element, () => actionsView(message, { room, isMine, on }));
    return element;
}

/** The buttons are made when somebody comes near; most messages are only scrolled past. */
function armActions(element, make) {
    const arm = () => {
        element.removeEventListener('pointerenter', arm);
        element.removeEventListener('focusin', arm);
        element.append(make());
    };
    element.addEventListener('pointerenter', arm);
    element.addEventListener('focusin', arm);
}

function quoteView(replyTo, room, on) {
    const original = room.timeline.get(replyTo.msgId);
    const text = original ? (original.isDeleted ? 'deleted' : original.text) : replyTo.text;
    return h('button', { type: 'button', class: 'quote', onclick: () => on.jump(replyTo.msgId) },
        h('b', {}, original ? (room.session.people.nameOf(original.userId) ?? original.from) : replyTo.from), h('span', { class: 'truncate' }, text || '…'));
}

function contentView(message) {
    if (message.isDeleted) return h('div', { class: 'text' }, message.isModerated ? 'Removed by a moderator' : 'Deleted');
    if (message.isLocked) return h('div', { class: 'text' }, 'Sealed with a key that this device does not have');
    return [
        message.text && h('div', { class: isJumbo(message.text) ? 'text jumbo' : 'text' }, render(parseMarkdown(message.text)), message.editedAt && h('span', { class: 'aside' }, ' (edited)')),
        message.image && h('img', { class: 'image', src: message.image, alt: `Picture from ${message.from}`, loading: 'lazy' }),
    ];
}

function flagsView(message) {
    const flag = (name, text) => h('div', { class: 'flag' }, icon(name), text);
    return [
        message.isClear && flag('warn', 'Sent without encryption'),
        message.proof === 'failed' && flag('warn', 'The signature is wrong: somebody else may have written this'),
        message.proof === 'changed' && flag('warn', 'Signed with a new key'),
    ];
}

function reactionsView(message, room, on) {
    const reactions = message.isDeleted ? [] : room.reactionsOf(message.msgId);
    if (!reactions.length) return undefined;
    return h('div', { class: 'reactions' }, reactions.map(({ emoji, count, isMine, names }) => h('button', {
        type: 'button', class: 'reaction', 'aria-pressed': String(isMine), title: names.filter(Boolean).join(', '),
        'aria-label': `${emoji} ${count}`, onclick: () => on.react(message, emoji),
    }, h('span', {}, emoji), String(count))));
}

function actionsView(message, { room, isMine, on }) {
    const mayRemove = isMine || room.isModerator(room.me.uid);
    return h('div', { class: 'actions', role: 'toolbar', 'aria-label': 'Actions for this message' },
        tool('smile', 'React', (event) => on.pick(message, event.currentTarget)),
        tool('reply', 'Reply', () => on.reply(message)),
        isMine && message.text && tool('edit', 'Edit', () => on.edit(message)),
        mayRemove && tool('trash', 'Delete', () => on.remove(message)));
}
