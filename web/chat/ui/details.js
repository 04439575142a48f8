// The right column: who is in the room and who runs it, or a search.
import { avatar } from './avatar.js';
import { confirm, field, form, openDialog } from './dialogs.js';
import { fill, h, icon, refill, toast, tool } from './dom.js';
import { clock, dayName } from './format.js';
import { openMenu } from './popover.js';

export class Details {
    #stop = [];

    constructor(app, room, what) {
        this.app = app;
        this.room = room;
        this.element = h('aside', { class: 'details', 'aria-label': what === 'search' ? 'Search' : 'About this room' });
        if (what === 'search') {
            this.#search();
        } else {
            this.#show();
            for (const name of ['people', 'change', 'key']) this.#stop.push(room.on(name, () => this.#show()));
        }
    }

    destroy() {
        this.#stop.forEach((stop) => stop());
    }

    #head(title) {
        return h('header', {}, h('h2', {}, title), tool('close', 'Close', () => this.app.showDetails(undefined)));
    }

    #attempt(action) {
        return async () => {
            try {
                await action();
            } catch (error) {
                toast(error.message);
            }
        };
    }

    #show() {
        const { room, app } = this;
        const { me } = room;
        const role = room.roleOf(me.uid);
        const people = [...room.present.values()].sort((a, b) => a.name.localeCompare(b.name));
        refill(this.element, this.#head('About'),
            h('section', {},
                h('p', {}, room.isEncrypted ? [h('strong', {}, 'Encrypted from end to end. '), 'The relay sees who writes and when, not what.'] : 'Not encrypted. The relay and everybody who joins can read what is said here.'),
                !room.isEncrypted && role === 'creator' && h('button', { type: 'button', class: 'button small', onclick: this.#attempt(async () => (await confirm('Encrypt this room?', 'From now on messages are sealed, and this cannot be turned off.', 'Encrypt', { isDanger: false })) && app.session.encrypt(room)) }, icon('lock'), 'Encrypt'),
                room.isEncrypted && room.isModerator(me.uid) && h('button', { type: 'button', class: 'button small', onclick: this.#attempt(async () => { await room.secrecy.rotate(); toast('Everybody here has the new key.'); }) }, icon('key'), 'Change the key')),
            h('section', { 'aria-label': 'People here' }, h('h3', {}, `Here (${people.length})`), people.map((person) => this.#person(person, role))),
            room.bans.size > 0 && h('section', { 'aria-label': 'Banned' }, h('h3', {}, 'Banned'), [...room.bans].map(([uid, { name }]) => h('div', { class: 'person' },
                icon('ban'), h('span', { class: 'grow truncate' }, room.session.people.nameOf(uid) ?? (typeof name === 'string' && name ? name.slice(0, 32) : uid)),
                role !== 'member' && h('button', { type: 'button', class: 'button quiet small', 'data-focus': `unban-${uid}`, onclick: this.#attempt(() => room.unban(uid)) }, 'Unban')))),
            h('section', {},
                !room.isDirect && h('button', { type: 'button', class: 'button', onclick: () => app.copyInvitation(room) }, icon('link'), 'Copy invitation'),
                role === 'creator' && !room.isDirect && h('button', { type: 'button', class: 'button', onclick: () => this.#rename() }, icon('edit'), 'Name and topic'),
                h('button', { type: 'button', class: 'button', onclick: () => app.leave(room) }, icon('leave'), room.isDirect ? 'Close conversation' : 'Leave room'),
                role === 'creator' && !room.isDirect && h('button', { type: 'button', class: 'button danger', onclick: this.#attempt(async () => (await confirm('Delete this room?', 'It disappears from all lists.', 'Delete')) && app.deleteRoom(room)) }, icon('trash'), 'Delete room')));
    }

    #person({ uid, name, color }, role) {
        const { room, app } = this;
        const theirs = room.roleOf(uid);
        const isSelf = uid === room.me.uid;
        const mayJudge = role !== 'member' && !isSelf && theirs !== 'creator' && (role === 'creator' || theirs === 'member');
        return h('div', { class: 'person' },
            avatar(name, color, { size: 'small' }), h('span', { class: 'grow truncate' }, name, isSelf && ' (you)'),
            theirs !== 'member' && h('span', { class: 'tag' }, theirs),
            !isSelf && tool('more', `More about ${name}`, (event) => openMenu(event.currentTarget, [
                { icon: 'person', text: 'Profile', action: () => app.openProfile(uid, name) },
                role === 'creator' && { icon: 'shield', text: theirs === 'admin' ? 'No longer admin' : 'Make admin', action: this.#attempt(() => room.setRole(uid, theirs !== 'admin')) },
                mayJudge && { icon: 'leave', text: 'Ask to leave', action: this.#attempt(() => room.kick(uid)) },
                mayJudge && { icon: 'ban', text: 'Ban', isDanger: true, action: this.#attempt(async () => (await confirm(`Ban ${name}?`, room.isEncrypted ? 'They are no longer heard, and the key changes.' : 'They are no longer heard.', 'Ban')) && room.ban(uid)) },
            ], `More about ${name}`), { 'data-focus': `more-${uid}` }));
    }

    #rename() {
        const { room } = this;
        openDialog('Name and topic', (close) => {
            const name = field('Name', { value: room.name, maxlength: 32, required: true, autofocus: true });
            const topic = field('Topic', { value: room.topic, maxlength: 120 }, 'Optional. Whoever finds the room can read both.');
            return form([name.box, topic.box], {
                submit: 'Save',
                act: async () => {
                    await this.app.session.describe(room, { name: name.input.value.trim(), description: topic.input.value.trim() });
                    close();
                },
            });
        });
    }

    #search() {
        const results = h('div', { class: 'results', 'aria-live': 'polite' });
        const input = h('input', { class: 'input', type: 'search', placeholder: 'Search this room', 'aria-label': 'Search this room' });
        let run = 0;
        let timer;
        const look = async () => {
            const mine = run += 1;
            const found = await this.room.search(input.value);
            if (mine !== run) return;
            fill(results, found.map((message) => h('button', { type: 'button', class: 'result', onclick: () => this.app.view.jumpTo(message.msgId) },
                h('span', { class: 'muted small' }, `${this.room.session.people.nameOf(message.userId) ?? message.from} · ${dayName(message.timestamp)}, ${clock(message.timestamp)}`),
                h('span', {}, message.text.slice(0, 200)))),
            !found.length && input.value && h('p', { class: 'muted small' }, 'Nothing on this device matches.'));
        };
        input.addEventListener('input', () => {
            clearTimeout(timer);
            timer = setTimeout(look, 150);
        });
        fill(this.element, this.#head('Search'), input, results);
        queueMicrotask(() => {
            if (this.app.query) {
                input.value = this.app.query;
                this.app.query = undefined;
                look();
            }
            input.focus();
        });
    }
}
