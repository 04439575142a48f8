// What somebody sees who is in no room: the public ones, newest first.
import { h, icon } from './dom.js';

const most = 6;

/** `enter(rid)` joins one. */
export function doorsView(session, enter) {
    const rooms = [...session.directory.rooms.values()].sort((a, b) => b.createdAt - a.createdAt);
    if (!rooms.length) return h('p', {}, 'Nobody has made a public room yet. Make the first, or come into one by its invitation link.');
    return [
        h('p', {}, 'Step into a room, or make one of your own.'),
        rooms.slice(0, most).map(({ rid, name, creatorName, hasPassword, type }) => h('button', { type: 'button', class: 'entry', onclick: () => enter(rid) },
            icon(hasPassword ? 'lock' : type === 'video' ? 'video' : 'hash'), h('span', { class: 'name' }, h('span', { class: 'truncate' }, name), h('span', { class: 'sub truncate' }, `by ${creatorName}`)))),
        rooms.length > most && h('p', { class: 'small' }, `And ${rooms.length - most} more under Browse.`),
    ];
}
