// A client that loads a server, kills it at random moments, starts it again and looks: everything that was
// answered with 2xx is there, no seat is sold twice, no mail key has two contents, nothing waits in silence, no
// timer and no event is lost, the audit chain is whole. The moments and the load come from SEED; what the kills meet does not.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const root = resolve(here, '../..');
const dure = resolve(process.env.DURE ?? join(root, 'build-test/dure'));
const kills = Number(process.env.KILLS ?? 20);
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000) % 1000000);
const READY_MS = 60000; // bounded polling; what it took is printed
const WORKERS = 6;
const ROSTER_MS = 4000;
const CAPACITY = 60;
const UNITS = 120;
const END_MS = 60000; // without anything that ends
const token = 'torture';

const work = mkdtempSync(join(tmpdir(), 'dure-kill9-'));
const data = join(work, 'data');
const plugins = join(work, 'plugins');
const log = [];
const findings = new Map(); // kind -> messages

function find(kind, message) {
  if (!findings.has(kind)) findings.set(kind, []);
  findings.get(kind).push(message);
}

// ---- randomness from the seed (mulberry32)

let state = seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// ---- the server

let server = null;
let port = 0;
let readyMax = 0;
let readySum = 0;
let starts = 0;

function launch() {
  const child = spawn(dure, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', plugins], {
    env: { ...process.env, DURE_TOKEN: token, DURE_LOG: 'warn', DURE_PUBLIC_URL: 'http://dure.example.org', ASAN_OPTIONS: 'detect_leaks=0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.gone = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  child.stderr.on('data', (text) => { log.push(String(text)); if (log.length > 200) log.shift(); });
  child.port = new Promise((done) => {
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
      const m = /^console +http:\/\/[^:]+:(\d+)\//m.exec(out);
      if (m) done(Number(m[1]));
    });
  });
  return child;
}

function call(method, path, body, headers = {}) {
  return new Promise((done) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const request = http.request({
      host: '127.0.0.1', port, method, path, agent,
      headers: { authorization: `Bearer ${token}`, ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }), ...headers },
    }, (response) => {
      let got = '';
      response.setEncoding('utf8');
      response.on('data', (part) => { got += part; });
      response.on('error', () => done({ status: 0 }));
      response.on('end', () => {
        if (!response.complete) { done({ status: 0 }); return; }
        let json = null;
        try { json = JSON.parse(got); } catch { /* not JSON */ }
        done({ status: response.statusCode, json, text: got });
      });
    });
    request.on('error', () => done({ status: 0 }));
    request.setTimeout(READY_MS, () => request.destroy());
    request.end(text);
  });
}
let agent = new http.Agent({ keepAlive: true, maxSockets: WORKERS + 2 });

async function start() {
  const began = Date.now();
  server = launch();
  port = await Promise.race([server.port, server.gone.then(() => 0), pause(READY_MS).then(() => 0)]);
  while (port && Date.now() - began < READY_MS) {
    if ((await call('GET', '/readyz')).status === 200) {
      const ms = Date.now() - began;
      readyMax = Math.max(readyMax, ms);
      readySum += ms;
      starts += 1;
      return true;
    }
    await pause(10);
  }
  find('ready', `not ready ${Date.now() - began} ms after a start; ${log.slice(-5).join(' ')}`);
  return false;
}

async function kill() {
  server.kill('SIGKILL');
  const { code, signal } = await server.gone;
  if (signal !== 'SIGKILL') find('crash', `it had ended by itself: ${code} ${signal} ${log.slice(-5).join(' ')}`);
  agent.destroy();
  agent = new http.Agent({ keepAlive: true, maxSockets: WORKERS + 2 });
}

// ---- what was promised

const instances = new Map(); // id -> {name, done: must end, k, sent}
const receipts = new Map(); // receipt -> {item, roster, unit, persons, status}
const rosters = []; // {id, item, until, units: Map unit -> receipt}
let events = 0;
let answered = 0;
let requests = 0;
let unknown = 0;
let serial = 0;

