// Questions that want an answer before one goes on. The browser's own dialog keeps the focus inside.
import { isNamespace } from '../core/ids.js';
import { fill, h, icon, pointAt, tool } from './dom.js';

/** Opens a dialog; `build(close)` gives its content. The promise is kept with what `close` was called with. */
export function openDialog(title, build) {
    return new Promise((resolve) => {
        const dialog = h('dialog', { 'aria-label': title });
        let result;
        const close = (value) => {
            result = value;
            dialog.close();
        };
        const content = build(close, dialog);
        content.prepend(h('header', {}, h('h2', {}, title), tool('close', 'Close', () => close())));
        dialog.append(content);
        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve(result);
        });
        dialog.addEventListener('click', (event) => event.target === dialog && close());
        document.body.append(dialog);
        dialog.showModal();
        (content.querySelector('[autofocus]') ?? content.querySelector('.input, .button'))?.focus();
    });
}

let fieldCount = 0;

export function field(label, attributes = {}, hint) {
    fieldCount += 1;
    const id = `field-${fieldCount}`;
    const input = h('input', { class: 'input', id, 'aria-describedby': hint && `${id}-hint`, autocomplete: 'off', ...attributes });
    const box = h('div', { class: 'field' }, h('label', { for: id }, label), input, hint && h('span', { class: 'hint', id: `${id}-hint` }, hint));
    return { box, input };
}

export function check(label, hint, attributes = {}) {
    const input = h('input', { type: 'checkbox', ...attributes });
    return { box: h('label', { class: 'check' }, input, h('span', {}, label, hint && h('small', {}, hint))), input };
}

/** A form whose submit runs `act`; its error is shown inside, its buttons wait meanwhile. */
export function form(children, { submit, act, isDanger }) {
    const problem = h('p', { class: 'note bad', role: 'alert', hidden: true });
    const button = h('button', { class: `button ${isDanger ? 'danger' : 'primary'}` }, submit);
    const element = h('form', {
        onsubmit: async (event) => {
            event.preventDefault();
            problem.hidden = true;
            button.disabled = true;
            try {
                await act();
            } catch (error) {
                problem.hidden = false;
                fill(problem, error.message);
            } finally {
                button.disabled = false;
            }
        },
    }, children, problem, h('div', { class: 'row end' }, button));
    return element;
}

export function segments(label, options, { value, onchange }) {
    const buttons = options.map(([name, text]) => h('button', {
        type: 'button', role: 'radio', 'aria-checked': String(name === value),
        onclick: () => {
            buttons.forEach((button, index) => button.setAttribute('aria-checked', String(options[index][0] === name)));
            onchange(name);
        },
    }, text));
    return h('div', { class: 'segments', role: 'radiogroup', 'aria-label': label }, buttons);
}

export function confirm(title, text, action, { isDanger = true } = {}) {
    return openDialog(title, (close) => form([h('p', {}, text)], { submit: action, isDanger, act: async () => close(true) }));
}

export function createRoom(session) {
    return openDialog('New room', (close) => {
        const name = field('Name', { maxlength: 32, required: true, autofocus: true });
        const isPublic = check('Listed for everybody', 'Otherwise people come by an invitation link.', { checked: true });
        const encrypted = check('Encrypted from end to end', 'Only members can read; the relay cannot. This stays on.');
        const password = field('Password', { type: 'password', autocomplete: 'new-password', maxlength: 128 }, 'Optional. Whoever joins has to know it; the room is then encrypted.');
        const namespace = field('Group', { maxlength: 128, placeholder: 'team/design' }, 'Optional.');
        let type = 'text';
        password.input.addEventListener('input', () => {
            if (password.input.value) encrypted.input.checked = true;
            encrypted.input.disabled = Boolean(password.input.value);
        });
        return form([
            name.box, segments('Kind', [['text', 'Text'], ['combo', 'Text and video'], ['video', 'Video']], { value: type, onchange: (value) => { type = value; } }),
            isPublic.box, encrypted.box, password.box, namespace.box,
        ], {
            submit: 'Create room',
            act: async () => close(await session.create({
                name: name.input.value, type, isPublic: isPublic.input.checked, encrypted: encrypted.input.checked,
                password: password.input.value || undefined, namespace: namespace.input.value.trim() || undefined,
            })),
        });
    });
}

