// A short load on one real server under a checker (TAP): log-ins, starts, answers, events, pictures, pages, a stream
// and a backup while it writes, ended by SIGTERM. The words given are the command that stands for `dure serve`, such as
// `valgrind … build/dure`; the checker tells what it found by its exit code and in its log, which must be empty of it.
//   node serve.mjs NAME COMMAND…
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [title, ...words] = process.argv.slice(2);
const program = words.at(-1); // the binary itself, for what needs no checker
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const work = mkdtempSync(join(tmpdir(), 'dure-sanitize-'));
const data = join(work, 'data');
const ROUNDS = Number(process.env.ROUNDS ?? 40);
const CLIENTS = 6;
const COMPLETED_TRIES = 3000;
const REFUSED_TRIES = 600; // under a checker it is soon behind, and says so
const REFUSED_MS = 200;
const password = 'the words of the clerk';
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let number = 0;
let failed = 0;
function tell(good, name, detail = '') {
  number += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${title} ${number} - ${name}`);
  if (good) return;
  failed += 1;
  for (const line of String(detail).split('\n').slice(0, 80)) console.log(`# ${line}`);
}

const env = { ...process.env, DURE_TOKEN: 'sanitize', DURE_LOG: 'warn' };
spawnSync(program, ['account', 'add', 'clerk', '--role', 'admin', '--data', data], { input: `${password}\n`, env });
const server = spawn(words[0], [...words.slice(1), 'serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', join(root, 'plugins')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
let log = '';
server.stderr.on('data', (text) => { log += text; });
const gone = new Promise((done) => server.on('exit', (code, signal) => done({ code, signal })));
const base = await Promise.race([gone.then(() => ''), new Promise((done) => {
  let out = '';
  server.stdout.on('data', (text) => {
    out += text;
    const m = /^console +(http:\/\/[^/]+)\//m.exec(out);
    if (m) done(m[1]);
  });
})]);
if (!base) {
  tell(false, 'the server starts', log);
  process.exit(1);
}

const wrong = []; // answers that were not what was asked for
async function askOnce(path, { body, type = 'application/json', cookie, wanted = 200 } = {}) {
  const reply = await fetch(base + path, {
    method: body === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    headers: { ...(cookie ? { cookie } : cookie === '' ? {} : { authorization: 'Bearer sanitize' }), ...(body === undefined ? {} : { 'content-type': type }) },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, wanted, text, cookie: /^(?:__Host-)?dure=[^;]*/.exec(reply.headers.getSetCookie().find((c) => /dure=/.test(c)) ?? '')?.[0] };
}
async function ask(path, options = {}) {
  let got = await askOnce(path, options);
  for (let i = 0; got.status === 503 && i < REFUSED_TRIES; i += 1) {
    await pause(REFUSED_MS);
    got = await askOnce(path, options);
  }
  if (got.status !== got.wanted) wrong.push(`${path}: ${got.status}, not ${got.wanted}: ${got.text.slice(0, 300)}`);
  return got;
}
const json = async (path, options) => { try { return JSON.parse((await ask(path, options)).text); } catch { return {}; } };
const head = (name) => `document: { dsl: 1.0.3, namespace: sane, name: ${name}, version: 1.0.0 }\n`;
const definitions = {
  steps: 'do:\n  - share: { call: split, with: { total: 1000, among: [ a, b, c ] } }\n  - both:\n      fork:\n        branches:\n          - nap: { wait: { milliseconds: 30 } }\n          - set: { set: { n: "${ .n + 1 }" } }\n  - tell: { call: notify, with: { to: [ someone@example.org ], subject: "${ $workflow.id }", body: Done } }\n',
  hear: 'do:\n  - hear:\n      listen:\n        to:\n          one:\n            with: { type: sane.go }\n            correlate: { k: { from: "${ .data.k }", expect: "${ $workflow.input.k }" } }\n',
  form: 'do:\n  - ask:\n      call: form\n      with:\n        to: public\n        title: Lunch\n        closes: 2099-01-01T00:00:00Z\n        schema: { type: object, required: [ name ], properties: { name: { type: string } } }\n',
};
for (const [name, text] of Object.entries(definitions))
  await ask('/api/v1/definitions', { body: head(name) + text, type: 'application/yaml', wanted: 201 });
const start = (name, input) => json('/api/v1/instances', { body: { definition: { namespace: 'sane', name }, input }, wanted: 201 });
await ask('/api/v1/people/import', { body: 'id,name,email\nm1,가나,m1@example.org\n', type: 'text/csv' });
const form = await start('form', {});
const item = (await json('/api/v1/items?status=open')).items?.[0]?.id;

// A stream that stays open through it all.
const listening = new AbortController();
let heard = 0;
const stream = fetch(`${base}/api/v1/stream`, { headers: { authorization: 'Bearer sanitize' }, signal: listening.signal })
  .then(async (reply) => { for await (const part of reply.body) heard += part.length; }).catch(() => {});

// What a client does in one round; `n` is the round's number in all.
async function round(n) {
  await start('steps', { n });
  await start('hear', { k: `k${n}` });
  await ask('/api/v1/events', { body: { specversion: '1.0', id: `e${n}`, source: '/sane', type: 'sane.go', data: { k: `k${n}` } }, type: 'application/cloudevents+json', wanted: 202 });
  await ask(`/f/${item}`, { body: `name=n${n}`, type: 'application/x-www-form-urlencoded', wanted: 303, cookie: '' });
  if (n % 8 === 0) {
    const { cookie } = await ask('/console/login', { body: `account=clerk&password=${encodeURIComponent(password)}`, type: 'application/x-www-form-urlencoded', wanted: 303, cookie: '' });
    for (const page of ['', '/instances', `/instances/${form.id}`, '/definitions', '/items', '/mail', '/people', '/acts', '/accounts'])
      await ask(`/console${page}`, { cookie });
    await ask(`/console/instances/${form.id}/graph.svg`, { cookie });
    await ask('/console/definitions/sane/steps/1.0.0/graph.svg', { cookie });
  }
  if (n % 5 === 0) {
    await ask(`/api/v1/instances/${form.id}/history`);
    await ask('/metrics');
  }
}
let next = 0;
const backup = join(work, 'backup.db');
const copying = new Promise((done) => {
  const child = spawn(words[0], [...words.slice(1), 'backup', data, backup], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => { said += text; });
  child.on('exit', (code) => done({ code, said }));
});
await Promise.all(Array.from({ length: CLIENTS }, async () => { while (next < ROUNDS) await round(next++); }));
let done = 0;
for (let i = 0; i < COMPLETED_TRIES && done < 2 * ROUNDS; i += 1) {
  done = Number(/^dure_completed_total ([0-9.e+]+)/m.exec((await ask('/metrics')).text)?.[1]);
  if (done < 2 * ROUNDS) await pause(50);
}
tell(wrong.length === 0, 'every request gets its answer', wrong.join('\n'));
tell(done >= 2 * ROUNDS, 'all that was started is done', `${done} of ${2 * ROUNDS}`);
const copied = await copying;
tell(copied.code === 0, 'a backup while it writes', copied.said);
await ask('/api/v1/definitions', { body: 'do: [', type: 'application/yaml', wanted: 422 });

server.kill('SIGTERM'); // with the stream still open
const end = await gone;
listening.abort();
await stream;
tell(heard > 0, 'the stream told of it');
tell(end.code === 0 && !/ThreadSanitizer|==\d+== (Invalid|Conditional|Use of|Syscall)/.test(log), 'it ends well, and the checker has nothing to say', `${JSON.stringify(end)}\n${log}`);
const verified = spawnSync(program, ['verify', data], { env, encoding: 'utf8' });
tell(verified.status === 0, 'the audit chain is whole', verified.stdout + verified.stderr);
rmSync(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
