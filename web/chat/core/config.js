// Where the relay and the sign-in service are: `config.json` beside the page, or what follows from the page's address.

export async function loadConfig(page = globalThis.location, request = (...details) => globalThis.fetch(...details)) {
    let given = {};
    try {
        const response = await request('config.json', { cache: 'no-cache' });
        if (response.ok) given = await response.json();
    } catch {
        // A page without one is served by the relay itself, or from beside it.
    }
    return {
        relay: address(given.relayUrl, page, 'ws') ?? relayBeside(page),
        auth: address(given.authUrl, page, 'http') ?? new URL('/auth', page.href).href,
        title: typeof given.title === 'string' ? given.title.slice(0, 40) : 'Chat',
        iceServers: Array.isArray(given.iceServers) ? given.iceServers : [],
        // In open mode there is nobody to sign in with.
        isOpen: given.open === true,
    };
}

/** A relative address is meant relative to the page, and speaks as securely as the page does. */
function address(text, page, scheme) {
    if (typeof text !== 'string' || text === '') return undefined;
    const url = new URL(text, page.href);
    const isSecure = url.protocol === 'https:' || url.protocol === 'wss:';
    url.protocol = scheme + (isSecure ? 's:' : ':');
    return url.href;
}

/** Behind a proxy the relay is at /ws; without one, at its own port. */
function relayBeside(page) {
    const url = new URL('/ws', page.href);
    const isSecure = page.protocol === 'https:';
    if (page.port && page.port !== '443' && page.port !== '80') {
        url.port = '7330';
        url.pathname = '/';
    }
    return `${isSecure ? 'wss' : 'ws'}://${url.host}${url.pathname}`;
}