export function createNamespace(session) {
    return openDialog('New group', (close) => {
        const path = field('Name', { required: true, maxlength: 128, placeholder: 'team' }, 'Letters, digits, - and _; use / for groups in groups.');
        const description = field('Description', { maxlength: 200 });
        const isPublic = check('Listed for everybody', undefined, { checked: true });
        return form([path.box, description.box, isPublic.box], {
            submit: 'Create group',
            act: async () => {
                const name = groupName(path.input.value);
                await session.directory.createNamespace({ path: name, description: description.input.value, isPublic: isPublic.input.checked });
                close(name);
            },
        });
    });
}

/** Groups that are not listed, and groups in groups, are found by their name. */
export function openGroup() {
    return openDialog('Open a group', (close) => {
        const path = field('Name of the group', { required: true, maxlength: 128, placeholder: 'team/design', autofocus: true });
        return form([path.box], {
            submit: 'Open',
            act: async () => {
                const name = groupName(path.input.value);
                if (!isNamespace(name)) throw new Error('A group is called by letters, digits, - and _, with / between its parts.');
                close(name);
            },
        });
    });
}

const groupName = (text) => text.trim().toLowerCase().replace(/\s+/g, '-');

export function addFriend(session) {
    return openDialog('Add a friend', (close) => {
        const uid = field('Their user id', { required: true, maxlength: 64, autofocus: true }, 'They find it under their own name, in Settings.');
        return form([uid.box], {
            submit: 'Send request',
            act: async () => {
                await session.people.ask(uid.input.value.trim());
                close(true);
            },
        });
    });
}

export function joinRoom(session) {
    return openDialog('Join by invitation', (close) => {
        const link = field('Invitation link or room id', { required: true, autofocus: true });
        return form([link.box], {
            submit: 'Join',
            act: async () => {
                const text = link.input.value.trim();
                close(await session.join(/[?&]join=([\w-]{1,64})/.exec(text)?.[1] ?? text));
            },
        });
    });
}

/** Jumps anywhere by typing a part of its name. */
export function switcher(session, open) {
    return openDialog('Go to', (close) => {
        const input = h('input', { class: 'input', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'switcher', 'aria-autocomplete': 'list', 'aria-label': 'Room or friend', placeholder: 'Room or friend', autocomplete: 'off', autofocus: true });
        const list = h('div', { id: 'switcher', role: 'listbox', class: 'results' });
        let chosen = 0;
        let found = [];
        const show = () => {
            const words = input.value.toLocaleLowerCase().trim();
            const rooms = [...session.rooms.values()].map((room) => ({ text: room.name, symbol: room.isDirect ? 'person' : 'hash', go: () => open(room) }));
            const friends = [...session.people.friends.values()].map(({ uid, name }) => ({ text: name, symbol: 'person', go: async () => open(await session.converse(uid)) }));
            found = [...rooms, ...friends].filter(({ text }) => text.toLocaleLowerCase().includes(words)).slice(0, 8);
            chosen = Math.min(chosen, Math.max(0, found.length - 1));
            fill(list, found.map(({ text, symbol, go }, index) => h('button', {
                type: 'button', class: 'entry', role: 'option', id: `switcher-${index}`, 'aria-selected': String(index === chosen), 'aria-current': String(index === chosen), tabindex: '-1',
                onclick: () => {
                    close();
                    go();
                },
            }, icon(symbol), h('span', { class: 'name truncate' }, text))), !found.length && h('p', { class: 'muted small' }, 'Nothing found.'));
            pointAt(input, list.children[chosen]);
        };
        input.addEventListener('input', () => { chosen = 0; show(); });
        input.addEventListener('keydown', (event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                event.preventDefault();
                chosen = (chosen + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % Math.max(1, found.length);
                show();
            } else if (event.key === 'Enter' && found[chosen]) {
                event.preventDefault();
                close();
                found[chosen].go();
            }
        });
        show();
        return h('div', {}, input, list);
    });
}
