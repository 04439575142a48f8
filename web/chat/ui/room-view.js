// The middle column: one room.
import { Composer } from './composer.js';
import { confirm } from './dialogs.js';
import { announce, h, icon, perFrame, refill, toast, tool } from './dom.js';
import { dayName, dayOf, listNames } from './format.js';
import { messageView } from './message.js';
import { openEmoji } from './popover.js';
import { VirtualList } from './virtual-list.js';

export class RoomView {
    #stop = [];
    #older;
    #isAllLoaded = false;
    #events = [];
    #warnings = new Map();

    constructor(app, room) {
        this.app = app;
        this.room = room;
        this.header = h('header');
        this.banners = h('div', { class: 'banners' });
        this.callPlace = h('div');
        this.scroller = h('div', { class: 'timeline', role: 'feed', 'aria-label': 'Messages', tabindex: '0', onkeydown: (event) => this.#walk(event) }, h('div', { class: 'spacer' }), h('div', { class: 'window' }));
        this.jump = h('button', { type: 'button', class: 'jump', hidden: true, onclick: () => this.list.scrollToEnd() }, icon('down'), h('span', {}, 'Latest'));
        this.typing = h('div', { class: 'typing truncate', 'aria-live': 'off' });
        this.stage = h('div', { class: 'stage' }, this.scroller, this.jump, this.typing);
        this.composer = new Composer(room, { command: (action, argument) => app.command(action, argument, room) });
        this.top = h('div', {}, this.banners, this.callPlace);
        this.element = h('main', { class: 'main' }, this.header, this.top, this.stage, this.composer.element);
        this.list = new VirtualList(this.scroller, {
            key: (item) => item.key,
            render: (item, index) => this.#render(item, index),
            onNearTop: () => this.#loadOlder(),
        });
        this.scroller.addEventListener('scroll', () => { this.jump.hidden = this.list.distanceToEnd < 240; }, { passive: true });
        this.rebuild = perFrame(() => this.#rebuild());
        this.updateFrame = perFrame(() => this.#frame());
        this.#listen();
        this.#frame();
        this.#rebuild();
        for (const [uid, { wasVerified }] of room.secrecy.marks.changed) this.#warn(uid, wasVerified);
        this.#showAsking();
    }

    /** To be called once the element is in the page. */
    shown() {
        this.room.comeBack().catch((error) => toast(error.message));
        this.#look();
        this.list.scrollToEnd();
        if (matchMedia('(hover: hover)').matches) this.composer.focus();
    }

    destroy() {
        this.room.isOpen = false;
        this.#stop.forEach((stop) => stop());
        this.list.destroy();
    }

    /** In a tab that nobody sees nothing is read. */
    #look() {
        this.room.isOpen = document.visibilityState === 'visible';
        if (!this.room.isOpen) return;
        this.room.unread = 0;
        this.app.session.emit('rooms');
    }

    #listen() {
        const on = (name, action) => this.#stop.push(this.room.on(name, action));
        on('message', ({ what, message }) => (what === 'added' ? this.rebuild() : this.list.refresh(message.msgId)));
        on('arrived', (message) => {
            if (!this.room.isMine(message)) announce(`${message.from}: ${message.isLocked ? 'sealed message' : message.text || 'picture'}`);
            this.#look();
        });
        on('typing', () => this.#showTyping());
        on('change', () => this.updateFrame());
        on('people', () => this.updateFrame());
        on('joined', ({ name }) => this.#note(`${name} came in`));
        on('left', ({ name }) => this.#note(`${name} left`));
        on('gap', () => this.#note('You were away for a moment; messages of that time may be missing'));
        on('key', ({ isFirst }) => this.#note(isFirst ? 'You have the key: what is said from now on you can read' : 'This room has a new key'));
        on('key-changed', ({ uid, wasVerified }) => this.#warn(uid, wasVerified));
        on('key-verified', (uid) => this.#warnings.get(uid)?.remove());
        on('asked', () => this.#showAsking());
        on('banned', () => this.updateFrame());
        on('trouble', (error) => toast(error.message));
        const look = () => this.#look();
        document.addEventListener('visibilitychange', look);
        this.#stop.push(() => document.removeEventListener('visibilitychange', look));
    }

    // — Around the messages —

    #frame() {
        const { room, app } = this;
        const here = [...room.present.values()];
        refill(this.header,
            tool('back', 'Back to the list', () => app.showList(), { class: 'tool back' }),
            h('div', { class: 'grow' },
                h('h1', {}, h('span', { class: 'truncate' }, room.name), room.isEncrypted && icon('lock'), room.isEncrypted && h('span', { class: 'hidden' }, 'encrypted')),
                h('p', { class: 'sub truncate' }, this.#subtitle(here))),
            room.type !== 'text' && tool('video', 'Call', () => app.calls.toggle(room), { 'aria-pressed': String(app.calls.isIn(room)) }),
            tool('search', 'Search this room', () => app.showDetails('search'), { 'aria-pressed': String(app.details === 'search') }),
            tool('people', 'About this room', () => app.showDetails('room'), { 'aria-pressed': String(app.details === 'room') }));
        const { state } = room.secrecy;
        const isLocked = state === 'locked';
        this.stage.hidden = isLocked;
        this.composer.element.hidden = isLocked;
        this.#showLocked(isLocked);
        this.#showWaiting(state === 'waiting', here.some(({ uid }) => uid !== room.me.uid));
        this.#showDowngraded();
        this.composer.update();
    }

    /** Made once, for people come and go while somebody types a password. */
    #showLocked(isLocked) {
        if (isLocked === Boolean(this.lockedView)) return;
        const hadFocus = this.lockedView?.contains(document.activeElement);
        this.lockedView?.remove();
        this.lockedView = isLocked ? this.#locked() : undefined;
        if (isLocked) this.element.insertBefore(this.lockedView, this.stage);
        else if (hadFocus) this.composer.focus();
    }

    #showWaiting(isWaiting, isSomebodyHere) {
        const { room } = this;
        if (!isWaiting) {
            this.waiting?.remove();
            this.waiting = undefined;
            return;
        }
        this.waiting ??= h('div', { class: 'banner' });
        refill(this.waiting, icon('key'),
            h('p', {}, isSomebodyHere ? `Waiting for somebody here to send the key.${room.hasPassword ? ' If it does not come, the password may be wrong.' : ''}` : 'Nobody with the key is here yet. It comes as soon as somebody is.'),
            room.hasPassword && h('button', { type: 'button', class: 'button small', onclick: () => room.secrecy.giveUpPassword() }, 'Other password'));
        if (!this.waiting.isConnected) this.banners.append(this.waiting);
    }

    #showDowngraded() {
        if (Boolean(this.downgraded) === this.room.isDowngraded) return;
        this.downgraded?.remove();
        this.downgraded = undefined;
        if (!this.room.isDowngraded) return;
        this.downgraded = h('div', { class: 'banner warn', role: 'alert' }, icon('warn'), h('p', {}, 'Somebody has marked this room as not encrypted. What you write here is sealed all the same; ask whoever runs the room.'));
        this.banners.append(this.downgraded);
    }

    #subtitle(here) {
        const { room } = this;
        if (room.isDirect) return here.some(({ uid }) => uid === room.peer) ? 'Here now' : 'Not here';
        const others = here.filter(({ uid }) => uid !== room.me.uid).map(({ name }) => name);
        const people = others.length ? `${here.length} here: ${listNames(others)}` : 'Only you are here';
        return room.topic ? `${room.topic} · ${people}` : people;
    }

    #locked() {
        const { room } = this;
        const input = h('input', { class: 'input', type: 'password', id: 'room-password', autocomplete: 'off', required: true, maxlength: 128 });
        const problem = h('p', { class: 'note bad', role: 'alert', hidden: true });
        const button = h('button', { class: 'button primary' }, 'Unlock');
        return h('div', { class: 'locked' }, h('form', {
            onsubmit: async (event) => {
                event.preventDefault();
                button.disabled = true;
                button.textContent = 'Checking…';
                const result = await room.secrecy.unlock(input.value).catch((error) => error.message);
                button.disabled = false;
                button.textContent = 'Unlock';
                if (result === 'asked') return;
                problem.hidden = false;
                problem.textContent = result === 'wrong' ? 'That is not the password.' : 'This room does not tell how its password is checked. Ask somebody inside to change it.';
            },
        }, h('span', { class: 'lockmark' }, icon('lock')), h('h2', {}, 'This room has a password'),
        h('p', { class: 'muted' }, 'Members check it before they hand over the key. It is never sent.'),
        h('div', { class: 'field' }, h('label', { for: 'room-password' }, 'Password'), input), problem, button));
    }

    #warn(uid, wasVerified) {
        this.#warnings.get(uid)?.remove();
        const name = this.room.nameOf(uid);
        const banner = h('div', { class: 'banner warn', role: 'alert' }, icon('warn'), h('p', {}, `The key of ${name} has changed${wasVerified ? ', although you had compared it' : ''}. They may have a new device, or somebody is between you.`),
            h('button', { type: 'button', class: 'button small', onclick: () => this.app.openProfile(uid, name) }, 'Compare'),
            tool('close', 'Dismiss', () => {
                banner.remove();
                this.room.secrecy.marks.dismiss(uid);
            }));
        this.#warnings.set(uid, banner);
        this.banners.append(banner);
    }

    /** Who waits to be let in, one at a time. Nobody answers by a key that was meant for the message they write. */
    #showAsking() {
        const { secrecy, session } = this.room;
        const [one] = secrecy.admissions.waiting.values();
        if (this.asking?.one === one) return;
        this.asking?.banner.remove();
        this.asking = undefined;
        if (!one) return;
        const answer = (text, isAdmitted) => h('button', { type: 'button', class: 'button small', disabled: true, onclick: () => secrecy.answer(one, isAdmitted) }, text);
        const buttons = [answer('Turn away', false), answer('Let in', true)];
        // What appears under a hand that clicks is not meant by it.
        setTimeout(() => buttons.forEach((button) => { button.disabled = false; }), 1000);
        const name = session.people.nameOf(one.uid);
        const wish = one.brings ? 'offers the key of this room. If you take it, they can read what you write.' : 'asks for the key of this room and could read what is said from now on.';
        const banner = h('div', { class: 'banner', role: 'status' }, icon('key'), h('div', { class: 'grow' },
            h('p', {}, name ? `Somebody who says they are ${name} ${wish}` : `Somebody ${wish}`), h('p', { class: 'small truncate' }, `User id ${one.uid}`), h('p', { class: 'fingerprint' }, one.fingerprint)), buttons);
        this.asking = { one, banner };
        this.banners.append(banner);
    }

    #showTyping() {
        const names = [...this.room.typing.values()].map(({ name }) => name);
        this.typing.textContent = names.length ? `${listNames(names)} ${names.length > 1 ? 'are' : 'is'} typing…` : '';
    }

    // — The messages —

    #note(text) {
        this.#events.push({ key: `event-${this.#events.length}`, text, timestamp: Date.now() });
        if (this.#events.length > 200) this.#events.shift();
        this.rebuild();
    }

    #rebuild() {
        const items = [];
        const events = [...this.#events];
        let day;
        let before;
        const enter = (time) => {
            const today = dayOf(time);
            if (today === day) return;
            items.push({ key: `day-${today}`, day: time });
            day = today;
            before = undefined;
        };
        const tell = (event) => {
            enter(event.timestamp);
            items.push(event);
            before = undefined;
        };
        for (const message of this.room.timeline.list) {
            while (events.length && events[0].timestamp < message.timestamp) tell(events.shift());
            enter(message.timestamp);
            items.push({ key: message.msgId, message, before });
            before = message;
        }
        events.forEach(tell);
        if (!items.length) items.push({ key: 'beginning', text: this.room.isEncrypted ? 'Sealed from end to end: you read what is said from now on.' : 'Nothing has been said here yet.' });
        this.list.set(items);
    }

    #render({ day, text, message, before }) {
        if (day) return h('div', { class: 'day', role: 'separator' }, dayName(day));
        if (!message) return h('div', { class: 'event' }, text);
        return messageView(message, { room: this.room, before, on: this.#actions });
    }

    #actions = {
        reply: (message) => this.composer.reply(message),
        edit: (message) => this.composer.edit(message),
        react: (message, emoji) => this.room.react(message.msgId, emoji).catch((error) => toast(error.message)),
        pick: (message, anchor) => openEmoji(anchor, (emoji) => this.#actions.react(message, emoji)),
        remove: async (message) => {
            if (await confirm('Delete this message?', 'It disappears for everybody.', 'Delete')) await this.room.remove(message).catch((error) => toast(error.message));
        },
        retry: (message) => message.retry?.().catch((error) => toast(error.message)),
        profile: (uid, name) => this.app.openProfile(uid, name),
        jump: (msgId) => this.jumpTo(msgId),
    };

    jumpTo(msgId) {
        const element = this.list.scrollTo(msgId);
        if (!element) return toast('That message is not on this device.');
        element.classList.add('found');
        element.focus({ preventScroll: true });
        setTimeout(() => element.classList.remove('found'), 2000);
        return undefined;
    }

    #loadOlder() {
        if (this.#isAllLoaded || this.#older) return;
        this.#older = this.room.loadOlder(400).then((isMore) => {
            this.#isAllLoaded = !isMore;
            this.#older = undefined;
        });
    }

    /** Arrow keys walk from message to message. */
    #walk(event) {
        if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
        const messages = [...this.scroller.querySelectorAll('.message')].filter((one) => !one.hidden);
        const index = messages.indexOf(event.target.closest?.('.message'));
        const next = index < 0 ? messages[messages.length - 1] : messages[index + (event.key === 'ArrowUp' ? -1 : 1)];
        if (!next) return;
        event.preventDefault();
        next.focus({ preventScroll: true });
        next.scrollIntoView({ block: 'nearest' });
    }
}
