import './setup.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../../chat/core/commands.js';
import { loadConfig } from '../../chat/core/config.js';
import { cleanName, cleanTime, directRoomId, isNamespace, isUserId, messageId, uuid } from '../../chat/core/ids.js';
import { parseMarkdown, safeImage, safeLink } from '../../chat/core/markdown.js';
import { Timeline } from '../../chat/core/timeline.js';

const message = (n, more = {}) => ({ from: 'Ann', fromId: 's1', userId: 'ann', msgId: `m${n}`, text: `text ${n}`, timestamp: 1_700_000_000_000 + n, type: 'text', ...more });
const said = (timeline) => timeline.list.map(({ text }) => text);

test('messages stand in order of time, each once', () => {
    const timeline = new Timeline();
    for (const n of [3, 1, 2, 1, 3]) timeline.apply(message(n));
    assert.deepEqual(said(timeline), ['text 1', 'text 2', 'text 3']);
});

test('authors edit and delete, others do not', () => {
    const timeline = new Timeline();
    timeline.apply(message(1));
    assert.equal(timeline.apply({ type: 'edit', fromId: 's2', userId: 'bob', targetId: 'm1', text: 'no', timestamp: 1 }), undefined);
    assert.equal(timeline.apply({ type: 'delete', fromId: 's2', targetId: 'm1', timestamp: 1 }), undefined);
    timeline.apply({ type: 'edit', fromId: 's1', targetId: 'm1', text: 'by session', timestamp: 1_700_000_000_100 });
    timeline.apply({ type: 'edit', fromId: 's9', userId: 'ann', targetId: 'm1', text: 'by user', timestamp: 1_700_000_000_200 });
    assert.deepEqual(said(timeline), ['by user']);
    timeline.apply({ type: 'delete', fromId: 's1', targetId: 'm1', timestamp: 1 });
    assert.ok(timeline.get('m1').isDeleted);
});

test('a message with a verified signature is changed only by a signature made for that', () => {
    const timeline = new Timeline({ isModerator: (uid) => uid === 'boss' });
    timeline.apply(message(1), { proof: 'verified' });
    const edit = { type: 'edit', fromId: 's1', userId: 'ann', msgId: 'm1.1-a', targetId: 'm1', text: 'mine', timestamp: 2 };
    const verified = { proof: 'verified' };
    const forged = [
        [edit], [{ ...edit, proof: 'verified' }], [edit, { proof: 'changed' }], [{ ...edit, userId: 'eve' }, verified],
        // Signatures that were given for something else: another message, another change, a change of another kind.
        [{ ...edit, msgId: 'm2' }, verified], [{ ...edit, msgId: 'm10.1-a' }, verified], [{ ...edit, msgId: undefined }, verified], [{ ...edit, text: '' }, verified],
        [{ ...edit, type: 'delete' }, verified],
        // Moderators are asked for theirs.
        [{ type: 'delete', fromId: 'boss', isModAction: true, targetId: 'm1' }], [{ type: 'delete', fromId: 'boss', userId: 'eve', msgId: 'm1.1-a', isModAction: true, targetId: 'm1' }, verified],
        [{ type: 'delete', fromId: 'boss', userId: 'boss', msgId: 'm2.1-a', isModAction: true, targetId: 'm1' }, verified],
    ];
    for (const [event, details] of forged) assert.equal(timeline.apply(event, details), undefined, JSON.stringify(event));
    assert.ok(timeline.apply(edit, verified));
    assert.ok(timeline.apply({ type: 'delete', fromId: 'boss', userId: 'boss', msgId: 'm1.2-b', isModAction: true, targetId: 'm1', text: '' }, verified));
});

test('moderators delete, and only who is one', () => {
    const timeline = new Timeline({ isModerator: (uid) => uid === 'boss' });
    timeline.apply(message(1));
    assert.equal(timeline.apply({ type: 'delete', fromId: 'bob', isModAction: true, targetId: 'm1' }), undefined);
    assert.ok(timeline.apply({ type: 'delete', fromId: 'boss', isModAction: true, targetId: 'm1' }));
});

test('a change that comes before its message waits for it', () => {
    const timeline = new Timeline();
    const edit = { type: 'edit', fromId: 's1', targetId: 'm1', text: 'later', timestamp: 1_700_000_000_100 };
    assert.equal(timeline.apply(edit, { proof: 'verified' }).what, 'early');
    timeline.apply(message(1));
    assert.deepEqual(timeline.takeEarly('m1'), [{ event: edit, details: { proof: 'verified' } }]);
    assert.deepEqual(timeline.takeEarly('m1'), []);
});

test('nonsense from the wire is refused or tamed', () => {
    const timeline = new Timeline();
    for (const bad of [null, 5, 'x', [], {}, { msgId: 5 }, { type: 'edit' }, { type: 'delete', targetId: {} }]) assert.equal(timeline.apply(bad), undefined);
    const { message: tame } = timeline.apply({ msgId: 'x', text: { evil: 1 }, from: '\u202eevil\nname', timestamp: 9e15, image: 'javascript:alert(1)', avatarColor: 'url(x)', userId: '../x', replyTo: 5 });
    assert.deepEqual([tame.text, tame.from, tame.image, tame.color, tame.userId, tame.replyTo], ['', 'evilname', undefined, undefined, undefined, undefined]);
    assert.ok(tame.timestamp <= Date.now() + 61_000);
});

test('10,000 messages in random order are in order in no time that grows with their square', () => {
    const timeline = new Timeline();
    const order = Array.from({ length: 10_000 }, (_, n) => (n * 7919) % 10_000);
    for (const n of order) timeline.apply(message(n));
    assert.ok(timeline.list.every((one, index) => index === 0 || one.timestamp > timeline.list[index - 1].timestamp));
});

