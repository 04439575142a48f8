// A tab that shares its connection with others.
import { SharedClient } from '../../sdk/clasp.js';

const client = new SharedClient(`ws://${location.host}/`, { name: 'tabs' });
window.heard = [];
window.client = client;
client.subscribe('/tabs/*', (value, address) => window.heard.push([address, value]));
await client.connect();
window.isReady = true;
