// Runs the golden vectors in this browser; the tests read what it says.
import { faultOf, parseLines, refusalOf } from '../sdk/vectors.js';

const load = async (name) => parseLines(await (await fetch(`/Golden/${name}`)).text());
const faults = [];
const good = await load('vectors.jsonl');
for (const vector of good) {
    try {
        const fault = faultOf(vector);
        if (fault) faults.push(`${vector.name}: ${fault}`);
    } catch (error) {
        faults.push(`${vector.name}: ${error}`);
    }
}
const bad = await load('vectors-invalid.jsonl');
for (const vector of bad) if (refusalOf(vector)?.name !== 'DecodeError') faults.push(`${vector.name} was not refused`);
document.getElementById('result').textContent = `${good.length} read and written, ${bad.length} refused, ${faults.length} faults. ${faults.slice(0, 10).join('; ')}`;