test('markdown is a tree of known nodes', () => {
    const flat = (nodes) => nodes.map(({ type, text, children, href }) => (children ? [type, ...flat(children)] : href ? [type, href] : [type, text]));
    assert.deepEqual(flat(parseMarkdown('a **b *c*** `d**` ~~e~~')), [
        ['text', 'a '], ['strong', ['text', 'b '], ['emphasis', ['text', 'c']]], ['text', ' '], ['code', 'd**'], ['text', ' '], ['strike', ['text', 'e']],
    ]);
    assert.deepEqual(flat(parseMarkdown('see www.example.org/x, ok')), [['text', 'see '], ['link', 'https://www.example.org/x'], ['text', ', ok']]);
    assert.deepEqual(flat(parseMarkdown('```js\n<b>\n```')), [['block', '<b>']]);
    assert.deepEqual(flat(parseMarkdown('```open')), [['text', '```open']]);
    assert.deepEqual(flat(parseMarkdown('[img]https://example.org/a.png')), [['picture', 'https://example.org/a.png']]);
    assert.deepEqual(flat(parseMarkdown('[img]javascript:alert(1)')), [['text', '[img]javascript:alert(1)']]);
});

test('no text, however odd, makes markdown slow or wrong', () => {
    for (const odd of ['*'.repeat(8000), '`'.repeat(8000), '**a'.repeat(2000), '~~'.repeat(4000), 'http://'.repeat(1000), '[img]'.repeat(1500)]) {
        const letters = (nodes) => nodes.map(({ text, children }) => (children ? letters(children) : text)).join('');
        assert.ok(letters(parseMarkdown(odd)).length <= odd.length);
    }
});

test('no message can make its readers look through it again and again', () => {
    const odd = ['`c '.repeat(1000) + '**a '.repeat(1000), '**a '.repeat(2000), '*a* **b '.repeat(1000), '`**a` '.repeat(1000) + 'z**', '**a** '.repeat(1000), '~~b~~ `'.repeat(1000), 'http://, *a* '.repeat(600)];
    const { exec } = RegExp.prototype;
    let steps = 0;
    RegExp.prototype.exec = function counting(text) {
        const from = this.global ? this.lastIndex : 0;
        const found = exec.call(this, text);
        // A sticky pattern, as `split` makes them, looks at one place only.
        steps += this.sticky ? 1 : (found ? found.index + found[0].length : text.length) - from;
        return found;
    };
    try {
        for (const text of odd) {
            steps = 0;
            parseMarkdown(text);
            // Six rules, five levels, a blank more or less.
            assert.ok(steps < 40 * text.length, `${text.slice(0, 20)}… takes ${Math.round(steps / text.length)} steps a character`);
        }
    } finally {
        RegExp.prototype.exec = exec;
    }
});

test('links and pictures that could act are none', () => {
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://', 'vbscript:x']) assert.equal(safeLink(bad), undefined);
    for (const bad of ['data:image/svg+xml;base64,AAAA', 'data:text/html;base64,AAAA', 'https://example.org/x.png', 'data:image/png;base64,"onload=']) assert.equal(safeImage(bad), undefined);
    assert.ok(safeImage('data:image/png;base64,iVBORw0KGgo='));
});

test('slash commands expand, act or explain', () => {
    assert.deepEqual(runCommand('hello'), undefined);
    assert.equal(runCommand('/shrug well').text, 'well ¯\\_(ツ)_/¯');
    assert.equal(runCommand('/roll 2d6', () => 0.5).text, '🎲 2d6: 4 + 4 = **8**');
    assert.match(runCommand('/roll 0d6').error, /2d6/);
    assert.deepEqual(runCommand('/nick New Name'), { action: 'rename', argument: 'New Name' });
    assert.match(runCommand('/constructor').error, /no command/);
});

test('ids are what they must be', () => {
    assert.equal(directRoomId('bbbbbbbbbb', 'aaaaaaaaaa'), 'dm-aaaaaaaa-bbbbbbbb');
    assert.match(messageId(5), /^5-[a-z0-9]{6}$/);
    assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const bad of ['', 'a/b', 'a*', '..', 'x'.repeat(65), 5, undefined]) assert.ok(!isUserId(bad));
    assert.ok(isNamespace('a/b-c/d_e') && !isNamespace('a//b') && !isNamespace('a/../b') && !isNamespace('*'));
    assert.equal(cleanName('  a \n b\u200b  '), 'a b');
    assert.equal(cleanName('\u0000\u202e'), 'Somebody');
    assert.equal([...cleanName('👩'.repeat(50))].length, 32);
    assert.equal(cleanTime(NaN, 5), 5);
});

test('addresses follow from where the page is, or from config.json', async () => {
    const load = (href, config) => loadConfig(new URL(href), async () => ({ ok: Boolean(config), json: async () => config }));
    assert.deepEqual(await load('https://chat.example/chat/').then(({ relay, auth }) => [relay, auth]), ['wss://chat.example/ws', 'https://chat.example/auth']);
    assert.deepEqual(await load('http://127.0.0.1:7350/chat/').then(({ relay, auth }) => [relay, auth]), ['ws://127.0.0.1:7330/', 'http://127.0.0.1:7350/auth']);
    const given = await load('https://cdn.example/chat/', { relayUrl: 'wss://relay.example/clasp', authUrl: '/api/auth', title: 'Ours' });
    assert.deepEqual([given.relay, given.auth, given.title], ['wss://relay.example/clasp', 'https://cdn.example/api/auth', 'Ours']);
});