async function startOne(name, input, more = {}) {
  const key = `start-${seed}-${++serial}`;
  for (;;) {
    requests += 1;
    const r = await call('POST', '/api/v1/instances', { definition: { namespace: 'torture', name }, input }, { 'idempotency-key': key });
    if (r.status === 0) { unknown += 1; if (!(await alive())) return null; continue; } // the same key: one instance
    if (r.status !== 201) { if (r.status !== 503) find('refusal', `start ${name}: ${r.status} ${r.text}`); return null; }
    instances.set(r.json.id, { name, ...more });
    return r.json.id;
  }
}

// Workers wait here while there is no server; false at the end.
let running = true;
let open = true;
async function alive() {
  await pause(5);
  while (running && !open) await pause(10);
  return running;
}

async function nap() {
  await startOne('nap', { n: below(100) }, { ends: true });
}

async function hear() {
  const k = `k${seed}-${++serial}`;
  const id = await startOne('hear', { k }, {});
  if (!id || random() < 0.2) return; // some are never called
  const event = { specversion: '1.0', id: k, source: '/torture', type: 'torture.go', data: { k } };
  for (;;) {
    requests += 1;
    const r = await call('POST', '/api/v1/events', event, { 'content-type': 'application/cloudevents+json' });
    if (r.status === 0) { unknown += 1; if (!(await alive())) return; continue; }
    if (r.status === 202) { instances.get(id).ends = true; events += 1; } else if (r.status !== 503) find('refusal', `event: ${r.status} ${r.text}`);
    return;
  }
}

async function answer(item, body, key) {
  for (;;) {
    requests += 1;
    const r = await call('POST', `/api/v1/items/${item}/answers`, body, { 'idempotency-key': key });
    if (r.status === 0) { unknown += 1; if (!(await alive())) return null; continue; }
    return r;
  }
}

async function ask() {
  const id = await startOne('ask', {}, {});
  if (!id) return;
  const list = await call('GET', `/api/v1/items?instance=${id}&status=open`);
  const items = list.json?.items ?? [];
  let taken = 0;
  for (const item of items) {
    const r = await answer(item.id, { as: item.assignee, data: { n: 1 } }, `answer-${seed}-${++serial}`);
    if (r?.status === 201) {
      taken += 1;
      answered += 1;
      receipts.set(r.json.receipt, { item: item.id });
    }
  }
  if (taken === 2) instances.get(id).ends = true;
}

async function newRoster() {
  const until = Date.now() + ROSTER_MS;
  const id = await startOne('seats', { capacity: CAPACITY, until: new Date(until).toISOString() }, { ends: true });
  if (!id) return;
  let item = null;
  while (!item && running) {
    const r = await call('GET', `/api/v1/items?instance=${id}`);
    item = r.json?.items?.[0]?.id;
    if (!item && !(await alive())) return;
  }
  rosters.push({ id, item, until, units: new Map() });
}

async function register() {
  const roster = rosters.at(-1);
  if (roster && random() < 0.15) { await withdraw(roster); return; }
  if (!roster || Date.now() > roster.until - 500) { if (!makingRoster) { makingRoster = true; await newRoster(); makingRoster = false; } return; }
  const unit = `unit ${below(UNITS)}`;
  const persons = 1 + below(4);
  const r = await answer(roster.item, { data: { unit, persons, email: `u${serial}@example.org` } }, `register-${seed}-${++serial}`);
  if (r && ![201, 409, 503].includes(r.status)) find('refusal', `register: ${r.status} ${r.text}`);
  if (r?.status !== 201) return;
  answered += 1;
  const other = roster.units.get(unit);
  if (other && other !== r.json.receipt) find('seats', `${unit} of ${roster.id} has two receipts`);
  roster.units.set(unit, r.json.receipt);
  receipts.set(r.json.receipt, { item: roster.item, roster, unit, persons, status: r.json.status });
}
let makingRoster = false;

