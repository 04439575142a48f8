// The page: who is signed in, what is shown, and what the keyboard does.
import { SignIn } from '../sdk/auth.js';
import { commandList } from './core/commands.js';
import { loadConfig } from './core/config.js';
import { colorFor, colors, isColor, isUserId, uuid } from './core/ids.js';
import { Session } from './core/session.js';
import { openStore } from './core/store.js';
import { Calls } from './ui/calls.js';
import { Details } from './ui/details.js';
import { confirm, createRoom, switcher } from './ui/dialogs.js';
import { fill, h, perFrame, toast } from './ui/dom.js';
import { doorsView } from './ui/doors.js';
import { closePopover } from './ui/popover.js';
import { RoomView } from './ui/room-view.js';
import { openProfile, openSettings } from './ui/settings.js';
import { Sidebar } from './ui/sidebar.js';
import { signInView } from './ui/sign-in.js';

const prefix = 'clasp-relay-chat.';

/** Small things that outlive the page; of everybody on this device, or of one user. */
class Settings {
    constructor(scope = '') {
        this.prefix = prefix + (scope ? `${scope}.` : '');
    }

    get(name) {
        try {
            return JSON.parse(localStorage.getItem(this.prefix + name)) ?? undefined;
        } catch {
            return undefined;
        }
    }

    set(name, value) {
        try {
            if (value === undefined) localStorage.removeItem(this.prefix + name);
            else localStorage.setItem(this.prefix + name, JSON.stringify(value));
        } catch {
            // A full or forbidden store costs comfort, not messages.
        }
    }

    clear() {
        for (const name of Object.keys(localStorage)) if (name.startsWith(this.prefix)) localStorage.removeItem(name);
    }
}

class App {
    device = new Settings();
    settings = new Settings();
    calls = new Calls(this);
    details;
    room;

