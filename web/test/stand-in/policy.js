// The application's config of docs/policy.md, in its shortest form, so that a test can hold the chat against it.
import { compile } from '../../sdk/patterns.js';

function capture(path, address) {
    const wanted = path.split('/');
    const given = address.split('/');
    const found = {};
    for (let index = 0; index < wanted.length; index += 1) {
        if (wanted[index] === '**') return found;
        if (index >= given.length) return undefined;
        const name = /^\{(\w+)\}$/.exec(wanted[index])?.[1];
        if (name) found[name] = given[index];
        else if (wanted[index] !== '*' && wanted[index] !== given[index]) return undefined;
    }
    return wanted.length === given.length ? found : undefined;
}

const fill = (template, session, found) => template.replace(/\{(\w+)\}/g, (whole, name) => (name === 'session' ? session : found[name] ?? whole));
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

export class Policy {
    constructor(config, stored) {
        this.config = config;
        this.stored = stored;
    }

    scopes(subject) {
        return this.config.scopes.map((scope) => scope.replaceAll('{userId}', subject)).map((scope) => {
            const [, action, pattern] = /^(\w+):(.*)$/.exec(scope);
            return { action, pattern, matches: compile(pattern) };
        });
    }

    mayWrite(subject, address, value) {
        if (!this.scopes(subject).some(({ action, matches }) => action === 'write' && matches(address))) return { code: 301, message: 'no scope for this' };
        for (const [index, rule] of this.config.write_rules.entries()) {
            const found = capture(rule.path, address);
            if (!found) continue;
            const run = (check) => this.#check(check, subject, found, address, value);
            const name = `write_rules[${index}] (${rule.path})`;
            const failed = (rule.pre_checks ?? []).find((check) => !run(check));
            if (failed) return { code: 403, message: `${name}, ${failed.type}` };
            if (rule.allow_null_write && value === null) return undefined;
            const passing = rule.checks.filter(run);
            const isFine = rule.mode === 'any' ? passing.length > 0 || rule.checks.length === 0 : passing.length === rule.checks.length;
            return isFine ? undefined : { code: 403, message: `${name} refused it` };
        }
        return undefined;
    }

    #check(check, subject, found, address, value) {
        const at = (template) => this.stored(fill(template, subject, found));
        switch (check.type) {
        case 'state_field_equals_session': {
            const stored = at(check.lookup);
            return stored === undefined ? Boolean(check.allow_if_missing) : isMap(stored) && stored[check.field] === subject;
        }
        case 'state_not_null': return (at(check.lookup) ?? null) !== null;
        case 'either_state_not_null': return (at(check.lookup_a) ?? at(check.lookup_b) ?? null) !== null;
        case 'value_field_equals_session': return isMap(value) && value[check.field] === subject;
        case 'segment_equals_session': return found[check.segment] === subject;
        case 'reject_unless_path_matches': return capture(check.pattern, address) !== undefined;
        default: return false;
        }
    }

    mayRead(subject, pattern) {
        // Every pattern that the chat uses is covered by a scope literally or by its tail.
        return this.scopes(subject).some(({ action, matches }) => action === 'read' && matches(pattern));
    }

    isVisible(subject, address) {
        for (const rule of this.config.snapshot_visibility) {
            const found = rule.path_contains ? (address.includes(rule.path_contains) ? {} : undefined) : rule.path ? capture(rule.path, address) : {};
            if (!found) continue;
            if (rule.visible === 'owner') return found[rule.owner_segment] === subject;
            if (rule.visible === 'require_state_not_null') return (this.stored(fill(rule.lookup, subject, found)) ?? null) !== null;
            return rule.visible === true;
        }
        return true;
    }

    redact(address, value) {
        if (!isMap(value)) return value;
        const hidden = this.config.snapshot_transforms.filter(({ path }) => capture(path, address)).flatMap((one) => one.redact_fields);
        return Object.fromEntries(Object.entries(value).filter(([key]) => !hidden.includes(key)));
    }

    isPresence(address) {
        return (this.config.presence ?? []).some((path) => capture(path, address));
    }
}
