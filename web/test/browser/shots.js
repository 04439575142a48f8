// Pictures of every view, light, dark and on a phone, of a small made-up world.
import { mkdirSync } from 'node:fs';
import { story } from './house.js';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

await story(async ({ site, person, guest, room, join, say }) => {
    const shoot = async (page, name) => {
        await page.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x: 2, y: 2 });
        await page.until(() => !document.querySelector('.toast'));
        await pause(150);
        await page.shoot(`${folder}/${name}.png`);
    };
    const both = async (page, name) => {
        await page.dark(false);
        await shoot(page, `${name}-light`);
        await page.dark(true);
        await shoot(page, `${name}-dark`);
        await page.dark(false);
    };

    const door = await person();
    await door.open(`${site.url}/chat/`);
    await door.sees('Sign in');
    await both(door, 'sign-in');
    await door.open(`${site.url}/`);
    await door.sees('Open the chat');
    await shoot(door, 'start');

    const ann = await guest('Ann Fischer');
    await shoot(ann, 'welcome');
    await room(ann, { name: 'Design review', encrypted: true });
    await room(ann, { name: 'Release night', password: 'open sesame' });
    await room(ann, { name: 'Lobby', type: 'Text and video' });
    await room(ann, { name: 'Reading circle' });
    const ben = await guest('Ben Okafor');
    const chi = await guest('Chi');
    const phone = await guest('Dana Ruiz', { width: 390, height: 844, phone: true });
    await join(ben, 'Lobby');
    await join(chi, 'Lobby');
    await join(phone, 'Lobby');
    await ann.click({ text: 'Lobby', within: '.side' });
    await say(ann, 'Morning all. The new relay is up: `clasp-relay demo` has a few params that move.');
    await say(ben, 'Nice! First SET at **0.4 ms**, and my faders no longer jump when the tunnel eats the train.');
    await say(ben, 'I left a note at https://example.org/notes/faders');
    await say(chi, '🎉');
    await say(phone, 'From the train: I was gone for two minutes and it caught up on everything.');
    await ann.sees('caught up on everything');
    await ann.run(() => {
        const message = [...document.querySelectorAll('.message')].find((one) => one.innerText.includes('First SET'));
        message.focus();
        message.querySelector('[aria-label="React"]').click();
    });
    await ann.click({ button: '👍' });
    await chi.until(() => document.querySelector('.reaction'));
    await chi.click('.reaction');
    await ann.until(() => document.querySelector('.reaction')?.innerText.includes('2'));
    await chi.run(() => {
        const message = [...document.querySelectorAll('.message')].pop();
        message.focus();
        message.querySelector('[aria-label="Reply"]').click();
    });
    await say(chi, 'Mine took four tunnels, nothing missing. @Ann Fischer can we keep it on for Friday?');
    await ann.sees('can we keep it on');
    await say(ann, 'Yes. Here is what the lights do:\n```\n/stage/light/*   0…1\n/stage/cue       event\n```');
    await phone.fill('.composer textarea', 'Perfect');
    await ann.sees('is typing');
    await both(ann, 'room');
    await phone.run(() => { document.querySelector('.composer textarea').value = ''; });
    await shoot(phone, 'phone-room-light');
    await phone.dark(true);
    await shoot(phone, 'phone-room-dark');
    await phone.dark(false);
    await phone.click({ button: 'Back to the list' });
    await phone.click({ button: 'Browse' });
    await shoot(phone, 'phone-list-light');
    await phone.click({ text: 'Release night', within: '.side' });
    await phone.sees('This room has a password');
    await shoot(phone, 'phone-password-light');

    await ann.click({ button: 'About this room' });
    await shoot(ann, 'about-light');
    await ann.click({ button: 'Search this room' });
    await ann.fill({ label: 'Search this room' }, 'train');
    await ann.until(() => document.querySelector('.result'));
    await shoot(ann, 'search-light');
    await ann.click({ button: 'Close' });
    await ann.click({ button: 'New' });
    await ann.click({ button: 'New room' });
    await ann.sees('Listed for everybody');
    await both(ann, 'new-room');
    await ann.press('Escape');
    await ann.click('.self');
    await ann.sees('As the system');
    await both(ann, 'settings');
    await ann.press('Escape');
    await ann.click({ button: 'People' });
    await shoot(ann, 'people-light');
    await ann.click({ button: 'Rooms' });
    await ann.click({ button: 'Call' });
    await ben.click({ button: 'Call' });
    await ann.until(() => document.querySelectorAll('.tile').length === 2 && [...document.querySelectorAll('.tile video')].every((video) => video.videoWidth > 0));
    await both(ann, 'call');
    await ann.click({ button: 'Leave call' });
    await ann.click({ text: 'Design review', within: '.side' });
    await join(ben, 'Design review');
    await say(ann, 'Only the two of us can read this.');
    await ben.sees('Only the two of us');
    await shoot(ann, 'encrypted-light');
});