// Whoever waits moves up.
async function withdraw(roster) {
  const units = [...roster.units];
  if (units.length === 0) return;
  const [unit, receipt] = units[below(units.length)];
  roster.units.delete(unit); // whatever comes of it, the list need not have it
  const r = await answer(roster.item, { receipt, withdraw: true }, `withdraw-${seed}-${++serial}`);
  if (r?.status === 200) receipts.delete(receipt);
  if (r && ![200, 409, 503].includes(r.status)) find('refusal', `withdraw: ${r.status} ${r.text}`);
}

async function worker() {
  while (running) {
    if (!open) { await pause(10); continue; }
    const n = random();
    if (n < 0.3) await nap();
    else if (n < 0.55) await hear();
    else if (n < 0.7) await ask();
    else await register();
  }
}

// ---- looking

const mails = new Map(); // file -> hash of its bytes
function lookAtMails() {
  const folder = join(data, 'mail');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.eml')) continue;
    const hash = createHash('sha256').update(readFileSync(join(folder, name))).digest('hex');
    if (mails.has(name) && mails.get(name) !== hash) find('mail', `the mail ${name} has two contents`);
    mails.set(name, hash);
  }
}

async function lookAtInstance(id) {
  const r = await call('GET', `/api/v1/instances/${id}`);
  if (r.status !== 200) { find('instance', `the instance ${id} was answered 201, and is ${r.status}`); return null; }
  return r.json;
}

async function lookAtReceipts(list) {
  const items = new Map();
  for (const [receipt, r] of list) {
    if (!items.has(r.item)) items.set(r.item, await call('GET', `/api/v1/items/${r.item}/answers?limit=200`));
    const known = JSON.stringify(items.get(r.item).json ?? {});
    if (!known.includes(receipt)) find('receipt', `the receipt ${receipt} was given for ${r.item}, and is gone (${items.get(r.item).status})`);
  }
}

async function lookAtWaits() {
  for (const status of ['waiting', 'running', 'pending']) {
    let cursor = '';
    for (let page = 0; page < 50; page += 1) {
      const r = await call('GET', `/api/v1/instances?status=${status}${cursor}`);
      for (const one of r.json?.items ?? []) {
        if (!one.waitsFor) find('silence', `${one.id} (${status}) does not say what it waits for`);
        if (one.incident) find('silence', `${one.id}: ${one.incident}`);
      }
      if (!r.json?.next) break;
      cursor = `&cursor=${r.json.next}`;
    }
  }
}

const recent = (map, n) => [...map].slice(-n);
async function look(all) {
  lookAtMails();
  const list = all ? [...instances] : recent(instances, 40).concat([...instances].filter(() => random() < 10 / (instances.size + 1)));
  for (const [id] of list) await lookAtInstance(id);
  await lookAtReceipts(all ? [...receipts] : recent(receipts, 40));
  if (all || random() < 0.2) await lookAtWaits();
}

// ---- the end: everything that can end does

async function lookAtRoster(roster) {
  const shown = await lookAtInstance(roster.id);
  if (!shown?.output) return;
  const { entries = [], waiting = [] } = shown.output;
  const sold = entries.reduce((sum, e) => sum + (e.persons ?? 0), 0);
  if (sold > CAPACITY) find('seats', `${sold} seats of ${CAPACITY} were sold in ${roster.id}`);
  const text = JSON.stringify([entries, waiting]);
  for (const unit of roster.units.keys())
    if (!text.includes(`"${unit}"`)) find('seats', `${unit} has a receipt, and is not in the list of ${roster.id}`);
}

