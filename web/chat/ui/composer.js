// Where one writes.
import { commandList, runCommand } from '../core/commands.js';
import { maxText } from '../core/talk.js';
import { fill, h, pointAt, toast, tool } from './dom.js';
import { shrinkImage } from './image.js';
import { openEmoji } from './popover.js';

export class Composer {
    #suggestion = 0;

    /** `on.command(action, argument)` does what a slash command asks for. */
    constructor(room, on) {
        this.room = room;
        this.on = on;
        this.input = h('textarea', {
            rows: 1, maxlength: maxText, 'aria-label': `Message to ${room.name}`, placeholder: `Message ${room.name}`, enterkeyhint: 'send', 'aria-autocomplete': 'list', 'aria-controls': 'suggestions',
            oninput: () => this.#changed(), onkeydown: (event) => this.#key(event), onpaste: (event) => this.#paste(event),
        });
        this.file = h('input', { type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp', class: 'hidden', tabindex: '-1', 'aria-hidden': 'true', onchange: () => this.#attach(this.file.files[0]) });
        this.context = h('div', { class: 'context', hidden: true });
        this.suggestions = h('div', { class: 'suggestions', id: 'suggestions', role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
        this.box = h('div', { class: 'box' }, this.context, h('div', { class: 'inputs' },
            tool('image', 'Add a picture', () => this.file.click()), this.file, this.input,
            tool('smile', 'Emoji', (event) => openEmoji(event.currentTarget, (face) => this.#insert(face))),
            tool('send', 'Send', () => this.send(), { class: 'tool send' })));
        this.silence = h('p', { class: 'silence', hidden: true });
        this.element = h('div', { class: 'composer' }, this.suggestions, this.box, this.silence);
        this.update();
    }

    update() {
        const { silence } = this.room;
        this.box.hidden = Boolean(silence);
        this.silence.hidden = !silence;
        this.silence.textContent = silence ?? '';
        const isWaiting = this.room.secrecy.state === 'waiting';
        this.input.placeholder = isWaiting ? 'Waiting for the key… what you send is held until then' : `Message ${this.room.name}`;
        this.input.setAttribute('aria-label', `Message to ${this.room.name}`);
    }

    focus() {
        this.input.focus({ preventScroll: true });
    }

    reply(message) {
        this.editing = undefined;
        this.replying = message;
        this.#showContext(`Replying to ${message.from}`, message.text);
        this.focus();
    }

    edit(message) {
        this.replying = undefined;
        this.editing = message;
        this.input.value = message.text;
        this.#showContext('Editing', message.text);
        this.#resize();
        this.focus();
    }

    #showContext(what, text) {
        this.context.hidden = false;
        fill(this.context, h('b', {}, what), h('span', { class: 'truncate grow' }, text), tool('close', 'Cancel', () => this.cancel()));
    }

    cancel() {
        if (this.editing) this.input.value = '';
        this.editing = this.replying = undefined;
        this.context.hidden = true;
        this.#resize();
        this.focus();
    }

    async send() {
        const text = this.input.value;
        const { editing, replying } = this;
        if (!text.trim()) return;
        const command = editing ? undefined : runCommand(text.trim());
        if (command?.error) return toast(command.error);
        this.input.value = '';
        this.#suggest();
        this.editing = this.replying = undefined;
        this.context.hidden = true;
        this.#resize();
        try {
            if (command?.action) await this.on.command(command.action, command.argument);
            else if (editing) await this.room.edit(editing, text);
            else await this.room.say(command?.text ?? text, { replyTo: replying });
        } catch (error) {
            if (!this.input.value) this.input.value = text;
            toast(error.message);
        }
        return undefined;
    }

    async #attach(file) {
        this.file.value = '';
        if (!file) return;
        try {
            await this.room.say('', { image: await shrinkImage(file, this.room) });
        } catch (error) {
            toast(error.message);
        }
    }

    #paste(event) {
        const file = [...event.clipboardData?.files ?? []].find(({ type }) => type.startsWith('image/'));
        if (!file) return;
        event.preventDefault();
        this.#attach(file);
    }

    #insert(text) {
        const { selectionStart, selectionEnd } = this.input;
        this.input.setRangeText(text, selectionStart, selectionEnd, 'end');
        this.focus();
        this.#changed();
    }

    #changed() {
        this.#resize();
        this.#suggest();
        if (this.input.value.trim() && !this.input.value.startsWith('/')) this.room.keystroke();
    }

    #resize() {
        this.input.style.height = 'auto';
        this.input.style.height = `${Math.min(this.input.scrollHeight, innerHeight * 0.4)}px`;
    }

    /** Commands after a slash, people after an @. */
    #suggest() {
        const before = this.input.value.slice(0, this.input.selectionStart);
        const command = /^\/([a-z]*)$/.exec(before);
        const mention = /(?:^|\s)@([^\s@]*)$/.exec(before);
        let options = [];
        if (command) options = commandList.filter(({ name }) => name.startsWith(command[1])).map(({ name, help }) => ({ text: `/${name}`, hint: help, put: `/${name} `, from: 0 }));
        else if (mention) {
            const wanted = mention[1].toLocaleLowerCase();
            options = [...this.room.present.values()].filter(({ name }) => name.toLocaleLowerCase().startsWith(wanted)).slice(0, 6)
                .map(({ name }) => ({ text: `@${name}`, hint: '', put: `@${name} `, from: before.length - mention[1].length - 1 }));
        }
        this.options = options;
        this.#suggestion = Math.min(this.#suggestion, Math.max(0, options.length - 1));
        this.suggestions.hidden = options.length === 0;
        fill(this.suggestions, options.map((option, index) => h('div', {
            class: 'suggestion', role: 'option', id: `suggestion-${index}`, 'aria-selected': String(index === this.#suggestion), onpointerdown: (event) => { event.preventDefault(); this.#take(option); },
        }, h('b', {}, option.text), h('span', { class: 'muted' }, option.hint))));
        pointAt(this.input, this.suggestions.children[this.#suggestion]);
    }

    #take(option) {
        this.input.setRangeText(option.put, option.from, this.input.selectionStart, 'end');
        this.#changed();
    }

    #key(event) {
        const isSuggesting = !this.suggestions.hidden;
        if (isSuggesting && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
            event.preventDefault();
            this.#suggestion = (this.#suggestion + (event.key === 'ArrowDown' ? 1 : this.options.length - 1)) % this.options.length;
            this.#suggest();
        } else if (isSuggesting && (event.key === 'Tab' || (event.key === 'Enter' && this.options[this.#suggestion].put.trim() !== this.input.value.trim()))) {
            event.preventDefault();
            this.#take(this.options[this.#suggestion]);
        } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            this.send();
        } else if (event.key === 'Escape' && (this.editing || this.replying)) {
            event.stopPropagation();
            this.cancel();
        } else if (event.key === 'ArrowUp' && !this.input.value) {
            const message = this.room.timeline.lastEdit((one) => this.room.isMine(one));
            if (message) {
                event.preventDefault();
                this.edit(message);
            }
        }
    }
}
