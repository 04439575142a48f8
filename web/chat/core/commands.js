// Slash commands. Those that make text are expanded here; the others name what the application shall do.

const commands = {
    shrug: { help: 'adds ¯\\_(ツ)_/¯', run: (rest) => ({ text: `${rest} ¯\\_(ツ)_/¯`.trim() }) },
    roll: { help: 'rolls dice: /roll 2d6', run: roll },
    me: { help: 'says what you do', run: (rest) => ({ text: `*${rest}*` }) },
    nick: { help: 'changes your name', run: (rest) => ({ action: 'rename', argument: rest }) },
    status: { help: 'online, away, dnd or invisible', run: (rest) => ({ action: 'status', argument: rest }) },
    leave: { help: 'leaves this room', run: () => ({ action: 'leave' }) },
    search: { help: 'searches this room', run: (rest) => ({ action: 'search', argument: rest }) },
    help: { help: 'lists these', run: () => ({ action: 'help' }) },
};

export const commandList = Object.entries(commands).map(([name, { help }]) => ({ name, help }));

/** `{text}` to send, `{action, argument}` to do, `{error}` to show; undefined when it is no command. */
export function runCommand(line, random = Math.random) {
    const found = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(line);
    if (!found) return undefined;
    const [, name, rest = ''] = found;
    if (!Object.hasOwn(commands, name)) return { error: `There is no command /${name}. Type /help for those there are.` };
    return commands[name].run(rest.trim(), random);
}

function roll(rest, random) {
    const found = /^(\d{0,2})d(\d{1,4})$/i.exec(rest || '1d6');
    const count = Number(found?.[1] || 1);
    const sides = Number(found?.[2]);
    if (!found || count < 1 || sides < 2) return { error: 'Dice are written like 2d6.' };
    const thrown = Array.from({ length: count }, () => 1 + Math.floor(random() * sides));
    const sum = thrown.reduce((total, one) => total + one, 0);
    return { text: `🎲 ${count}d${sides}: ${count > 1 ? `${thrown.join(' + ')} = ` : ''}**${sum}**` };
}
