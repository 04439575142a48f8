// The user's own things: name, status, looks, account.
import { fingerprint } from '../core/crypto.js';
import { statuses } from '../core/session.js';
import { avatar } from './avatar.js';
import { confirm, field, form, openDialog, segments } from './dialogs.js';
import { h, icon, toast } from './dom.js';

const statusNames = { online: 'Online', away: 'Away', dnd: 'Busy', invisible: 'Invisible' };

/** `app` brings theme, notifications, upgrade and sign-out. */
export function openSettings(app) {
    const { session } = app;
    return openDialog('Settings', (close) => {
        const name = field('Your name', { value: session.me.name, maxlength: 32, required: true });
        const copy = async () => {
            await navigator.clipboard?.writeText(session.me.uid).catch(() => {});
            toast('Your user id is copied.');
        };
        const element = form([
            h('div', { class: 'row' }, avatar(session.me.name, session.me.color, { size: 'large' }),
                h('div', { class: 'grow' }, h('strong', {}, session.me.name), h('div', { class: 'muted small truncate' }, session.me.uid),
                    h('button', { type: 'button', class: 'button quiet small', onclick: copy }, icon('link'), 'Copy user id'))),
            name.box,
            h('div', { class: 'field' }, h('span', { class: 'label' }, 'Status'), segments('Status', statuses.map((one) => [one, statusNames[one]]), { value: session.me.status, onchange: (status) => session.setStatus(status) })),
            h('div', { class: 'field' }, h('span', { class: 'label' }, 'Looks'), segments('Looks', [['auto', 'As the system'], ['light', 'Light'], ['dark', 'Dark']], { value: app.settings.get('theme') ?? 'auto', onchange: (theme) => app.setTheme(theme) })),
            h('div', { class: 'row' },
                h('button', { type: 'button', class: 'button small', onclick: () => app.allowNotifications() }, icon('bell'), 'Allow notifications'),
                session.me.isGuest && h('button', { type: 'button', class: 'button small', onclick: () => { close(); upgrade(app); } }, icon('person'), 'Keep this account')),
            h('div', { class: 'row' },
                h('button', { type: 'button', class: 'button quiet small', onclick: () => app.signOut() }, icon('leave'), 'Sign out'),
                h('button', { type: 'button', class: 'button quiet small danger', onclick: async () => (await confirm('Forget everything here?', 'Messages and keys of this device are erased. Encrypted messages cannot be read again without another device that has the key.', 'Erase and sign out')) && app.forget() }, icon('trash'), 'Erase this device')),
        ], {
            submit: 'Save',
            act: async () => {
                if (name.input.value !== session.me.name) await session.rename(name.input.value);
                close();
            },
        });
        return element;
    });
}

/** A guest takes a password and stays the same person. */
export function upgrade(app) {
    return openDialog('Keep this account', (close) => {
        const username = field('User name', { value: app.session.me.name, minlength: 2, maxlength: 32, required: true, autocomplete: 'username' });
        const password = field('Password', { type: 'password', minlength: 6, maxlength: 128, required: true, autocomplete: 'new-password' }, 'At least six characters.');
        return form([h('p', { class: 'muted' }, 'Your rooms, friends and keys stay as they are.'), username.box, password.box], {
            submit: 'Create account',
            act: async () => {
                await app.upgrade({ username: username.input.value, password: password.input.value });
                close();
                toast('Your account is made.');
            },
        });
    });
}

export function openProfile(app, uid, name) {
    const { session } = app;
    return openDialog('Profile', (close) => {
        const status = h('span', { class: 'muted small' }, 'Looking…');
        const prints = h('div', { class: 'stack' });
        const isFriend = session.people.friends.has(uid);
        const isSelf = uid === session.me.uid;
        const isKnown = Boolean(uid);
        if (isKnown) {
            session.people.profile(uid, { fresh: true }).then((profile) => {
                status.textContent = profile ? { online: 'Online', away: 'Away', dnd: 'Busy', offline: 'Offline' }[profile.status] : 'No profile';
            });
        }
        const room = app.room;
        if (room?.isEncrypted && isKnown && !isSelf) {
            room.secrecy.marks.of(uid).then((mark) => {
                if (!mark) return;
                prints.append(h('h3', {}, 'Key fingerprint'), h('p', { class: 'fingerprint' }, mark.fingerprint),
                    h('p', { class: 'muted small' }, mark.isVerified ? 'You have compared it.' : 'Compare it with what they see under your name, over another channel.'),
                    !mark.isVerified ? h('button', { type: 'button', class: 'button small', onclick: async () => { await room.secrecy.marks.verify(uid); close(); toast('Marked as compared.'); } }, icon('shield'), 'They are the same') : '');
            });
        }
        if (isKnown && !isSelf) {
            session.people.newKeys(uid).then(async (keys) => {
                if (!keys.length) return;
                const shown = await Promise.all(keys.map(fingerprint));
                prints.append(h('h3', {}, 'New signing key'), h('p', { class: 'muted small' }, 'They sign with a key that this device has not seen before: perhaps another device of theirs. Ask them over another channel.'),
                    ...shown.map((print) => h('p', { class: 'fingerprint' }, print)),
                    h('button', { type: 'button', class: 'button small', onclick: async () => { await session.people.accept(uid, keys); close(); toast('The key is accepted.'); } }, icon('shield'), 'Accept'));
            });
        }
        return h('div', {},
            h('div', { class: 'row' }, avatar(name, session.people.colorOf(uid), { size: 'large' }), h('div', { class: 'grow' }, h('strong', {}, name), h('div', { class: 'muted small truncate' }, uid ?? 'unknown user'), status)),
            prints,
            isKnown && !isSelf && h('div', { class: 'row' },
                isFriend
                    ? h('button', { type: 'button', class: 'button primary', onclick: async () => { close(); app.open(await session.converse(uid)); } }, 'Message')
                    : h('button', { type: 'button', class: 'button primary', onclick: async () => { await session.people.ask(uid).catch((error) => toast(error.message)); close(); toast('Asked.'); } }, icon('addPerson'), 'Ask to be friends'),
                isFriend && h('button', { type: 'button', class: 'button danger quiet', onclick: async () => { await session.people.removeFriend(uid); close(); } }, 'Remove friend')));
    });
}
