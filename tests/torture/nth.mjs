// The n-th allocation, write, sync, read, open and socket call of the real binary fails, in turn, until a run meets
// none (TAP). Each time: it goes on, or ends with last words, never by a wild access and never hanging; what was told
// is there; the database is whole; the next start goes on. Bounded: every n up to EACH, then growing steps.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const root = resolve(here, '../..');
const dure = resolve(process.env.DURE_RELEASE ?? join(root, 'build/dure'));
const shim = resolve(process.env.DURE_FAULT_LIBRARY);
const each = Number(process.env.EACH ?? 10);
const growth = Number(process.env.GROWTH ?? 1.6);
const work = mkdtempSync(join(tmpdir(), 'dure-nth-'));
const plugins = join(root, 'plugins');
const HANG_MS = 180000; // an end in trouble drains and flushes, 10 s each; machines are slow or shared
let number = 0;
let failed = 0;
function tell(good, name, details) {
  number += 1;
  if (!good) failed += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${number} - ${name}`);
  for (const d of details ?? []) console.log(`#   ${d}`);
}

writeFileSync(join(work, 'steps.yaml'), `document: { dsl: 1.0.3, namespace: t, name: steps, version: 1.0.0 }
do:
  - a: { call: split, with: { total: 100, among: [a, b, c] } }
  - nap: { wait: { milliseconds: 5 } }
  - b: { set: { n: '\${ .shares | length }' } }
`);
writeFileSync(join(work, 'ask.yaml'), `document: { dsl: 1.0.3, namespace: t, name: ask, version: 1.0.0 }
do:
  - ask:
      call: form
      with:
        to: public
        title: Lunch
        closes: 2099-01-01T00:00:00Z
        schema: { type: object, required: [name], properties: { name: { type: string } } }
`);
const faulty = (fault, place) => ({ ...process.env, LD_PRELOAD: shim, DURE_FAULT: fault, DURE_FAULT_MARK: place.marked, DURE_LOG: 'error', DURE_TOKEN: 'nth' });
const healthy = { ...process.env, DURE_LOG: 'error', DURE_TOKEN: 'nth' };

// Each run has a folder of its own, so that those that wait for the disk may wait side by side.
let places = 0;
function placeNew() {
  places += 1;
  const folder = join(work, String(places));
  mkdirSync(folder);
  return { folder, data: join(folder, 'data'), marked: join(folder, 'mark') };
}

// How a process may end that met a fault: well, with a message, or aborted with last words.
function endedWell({ code, signal, said }, kind) {
  // libjq 1.6 touches what it did not get when it compiles; with last words that is an abort like any other.
  if (signal === 'SIGSEGV' && kind === 'malloc') return /dure: crash: /.test(said);
  if (signal === 'SIGABRT' || code === 134) return said.trim() !== '';
  if (signal) return false;
  return code === 0 || said.trim() !== '';
}

function whole(data) {
  if (!existsSync(join(data, 'dure.db'))) return '';
  const r = spawnSync(dure, ['verify', data], { env: healthy, encoding: 'utf8', timeout: HANG_MS });
  // A start that was broken off before there was anything to lose says so.
  if (r.status === 1 && /start 'dure serve' once/.test(r.stderr)) return '';
  return r.status === 0 ? '' : `verify: ${r.status} ${`${r.error ?? ''}${r.stdout ?? ''}${r.stderr ?? ''}`.trim().slice(0, 300)}`;
}

// ---- one workflow in one process

function runOnce(fault, place) {
  const { data } = place;
  const args = ['run', join(work, 'steps.yaml'), '--data', data, '--plugins', plugins];
  const r = spawnSync(dure, args, { env: faulty(fault, place), encoding: 'utf8', timeout: HANG_MS });
  const end = { code: r.status, signal: r.error ? 'hang' : r.signal, said: r.stderr };
  let wrong = endedWell(end, fault.split(':')[0]) ? '' : `ended with ${end.code} ${end.signal}: ${end.said.slice(0, 300)}`;
  wrong ||= whole(data);
  if (!wrong && r.status === 0) {
    const list = spawnSync(dure, ['list', '--data', data, '--json'], { env: healthy, encoding: 'utf8', timeout: HANG_MS });
    if (!/"status":"completed"/.test(list.stdout)) wrong = `it said completed, and the store says ${list.stdout.slice(0, 200)}`;
  }
  if (!wrong) {
    const again = spawnSync(dure, args, { env: healthy, encoding: 'utf8', timeout: HANG_MS });
    if (again.status !== 0) wrong = `the next run: ${again.status} ${again.stderr.slice(0, 300)}`;
  }
  return wrong;
}

// ---- a server and its clients

const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
function call(port, method, path, body, type = 'application/json') {
  return new Promise((done) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const request = http.request({
      host: '127.0.0.1', port, method, path, agent,
      headers: { authorization: 'Bearer nth', ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }) },
    }, (response) => {
      let got = '';
      response.setEncoding('utf8');
      response.on('data', (part) => { got += part; });
      response.on('error', () => done({ status: 0 }));
      response.on('end', () => {
        let json = null;
        try { json = JSON.parse(got); } catch { /* a page */ }
        done({ status: response.complete ? response.statusCode : 0, json, to: response.headers.location });
      });
    });
    request.on('error', () => done({ status: 0 }));
    request.setTimeout(HANG_MS / 3, () => request.destroy());
    request.end(text);
  });
}

