// Times as people read them.

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dateAndYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

const bare = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const clock = (time) => hour.format(time);
/** Short enough for the margin. */
export const shortClock = (time) => bare.format(time);
export const exact = (time) => full.format(time);
export const dayOf = (time) => new Date(time).toDateString();

export function dayName(time, now = Date.now()) {
    const day = dayOf(time);
    if (day === dayOf(now)) return 'Today';
    if (day === dayOf(now - 86_400_000)) return 'Yesterday';
    return (now - time < 300 * 86_400_000 ? date : dateAndYear).format(time);
}

export function listNames(names) {
    if (names.length < 2) return names.join('');
    if (names.length > 3) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`;
    return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