async function untilAllEnd() {
  const left = new Set([...instances].filter(([, i]) => i.ends).map(([id]) => id));
  let moved = Date.now();
  while (left.size > 0 && Date.now() - moved < END_MS) {
    for (const id of [...left]) {
      const shown = await lookAtInstance(id);
      if (!shown || ['completed', 'faulted', 'cancelled'].includes(shown.status)) {
        if (shown && shown.status !== 'completed') find('ends', `${id} (${shown.definition.name}) is ${shown.status}: ${JSON.stringify(shown.error)}`);
        left.delete(id);
        moved = Date.now();
      }
    }
    if (left.size > 0) await pause(200);
  }
  for (const id of left) find('ends', `${id} (${instances.get(id).name}) does not end: ${(await lookAtInstance(id))?.waitsFor}`);
}

async function deploy() {
  for (const text of readFileSync(join(here, 'work.yaml'), 'utf8').split(/^---$/m)) {
    const r = await call('POST', '/api/v1/definitions', text, { 'content-type': 'application/yaml' });
    if (r.status !== 201 && r.status !== 200) throw new Error(`deploy: ${r.status} ${r.text}`);
  }
  for (const id of ['p1', 'p2']) {
    const r = await call('POST', '/api/v1/people', { id, name: `Person ${id}`, email: `${id}@example.org` });
    if (r.status >= 300) throw new Error(`person: ${r.status} ${r.text}`);
  }
}

async function play() {
  if (!(await start())) return;
  await deploy();
  const workers = Array.from({ length: WORKERS }, worker);
  for (let i = 0; i < kills && findings.size === 0; i += 1) {
    await pause(20 + below(random() < 0.2 ? 1500 : 350));
    open = false;
    await kill();
    if (!(await start())) break;
    open = true;
    await look(false);
  }
  running = false;
  await Promise.all(workers);
  if (findings.size > 0) return;
  await untilAllEnd();
  for (const roster of rosters) await lookAtRoster(roster);
  await look(true);
  server.kill('SIGTERM');
  const { code } = await server.gone;
  if (code !== 0) find('crash', `it ended with ${code} on SIGTERM: ${log.slice(-5).join(' ')}`);
  const verified = spawnSync(dure, ['verify', data], { encoding: 'utf8', env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  if (verified.status !== 0) find('verify', verified.stdout + verified.stderr);
  else console.log(`# ${verified.stdout.trim()}`);
}

console.log(`# SEED=${seed} KILLS=${kills} tests/torture/kill9`);
mkdirSync(plugins);
cpSync(join(root, 'plugins'), plugins, { recursive: true });
cpSync(join(root, 'tests/sim/plugins/sim'), join(plugins, 'sim'), { recursive: true });
const began = Date.now();
try {
  await play();
} catch (error) {
  find('crash', error.stack);
}
if (server && server.exitCode === null) server.kill('SIGKILL');

console.log(`# ${starts} starts, ready after ${Math.round(readySum / Math.max(starts, 1))} ms, at most ${readyMax} ms; ${Math.round((Date.now() - began) / 1000)} s`);
console.log(`# ${requests} requests (${unknown} cut off), ${instances.size} instances, ${events} events, ${answered} answers, ${rosters.length} rosters, ${mails.size} mails`);
const tests = {
  ready: 'it is ready after every kill', crash: 'it ends only when it is told to', refusal: 'nothing is refused that is right',
  instance: 'every instance that was answered is there', receipt: 'every receipt that was given is there',
  seats: 'no seat is sold twice', mail: 'no mail key has two contents', silence: 'nothing waits in silence',
  ends: 'no timer, event or answer is lost', verify: 'the audit chain is whole',
};
let bad = 0;
for (const [kind, name] of Object.entries(tests)) {
  const list = findings.get(kind) ?? [];
  console.log(`${list.length ? 'not ' : ''}ok ${name} (${kills} kills)`);
  for (const message of list.slice(0, 5)) console.log(`# ${String(message).replaceAll('\n', '\n# ').slice(0, 1500)}`);
  bad += list.length > 0;
}
if (bad > 0) console.log(`# left in ${work}`);
else rmSync(work, { recursive: true, force: true });
process.exit(bad > 0 ? 1 : 0);
