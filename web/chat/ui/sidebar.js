// The left column: oneself, one's rooms, one's people, and what else there is.
import { avatar } from './avatar.js';
import { addFriend, createNamespace, createRoom, joinRoom, openGroup } from './dialogs.js';
import { h, icon, perFrame, refill, toast, tool } from './dom.js';
import { openMenu } from './popover.js';
import { openSettings } from './settings.js';

const stateText = {
    open: 'Connected', connecting: 'Connecting…', 'catching-up': 'Catching up…', waiting: 'Offline. Trying again…', closed: 'Disconnected', idle: 'Offline',
};

export class Sidebar {
    constructor(app) {
        this.app = app;
        this.session = app.session;
        // Who has no room yet wants to see which there are.
        this.tab = app.session.rooms.size ? 'rooms' : 'browse';
        this.self = h('div', { class: 'top' });
        this.tabs = h('div', { class: 'segments', role: 'tablist', 'aria-label': 'Lists' });
        this.list = h('div', { class: 'scroll', role: 'tabpanel', id: 'side-panel' });
        this.foot = h('div', { class: 'foot', role: 'status' });
        this.element = h('nav', { class: 'side', 'aria-label': 'Rooms and people' }, this.self, this.tabs, this.list, this.foot);
        this.update = perFrame(() => this.#show());
        const { session } = this;
        for (const name of ['rooms', 'me', 'state', 'room-change', 'room-people', 'room-arrived']) session.on(name, this.update);
        session.people.on('change', this.update);
        session.people.on('request', ({ name }) => toast(`${name} wants to be friends.`));
        session.directory.on('change', this.update);
        this.#show();
    }

    #show() {
        const { session } = this;
        refill(this.self,
            h('button', { type: 'button', class: 'self', onclick: () => openSettings(this.app), 'aria-label': `Settings of ${session.me.name}`, 'data-focus': 'self' },
                avatar(session.me.name, session.me.color, { status: session.me.status }),
                h('span', { class: 'grow' }, h('strong', { class: 'truncate' }, session.me.name), h('span', { class: 'muted small' }, session.me.isGuest ? 'Guest' : { online: 'Online', away: 'Away', dnd: 'Busy', invisible: 'Invisible' }[session.me.status]))),
            tool('search', 'Go to a room (Ctrl K)', () => this.app.openSwitcher()),
            tool('plus', 'New', (event) => openMenu(event.currentTarget, [
                { icon: 'hash', text: 'New room', action: async () => this.app.open(await createRoom(session)) },
                { icon: 'link', text: 'Join by invitation', action: async () => this.app.open(await joinRoom(session)) },
                { icon: 'addPerson', text: 'Add a friend', action: async () => (await addFriend(session)) && toast('Asked.') },
                { icon: 'folder', text: 'New group', action: async () => this.#pin(await createNamespace(session)) },
                { icon: 'search', text: 'Open a group', action: async () => this.#pin(await openGroup()) },
            ], 'New'), { 'data-focus': 'new' }));
        const requests = session.people.requests.size;
        const tabs = [['rooms', 'Rooms'], ['people', 'People'], ['browse', 'Browse']];
        refill(this.tabs, tabs.map(([name, text], index) => h('button', {
            type: 'button', role: 'tab', 'aria-selected': String(name === this.tab), 'aria-controls': 'side-panel', tabindex: name === this.tab ? '0' : '-1', 'data-focus': `tab-${name}`,
            onclick: () => this.#go(name),
            onkeydown: (event) => {
                const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                if (step) this.#go(tabs[(index + step + tabs.length) % tabs.length][0]);
            },
        }, text, name === 'people' && requests ? ` (${requests})` : '')));
        refill(this.list, this[`${this.tab}View`]());
        refill(this.foot, h('span', { class: `dot ${session.client.state}` }), stateText[session.client.state]);
    }

    /** Who has stepped into a room is done with looking around. */
    opened() {
        if (this.tab === 'browse') this.tab = 'rooms';
    }

    #go(name) {
        this.tab = name;
        this.#show();
        this.element.querySelector(`[data-focus="tab-${name}"]`)?.focus();
    }

    #pin(path) {
        if (!path) return;
        this.session.directory.pin(path);
        const pinned = new Set(this.app.settings.get('groups') ?? []);
        this.app.settings.set('groups', [...pinned.add(path)]);
        this.#go('browse');
    }