async function serve(env, data) {
  const child = spawn(dure, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', plugins], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, said: '' };
  child.stderr.on('data', (text) => { server.said += text; });
  server.gone = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
  let timer;
  server.port = await Promise.race([
    server.gone.then(() => 0),
    new Promise((done) => { timer = setTimeout(() => done(0), HANG_MS); }),
    new Promise((done) => {
      let out = '';
      child.stdout.on('data', (text) => {
        out += text;
        const m = /^console +http:\/\/[^:]+:(\d+)\//m.exec(out);
        if (m) done(Number(m[1]));
      });
    }),
  ]);
  clearTimeout(timer);
  return server;
}

async function stop(server) {
  server.child.kill('SIGTERM');
  let timer;
  const end = await Promise.race([server.gone, new Promise((done) => { timer = setTimeout(() => done({ code: null, signal: 'hang' }), HANG_MS); })]);
  clearTimeout(timer);
  if (end.signal === 'hang') server.child.kill('SIGKILL');
  return { ...end, said: server.said };
}

async function serveOnce(fault, place) {
  const { data } = place;
  const told = [];
  const server = await serve(faulty(fault, place), data);
  if (server.port) {
    const { port } = server;
    await call(port, 'POST', '/api/v1/definitions', readFileSync(join(work, 'steps.yaml'), 'utf8'), 'application/yaml');
    await call(port, 'POST', '/api/v1/definitions', readFileSync(join(work, 'ask.yaml'), 'utf8'), 'application/yaml');
    for (const name of ['steps', 'ask', 'steps']) {
      const r = await call(port, 'POST', '/api/v1/instances', { definition: { namespace: 't', name }, input: {} });
      if (r.status === 201) told.push(`/api/v1/instances/${r.json.id}`);
    }
    const items = await call(port, 'GET', '/api/v1/items?status=open');
    for (const item of items.json?.items ?? []) {
      const r = await call(port, 'POST', `/f/${item.id}`, 'name=x', 'application/x-www-form-urlencoded');
      if (r.status === 303) told.push(r.to);
    }
    await call(port, 'POST', '/api/v1/events', { specversion: '1.0', id: '1', source: '/nth', type: 'x' }, 'application/cloudevents+json');
  }
  const end = await stop(server);
  let wrong = endedWell(end, fault.split(':')[0]) ? '' : `ended with ${end.code} ${end.signal}: ${end.said.slice(-3000)}`;
  wrong ||= whole(data);
  if (wrong) return wrong;
  const again = await serve(healthy, data);
  if (!again.port) wrong = `the next start: ${again.said.slice(0, 300)}`;
  for (const path of wrong ? [] : told) {
    const r = await call(again.port, 'GET', path);
    if (r.status !== 200) wrong = `${path} was told, and is ${r.status}`;
  }
  await stop(again);
  return wrong;
}

// ---- in turn

async function inTurn(name, kind, once) {
  const wrong = [];
  let runs = 0;
  let met = true;
  for (let n = 1; met && wrong.length < 5; n = n < each ? n + 1 : Math.ceil(n * growth)) {
    const place = placeNew();
    const finding = await once(`${kind}:${n}`, place);
    met = existsSync(place.marked);
    rmSync(place.folder, { recursive: true, force: true });
    if (finding) wrong.push(`${kind}:${n}: ${finding}`);
    runs += met ? 1 : 0;
  }
  tell(wrong.length === 0 && runs > 0, `${name}: ${runs} runs met a failing ${kind}`, wrong);
}

// A disk that stays bad: each run waits for it for a while, so they wait side by side.
async function fromThenOn(name, kind, at, once) {
  const results = await Promise.all(at.map(async (n) => {
    const place = placeNew();
    const finding = await once(`${kind}:${n}+`, place);
    return { met: existsSync(place.marked), finding: finding && `${kind}:${n}+: ${finding}` };
  }));
  const wrong = results.map((r) => r.finding).filter(Boolean);
  const runs = results.filter((r) => r.met).length;
  tell(wrong.length === 0 && runs > 0, `${name}: ${runs} runs met a failing ${kind} and none that succeeds after it`, wrong);
}

for (const kind of ['malloc', 'write', 'sync', 'read', 'open']) await inTurn('a workflow', kind, runOnce);
for (const kind of ['malloc', 'write', 'sync', 'read', 'open', 'socket']) await inTurn('a server', kind, serveOnce);
await fromThenOn('a server', 'write', [1, 2, 5, 12, 30, 80, 150, 180, 200, 250], serveOnce);
await fromThenOn('a server', 'sync', [1, 3, 6, 8, 9, 10, 11, 13, 15], serveOnce);
await fromThenOn('a workflow', 'write', [60, 183], async (fault, place) => runOnce(fault, place));
await fromThenOn('a workflow', 'sync', [9], async (fault, place) => runOnce(fault, place));
agent.destroy();
rmSync(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
