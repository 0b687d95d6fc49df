// imapflow.cjs CASE PORT USER PASSWORD: one conversation of ImapFlow clients with the service; a failed assertion ends it with 1.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { ImapFlow } = require('imapflow');

const [name, port, user, pass] = process.argv.slice(2);
const opened = [];

async function client(options = {}) {
    const c = new ImapFlow({ host: 'localhost', port: Number(port), secure: false, doSTARTTLS: false, auth: { user, pass },
        logger: false, ...options });
    opened.push(c);
    await c.connect();
    return c;
}

const letter = (subject, body = 'body') => Buffer.from(
    `From: Ann <ann@test.example>\r\nTo: bob@test.example\r\nSubject: ${subject}\r\n\r\n${body}\r\n`);

// The next event of that name for which it is true; clients idle by themselves when they have nothing to do.
async function heard(c, event, isIt) {
    const clock = AbortSignal.timeout(20000);
    for (;;) {
        const [news] = await once(c, event, { signal: clock });
        if (isIt(news)) return news;
    }
}

const cases = {
    async open() {
        const c = await client();
        assert.ok(c.usable && c.capabilities.has('IMAP4rev1') && c.capabilities.has('IDLE'));
        const created = await c.mailboxCreate(['Work', 'Grüße']);
        assert.equal(created.path, 'Work/Grüße');
        const paths = (await c.list()).map(box => box.path).sort();
        assert.deepEqual(paths, ['INBOX', 'Work', 'Work/Grüße']);
        const box = await c.mailboxOpen('Work/Grüße');
        assert.equal(box.exists, 0);
        assert.equal(box.readOnly, false);
        assert.ok(box.uidValidity > 0n && box.highestModseq > 0n);
        assert.equal((await c.status('INBOX', { messages: true, uidNext: true })).uidNext, 1);
    },

    async secure() {
        const c = await client({ doSTARTTLS: true });
        assert.ok(c.secureConnection);
        assert.equal((await c.mailboxOpen('INBOX')).exists, 0);
    },

    async fetch() {
        const c = await client();
        const date = new Date('2026-03-02T10:11:12Z');
        for (let i = 1; i <= 50; i++) {
            const { uid } = await c.append('INBOX', letter(`mail ${i}`, `body ${i}`), i % 2 ? ['\\Seen'] : [], date);
            assert.equal(uid, i);
        }
        await c.mailboxOpen('INBOX');
        const seen = [];
        for await (const m of c.fetch('1:*', { uid: true, flags: true, envelope: true, internalDate: true, size: true, source: true,
            bodyStructure: true, threadId: true })) {
            assert.deepEqual(m.source, letter(`mail ${m.uid}`, `body ${m.uid}`));
            assert.equal(m.size, m.source.length);
            assert.equal(m.envelope.subject, `mail ${m.uid}`);
            assert.equal(m.envelope.from[0].address, 'ann@test.example');
            assert.equal(m.bodyStructure.type, 'text/plain');
            assert.equal(+m.internalDate, +date);
            assert.equal(m.flags.has('\\Seen'), m.uid % 2 === 1);
            seen.push(m.seq);
        }
        assert.deepEqual(seen, Array.from({ length: 50 }, (_, i) => i + 1));
        const big = letter('big', 'line\r\n'.repeat(300000));
        const { uid } = await c.append('INBOX', big);
        const pieces = [];
        for await (const piece of (await c.download(`${uid}`, undefined, { uid: true })).content) pieces.push(piece);
        assert.ok(Buffer.concat(pieces).equals(big));
    },

    async idle() {
        const a = await client();
        const b = await client();
        await b.mailboxOpen('INBOX');
        const news = heard(b, 'exists', e => e.count === 1);
        b.idle();
        await a.append('INBOX', letter('news'));
        assert.equal((await news).path, 'INBOX');
        assert.equal((await b.fetchOne('*', { envelope: true })).envelope.subject, 'news');
    },

    async flags() {
        const a = await client();
        const b = await client();
        await a.append('INBOX', letter('one'));
        await a.append('INBOX', letter('two'));
        await a.mailboxOpen('INBOX');
        await b.mailboxOpen('INBOX');
        const flags = heard(b, 'flags', e => e.flags.has('\\Flagged'));
        b.idle();
        assert.ok(await a.messageFlagsAdd('2', ['\\Flagged', 'work']));
        const { seq, flags: now } = await flags;
        assert.equal(seq, 2);
        assert.ok(now.has('work'));
        const gone = heard(b, 'expunge', () => true);
        b.idle();
        assert.ok(await a.messageDelete('1'));
        assert.equal((await gone).seq, 1);
    },

    async search() {
        const c = await client();
        for (const subject of ['one', 'two', 'Grüße']) await c.append('INBOX', letter(subject), subject === 'one' ? ['\\Seen'] : []);
        await c.mailboxOpen('INBOX');
        assert.deepEqual(await c.search({ seen: false }), [2, 3]);
        assert.deepEqual(await c.search({ subject: 'grü' }), [3]);
        assert.deepEqual(await c.search({ or: [{ subject: 'one' }, { subject: 'two' }] }, { uid: true }), [1, 2]);
        assert.deepEqual(await c.search({ not: { from: 'ann' } }), []);
    },

    async move() {
        const c = await client();
        for (const subject of ['one', 'two', 'three']) await c.append('INBOX', letter(subject));
        await c.mailboxCreate('Archive');
        await c.mailboxOpen('INBOX');
        const copied = await c.messageCopy('1', 'Archive');
        assert.deepEqual([...copied.uidMap], [[1, 1]]);
        const moved = await c.messageMove('2:3', 'Archive');
        assert.deepEqual([...moved.uidMap], [[2, 2], [3, 3]]);
        assert.equal(c.mailbox.exists, 1);
        assert.equal((await c.mailboxOpen('Archive')).exists, 3);
    },
};

cases[name]()
    .then(() => Promise.all(opened.map(c => c.logout())))
    .then(() => process.exit(0), error => { console.error(error); process.exit(1); });