    #roomEntry(room) {
        const { session } = this;
        const isCurrent = room === this.app.room;
        const symbol = room.isDirect ? avatar(room.name, session.people.colorOf(room.peer), { size: 'small' }) : icon(room.hasPassword || room.isEncrypted ? 'lock' : room.type === 'video' ? 'video' : 'hash');
        return h('button', { type: 'button', class: `entry ${room.unread ? 'unread' : ''}`, 'aria-current': String(isCurrent), 'data-focus': `room-${room.rid}`, onclick: () => this.app.open(room) },
            symbol, h('span', { class: 'name truncate' }, room.name),
            room.unread ? h('span', { class: 'badge' }, room.unread > 99 ? '99+' : String(room.unread), h('span', { class: 'hidden' }, ' unread')) : undefined);
    }

    roomsView() {
        const all = [...this.session.rooms.values()];
        const rooms = all.filter((room) => !room.isDirect).sort((a, b) => a.name.localeCompare(b.name));
        const direct = all.filter((room) => room.isDirect).sort((a, b) => a.name.localeCompare(b.name));
        return [
            h('section', { 'aria-label': 'Rooms' }, h('header', {}, h('h3', {}, 'Rooms')), rooms.map((room) => this.#roomEntry(room)),
                !rooms.length && h('p', { class: 'muted small', style: { padding: '0.25rem 0.5rem' } }, 'None yet. Make one, or look under Browse.')),
            direct.length > 0 && h('section', { 'aria-label': 'Direct messages' }, h('header', {}, h('h3', {}, 'Direct messages')), direct.map((room) => this.#roomEntry(room))),
        ];
    }

    peopleView() {
        const { session } = this;
        const { people } = session;
        const converse = async (uid) => this.app.open(await session.converse(uid).catch((error) => toast(error.message)));
        const friends = [...people.friends.values()].sort((a, b) => a.name.localeCompare(b.name));
        return [
            people.requests.size > 0 && h('section', { 'aria-label': 'Requests' }, h('header', {}, h('h3', {}, 'Requests')), [...people.requests.values()].map((person) => h('div', { class: 'line' },
                h('button', { type: 'button', class: 'entry', onclick: () => this.app.openProfile(person.uid, person.name) }, avatar(person.name, person.color, { size: 'small' }), h('span', { class: 'name truncate' }, person.name)),
                tool('check', `Accept ${person.name}`, () => people.acceptRequest(person)), tool('close', `Decline ${person.name}`, () => people.declineRequest(person))))),
            h('section', { 'aria-label': 'Friends' }, h('header', {}, h('h3', {}, 'Friends'), tool('addPerson', 'Add a friend', async () => (await addFriend(session)) && toast('Asked.'))),
                friends.map(({ uid, name, color }) => h('div', { class: 'line' },
                    h('button', { type: 'button', class: 'entry', 'data-focus': `friend-${uid}`, onclick: () => converse(uid) }, avatar(name, color, { size: 'small' }), h('span', { class: 'name truncate' }, name)),
                    tool('info', `Profile of ${name}`, () => this.app.openProfile(uid, name)))),
                !friends.length && h('p', { class: 'muted small', style: { padding: '0.25rem 0.5rem' } }, 'Ask somebody by their user id, or from a room you share.')),
        ];
    }

    browseView() {
        const { session } = this;
        const { directory } = session;
        const { settings } = this.app;
        const listing = (rooms) => [...rooms].sort((a, b) => b.createdAt - a.createdAt).map((room) => h('button', {
            type: 'button', class: 'entry', 'data-focus': `listed-${room.rid}`, onclick: async () => this.app.open(await session.join(room.rid).catch((error) => toast(error.message))),
        }, icon(room.hasPassword ? 'lock' : room.type === 'video' ? 'video' : 'hash'), h('span', { class: 'name' }, h('span', { class: 'truncate' }, room.name), h('span', { class: 'sub truncate' }, `by ${room.creatorName}${session.rooms.has(room.rid) ? ' · joined' : ''}`))));
        const pinned = settings.get('groups') ?? [];
        const groups = [...new Set([...pinned, ...directory.publicGroups()])].sort();
        return [
            h('section', { 'aria-label': 'Public rooms' }, h('header', {}, h('h3', {}, 'Public rooms')), listing(directory.rooms.values()),
                !directory.rooms.size && h('p', { class: 'muted small', style: { padding: '0.25rem 0.5rem' } }, 'There are no public rooms yet.')),
            groups.length > 0 && h('section', { 'aria-label': 'Groups' }, h('header', {}, h('h3', {}, 'Groups')), groups.map((path) => {
                const isPinned = pinned.includes(path);
                const rooms = isPinned ? directory.pin(path) : undefined;
                return [h('div', { class: 'line' },
                    h('button', { type: 'button', class: 'entry', 'aria-expanded': String(isPinned), onclick: () => (isPinned ? this.#unpin(path) : this.#pin(path)) }, icon('folder'), h('span', { class: 'name truncate' }, path))),
                rooms ? listing(rooms.values()) : undefined];
            })),
        ];
    }

    #unpin(path) {
        this.session.directory.unpin(path);
        this.app.settings.set('groups', (this.app.settings.get('groups') ?? []).filter((one) => one !== path));
        this.#show();
    }
}