    async start() {
        this.root = document.getElementById('app');
        this.setTheme(this.device.get('theme') ?? 'auto');
        this.config = await loadConfig();
        this.door = new SignIn(this.config.auth);
        document.title = this.config.title;
        document.addEventListener('keydown', (event) => this.#key(event));
        const kept = this.device.get('account');
        if (!kept || !isUserId(kept.uid)) return this.#showDoor();
        // The relay may be away; the page goes on trying, and says so.
        const patience = setTimeout(() => {
            const line = this.root.querySelector('.splash p');
            if (line) line.textContent = 'The relay cannot be reached. Trying again…';
        }, 4000);
        await this.#enter(kept).catch((error) => this.#showDoor(error.message)).finally(() => clearTimeout(patience));
        return undefined;
    }

    // — Signing in and out —

    #showDoor(message) {
        // Strangers may look around first; who has an account comes to sign in.
        const way = this.device.get('hasAccount') ? 'login' : 'guest';
        fill(this.root, signInView({ title: this.config.title, message, way, isOpen: this.config.isOpen, enter: (choice, fields) => this.#signIn(choice, fields) }));
        this.root.querySelector('form input').focus();
    }

    async #signIn(way, { username, password, name }) {
        if (way === 'guest') {
            const kept = this.device.get('guest');
            return this.#enter(await this.#asGuest(name, kept?.uid ?? uuid(), kept?.token).catch((error) => {
                // The id may have become somebody else's. If it is the name that is taken, we are told so again.
                if (error.status !== 409 || !kept) throw error;
                return this.#asGuest(name, uuid());
            }));
        }
        const { token, userId, username: shown } = await this.door[way]({ username, password });
        return this.#enter({ uid: userId, name: shown, token });
    }

    /** A relay without accounts asks nobody; it has no such route. */
    async #asGuest(name, uid, kept) {
        this.device.set('guest', { uid, token: kept });
        if (this.config.isOpen) return { uid, name, isGuest: true, isOpen: true };
        try {
            const { token, userId, username } = await this.door.guest({ name, userId: uid, token: kept });
            this.device.set('guest', { uid: userId, token });
            return { uid: userId, name: username ?? name, token, isGuest: true };
        } catch (error) {
            if (error.status === 404 || error.status === 405) return { uid, name, isGuest: true, isOpen: true };
            throw error;
        }
    }

    async #enter(account) {
        if (!isUserId(account.uid)) throw new Error('The sign-in service gave no user id.');
        const own = new Settings(account.uid);
        const color = isColor(own.get('color')) ? own.get('color') : account.isGuest ? colors[Math.floor(Math.random() * colors.length)] : colorFor(account.uid);
        own.set('color', color);
        this.account = account;
        const session = new Session({
            url: this.config.relay,
            me: { uid: account.uid, name: own.get('name') ?? account.name, color, isGuest: account.isGuest, status: own.get('status') ?? 'online' },
            settings: own,
            store: await openStore(account.uid, () => this.#erased(session)),
            token: ({ refused }) => this.#token(refused),
        });
        this.device.set('account', account);
        if (!account.isGuest) this.device.set('hasAccount', true);
        this.session = session;
        this.settings = { get: (name) => (name === 'theme' ? this.device.get(name) : own.get(name)), set: (name, value) => own.set(name, value) };
        session.on('close', (error) => this.#closed(session, error));
        session.on('trouble', (error) => toast(error.message));
        session.on('room-arrived', (room, message) => this.#notify(room, message));
        session.on('room-banned', (room) => {
            this.calls.endIn(room);
            toast(`You are banned from ${room.name}.`);
        });
        session.on('rooms', () => this.#title());
        session.on('expiring', () => this.door.refresh(this.account.token).catch(() => {}));
        session.on('room-asked', (room) => room !== this.room && room.secrecy.admissions.waiting.size > 0 && toast(`Somebody waits for an answer in ${room.name}.`));
        await session.start();
        this.#showFrame();
    }

    /**
     * A guest whose token has run out comes in again as the same guest. Of an account there is one token; if the connection
     * was made with an older one, as that of a guest who has registered since, it helps, and else a password is needed.
     */
    async #token(refused) {
        const { account } = this;
        if (account.isOpen) return '';
        if (!refused || !account.isGuest) return account.token;
        this.account = await this.#asGuest(account.name, account.uid, account.token);
        this.device.set('account', this.account);
        return this.account.token;
    }

    #closed(session, error) {
        if (session !== this.session) return;
        this.#cleanUp();
        if (error.name === 'AuthError') {
            this.device.set('account', undefined);
            this.#showDoor('Please sign in again.');
        } else {
            this.#showDoor(error.message);
        }
    }

    /** Nobody is signed in any more, and nothing on the page may know who was. */
    #cleanUp() {
        document.querySelectorAll('dialog').forEach((dialog) => dialog.close());
        closePopover();
        this.calls.end();
        this.panel?.destroy();
        this.view?.destroy();
        this.session = this.frame = this.view = this.room = this.side = this.panel = this.details = undefined;
        this.settings = this.device;
        this.#title();
    }

    /** This device forgets first: the relay, which may be away, is told after that. */
    async #depart() {
        const { session, account } = this;
        this.device.set('account', undefined);
        this.#cleanUp();
        fill(this.root, h('div', { class: 'splash', role: 'status' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), h('p', { class: 'muted small' }, 'Signing out…')));
        if (account.token) this.door.logout(account.token).catch(() => {});
        await session.stop();
    }

    async signOut() {
        await this.#depart();
        this.#showDoor();
    }

    async forget() {
        const { session, account } = this;
        await this.#depart();
        await session.store.erase();
        session.settings.clear();
        if (account.isGuest) this.device.set('guest', undefined);
        this.#showDoor();
    }

    async #erased(session) {
        if (session !== this.session) return;
        await this.#depart();
        this.#showDoor('This device was erased in another tab.');
    }

    async upgrade({ username, password }) {
        const { token, userId, username: shown } = await this.door.register({ username, password, userId: this.account.uid, guestToken: this.account.token });
        this.account = { uid: userId, name: shown, token };
        this.device.set('account', this.account);
        this.device.set('hasAccount', true);
        this.device.set('guest', undefined);
        this.session.me.isGuest = false;
        await this.session.rename(shown);
    }

    // — What is shown —

    #showFrame() {
        this.side = new Sidebar(this);
        this.frame = h('div', { class: 'frame', 'data-view': 'list' }, this.side.element, h('main'));
        this.#showBlank();
        fill(this.root, this.frame);
        const join = new URLSearchParams(location.search).get('join');
        if (join) {
            history.replaceState(null, '', location.pathname);
            this.session.join(join).then((room) => this.open(room), (error) => toast(error.message));
        } else {
            const last = this.session.rooms.get(this.settings.get('last'));
            if (last && matchMedia('(min-width: 46rem)').matches) this.open(last);
        }
    }

    #showBlank() {
        const rooms = h('div', { class: 'doors' });
        this.callPlace = h('div');
        const welcome = h('main', { class: 'main blank' }, this.callPlace, h('div', { class: 'empty' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), h('h1', {}, `Hello, ${this.session.me.name}`), rooms,
            h('button', { type: 'button', class: 'button primary', onclick: async () => this.open(await createRoom(this.session)) }, 'New room')));
        const { session } = this;
        const show = () => fill(rooms, doorsView(session, (rid) => this.#step(rid)));
        show();
        const later = perFrame(show);
        this.frame.children[1].replaceWith(welcome);
        this.calls.show();
        const stop = session.directory.on('change', () => (welcome.isConnected ? later() : stop()));
    }

    async #step(rid) {
        this.open(await this.session.join(rid).catch((error) => toast(error.message)));
    }

    open(room) {
        if (!room) return;
        if (room !== this.room) {
            this.view?.destroy();
            this.room = room;
            this.view = new RoomView(this, room);
            this.frame.children[1].replaceWith(this.view.element);
            this.settings.set('last', room.rid);
            this.side.opened();
            this.callPlace = this.view.callPlace;
            this.calls.show();
            this.view.shown();
            if (this.details) this.showDetails(this.details);
        }
        this.frame.dataset.view = 'room';
        this.side.update();
        this.#title();
    }

    showList() {
        this.frame.dataset.view = 'list';
        this.showDetails(undefined);
        this.view?.destroy();
        this.view = this.room = undefined;
        this.#showBlank();
        this.side.update();
    }

    showDetails(what) {
        const isSame = this.panel && this.details === what && this.panel.room === this.room;
        this.panel?.destroy();
        this.panel?.element.remove();
        this.panel = undefined;
        this.details = isSame ? undefined : what;
        if (this.details && this.room) {
            this.panel = new Details(this, this.room, this.details);
            this.frame.append(this.panel.element);
        }
        this.frame.classList.toggle('with-details', Boolean(this.panel));
        this.view?.updateFrame();
    }

    openSwitcher() {
        if (!document.querySelector('dialog')) switcher(this.session, (room) => this.open(room));
    }

    openProfile(uid, name) {
        openProfile(this, uid, name);
    }

    setTheme(theme) {
        this.device.set('theme', theme === 'auto' ? undefined : theme);
        if (theme === 'auto') delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = theme;
    }

    #title() {
        const { unread = 0 } = this.session ?? {};
        const place = this.room ? `${this.room.name} · ${this.config.title}` : this.config.title;
        document.title = unread ? `(${unread}) ${place}` : place;
    }

    #key(event) {
        if (!this.session || !this.frame) return;
        if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
            event.preventDefault();
            this.openSwitcher();
        } else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
            event.preventDefault();
            const rooms = [...this.session.rooms.values()].sort((a, b) => a.isDirect - b.isDirect || a.name.localeCompare(b.name));
            const index = rooms.indexOf(this.room) + (event.key === 'ArrowUp' ? -1 : 1);
            this.open(rooms[(index + rooms.length) % rooms.length]);
        } else if (event.key === 'Escape' && this.details && !document.querySelector('dialog[open]')) {
            this.showDetails(undefined);
        }
    }

    // — What one does —

    async command(action, argument, room) {
        switch (action) {
        case 'rename': await this.session.rename(argument); break;
        case 'status': await this.session.setStatus(argument); break;
        case 'leave': await this.leave(room); break;
        case 'search':
            this.query = argument;
            this.details = undefined;
            this.showDetails('search');
            break;
        case 'help': toast(commandList.map(({ name }) => `/${name}`).join('  ')); break;
        default:
        }
    }

    async leave(room) {
        if (!await confirm(`Leave ${room.name}?`, 'What this device has kept of it is erased.', 'Leave')) return;
        this.calls.endIn(room);
        this.showList();
        await this.session.leave(room);
    }

    async deleteRoom(room) {
        this.calls.endIn(room);
        this.showList();
        await this.session.deleteRoom(room);
    }

    async copyInvitation(room) {
        const link = new URL(`?join=${encodeURIComponent(room.rid)}`, location.href.split(/[?#]/)[0]).href;
        await navigator.clipboard?.writeText(link).catch(() => {});
        toast(`Invitation copied: ${link}`);
    }

    async allowNotifications() {
        const answer = await globalThis.Notification?.requestPermission();
        toast(answer === 'granted' ? 'You will hear of direct messages and of your name.' : 'The browser does not allow it.');
    }

    #notify(room, message) {
        this.#title();
        if (!this.session || room.isMine(message) || document.visibilityState === 'visible' || this.session.me.status === 'dnd') return;
        if (globalThis.Notification?.permission !== 'granted') return;
        const isMention = message.text.toLocaleLowerCase().includes(`@${this.session.me.name.toLocaleLowerCase()}`);
        if (!room.isDirect && !isMention) return;
        // What an encrypted room says is not for the system's notification list.
        const body = room.isEncrypted ? 'New message' : message.text.slice(0, 120);
        const note = new Notification(`${message.from} in ${room.name}`, { body, tag: room.rid });
        note.onclick = () => {
            window.focus();
            this.open(room);
        };
    }

    openSettings() {
        openSettings(this);
    }
}

const app = new App();
app.start().catch((error) => {
    fill(document.getElementById('app'), h('div', { class: 'splash' }, h('p', { class: 'note bad', role: 'alert' }, error.message)));
    throw error;
});
