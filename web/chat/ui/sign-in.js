// The door: sign in, make an account, or come as a guest.
import { cleanName } from '../core/ids.js';
import { field } from './dialogs.js';
import { fill, h } from './dom.js';

const ways = {
    login: { tab: 'Sign in', button: 'Sign in', wants: ['username', 'password'], hint: 'Welcome back.' },
    register: { tab: 'Register', button: 'Create account', wants: ['username', 'password'], hint: 'Keeps your name, friends and rooms.' },
    guest: { tab: 'Guest', button: 'Come in', wants: ['name'], hint: 'No password. You can keep the account later.' },
};

/** `enter(way, fields)` signs in; what it throws is shown. */
export function signInView({ title, enter, way: first = 'login', isOpen = false, message }) {
    // A relay that knows no accounts asks for a name and nothing else.
    let way = isOpen ? 'guest' : first;
    const card = h('div', { class: 'card' });
    const tabs = Object.entries(isOpen ? { guest: ways.guest } : ways).map(([name, { tab }]) => h('button', {
        type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'door-panel',
        onclick: () => {
            way = name;
            show();
        },
        onkeydown: (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (!step) return;
            const names = tabs.map((tab) => tab.id.slice('tab-'.length));
            way = names[(names.indexOf(name) + step + names.length) % names.length];
            show();
            tabs[names.indexOf(way)].focus();
        },
    }, tab));

    function show(problem) {
        const { button, wants, hint } = ways[way];
        tabs.forEach((tab) => {
            const isChosen = tab.id === `tab-${way}`;
            tab.setAttribute('aria-selected', String(isChosen));
            tab.tabIndex = isChosen ? 0 : -1;
        });
        const username = field('User name', { name: 'username', autocomplete: 'username', minlength: 2, maxlength: 32, required: true, autocapitalize: 'none', spellcheck: 'false' });
        const password = field('Password', { name: 'password', type: 'password', autocomplete: way === 'register' ? 'new-password' : 'current-password', minlength: 6, maxlength: 128, required: true }, way === 'register' ? 'At least six characters.' : undefined);
        const name = field('Your name', { name: 'name', autocomplete: 'nickname', maxlength: 32, required: true });
        const fields = { username, password, name };
        const alert = h('p', { class: 'note bad', role: 'alert', hidden: !problem }, problem);
        const submit = h('button', { class: 'button primary wide' }, button);
        const form = h('form', {
            id: 'door-panel', role: 'tabpanel', 'aria-labelledby': `tab-${way}`,
            onsubmit: async (event) => {
                event.preventDefault();
                submit.disabled = true;
                alert.hidden = true;
                try {
                    await enter(way, {
                        username: username.input.value.trim(), password: password.input.value, name: cleanName(name.input.value, 'Guest'),
                    });
                } catch (error) {
                    alert.hidden = false;
                    alert.textContent = error.retryAfter ? `${error.message} Try again in ${error.retryAfter} s.` : error.message;
                    submit.disabled = false;
                    fields[wants[wants.length - 1]].input.focus();
                }
            },
        }, wants.map((want) => fields[want].box), alert, submit, h('p', { class: 'muted small' }, isOpen ? 'No password: this relay is open to everybody.' : hint));
        fill(card, h('div', { class: 'segments', role: 'tablist', 'aria-label': 'Ways in' }, tabs), form);
    }

    show(message);
    return h('div', { class: 'door' }, h('main', {},
        h('div', { class: 'brand' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), h('h1', {}, title)), card));
}
