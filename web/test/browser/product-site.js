// The site as the product serves it: pages, sign-in and relay, with the rules of the chat.
import { createServer, connect } from 'node:net';
import { Product } from '../product/relay.js';

export async function openProductSite({ flags } = {}) {
    const relay = await Product.start({ withPages: true, flags });
    return { url: relay.http, relay, close: () => relay.close() };
}

/** A way to the relay that can fall silent, as a mobile network does: nothing is refused, nothing arrives. */
export async function openTunnel(port) {
    const ends = new Set();
    const server = createServer((near) => {
        const far = connect(port, '127.0.0.1');
        for (const [one, other] of [[near, far], [far, near]]) {
            ends.add(one);
            one.pipe(other);
            one.on('error', () => other.destroy());
            one.on('close', () => {
                ends.delete(one);
                other.destroy();
            });
        }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        port: server.address().port,
        /** Whoever is inside now stays inside and hears nothing more. */
        collapse: () => ends.forEach((end) => end.unpipe().pause()),
        close() {
            ends.forEach((end) => end.destroy());
            return new Promise((resolve) => server.close(resolve));
        },
    };
}
