// Hostile plugins in the real server, each with instances beside healthy ones (TAP): the healthy ones finish, each plugin
// that breaks a limit is named, stopped and quarantined, memory stays bounded, the process lives.
//   ONLY     these traps alone, as cpu-sort,c-find
//   CPU_MS   what a call may compute (100)
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { held, killed, raised } from './traps.mjs';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../..');
const dure = resolve(process.env.DURE ?? join(root, 'build-test/dure'));
const only = process.env.ONLY?.split(',');
const CPU_MS = Number(process.env.CPU_MS ?? 100);
const GROWTH_BYTES = 1024 * 1024 * 1024; // a budget of 64 MiB, what a turn may write, and what ASan holds back
const UNTIL_TRIES = 2400; // 50 ms each
const RUNS = 3; // after so many stops a plugin is quarantined
const work = mkdtempSync(join(tmpdir(), 'dure-hostile-'));
const data = join(work, 'data');
const plugins = join(work, 'plugins');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let number = 0;
let failed = 0;
function tell(good, name, detail = '') {
  number += 1;
  console.log(`${good ? 'ok' : 'not ok'} hostile ${number} - ${name}`);
  if (good) return;
  failed += 1;
  for (const line of String(detail).split('\n').slice(0, 20)) console.log(`# ${line.slice(0, 600)}`);
}

// ---- the plugins: one a trap

const chosen = (traps) => Object.entries(traps).filter(([name]) => !only || only.includes(name));
const idOf = (name) => name.replaceAll('-', '');
function plugin(name, handlers, more = '') {
  const folder = join(plugins, idOf(name));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plugin.lua'), `return { name = "${idOf(name)}", version = "1.0.0", summary = "Hostile", functions = { ${idOf(name)} = {
  summary = "Hostile", effects = "local", input = { type = "object" }, ${more}
${handlers}
} } }\n`);
  return folder;
}
const start = (body) => `start = function(step) ${body}\nend,`;
const definition = (name) => `document: { dsl: 1.0.3, namespace: hostile, name: ${idOf(name)}, version: 1.0.0 }\ndo: [ { trap: { call: ${idOf(name)}, with: {} } } ]\n`;
for (const [name, body] of chosen(killed)) plugin(name, start(body));
for (const [name, [body, , output]] of chosen(raised)) plugin(name, start(body), output ? `output = ${output},` : '');
for (const [name, body] of chosen(held)) plugin(name, start(`${body}\n  return { held = true }`));
plugin('every', `start = function(step) step:at(step.now, "soon") step:on("hostile.go", {}, "go") step:ask{ name = "item", title = "T", closes = "2099-01-01T00:00:00Z" } return step:wait() end,
timer = function(step) error { type = setmetatable({}, { __tostring = error }) } end, event = function(step) error "event" end,
answer = function(step) error "answer" end, stop = function(step) error "stop" end,`);
plugin('hold', `start = function(step) step:on("hostile.go", {}, "go") step:ask{ name = "item", title = "T", closes = "2099-01-01T00:00:00Z" } return step:wait() end,
timer = function(step) while true do end end, event = function(step) while true do end end, answer = function(step) while true do end end, stop = function(step) while true do end end,`);
plugin('loading', start('return 1'));
writeFileSync(join(plugins, 'loading/plugin.lua'), 'while true do end');
plugin('compiled', start('return 1'));
writeFileSync(join(plugins, 'compiled/plugin.lua'), Buffer.from('1b4c7561540019930d0a1a0a0408087856', 'hex'));
plugin('nested', start('return 1'));
writeFileSync(join(plugins, 'nested/plugin.lua'), `return ${'{'.repeat(5000)}${'}'.repeat(5000)}`);
if (!only || only.includes('bytecode')) writeFileSync(join(plugins, 'bytecode/evil.lua'), Buffer.from('1b4c7561540019930d0a1a0a0408087856', 'hex'));
if (!only || only.includes('self-require')) writeFileSync(join(plugins, 'selfrequire/round.lua'), 'return require "round"\n');
for (const healthy of ['split', 'form', 'shared']) cpSync(join(root, 'plugins', healthy), join(plugins, healthy), { recursive: true });

// ---- the server

const server = spawn(dure, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', plugins], {
  env: { ...process.env, DURE_TOKEN: 'hostile', DURE_LOG: 'warn', DURE_PLUGIN_CPU_MS: String(CPU_MS), ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=16` },
  stdio: ['ignore', 'pipe', 'pipe'],
});
let log = '';
server.stderr.on('data', (text) => { log += text; });
let ended = null;
const gone = new Promise((done) => server.on('exit', (code, signal) => { ended = { code, signal }; done(ended); }));
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
async function ask(path, body, type = 'application/json') {
  try {
    const reply = await fetch(base + path, {
      method: body === undefined ? 'GET' : 'POST', redirect: 'manual',
      headers: { authorization: 'Bearer hostile', ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await reply.text();
    let json = {};
    try { json = JSON.parse(text); } catch { /* a page */ }
    return { status: reply.status, json, text };
  } catch (error) {
    return { status: 0, json: {}, text: String(error) };
  }
}
const deploy = (text) => ask('/api/v1/definitions', text, 'application/yaml');
const run = (name, wait = 20) => ask(`/api/v1/instances?wait=${wait}`, { definition: { namespace: 'hostile', name: idOf(name) }, input: {} });
const show = async (id) => (await ask(`/api/v1/instances/${id}`)).json;
const rss = () => { try { return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) * 1024; } catch { return 0; } };
async function until(check) {
  for (let i = 0; i < UNTIL_TRIES && !ended; i += 1) {
    const got = await check();
    if (got) return got;
    await pause(50);
  }
  return null;
}
const before = rss();
const healthyDefinition = await deploy('document: { dsl: 1.0.3, namespace: hostile, name: healthy, version: 1.0.0 }\ndo:\n  - share: { call: split, with: { total: 10, among: [ a, b, c ] } }\n  - nap: { wait: { milliseconds: 20 } }\n');
tell(healthyDefinition.status === 201, 'a healthy definition', healthyDefinition.text);
tell(['loading', 'compiled', 'nested'].every((name) => log.includes(name)), 'what does not load is named and left out', log);

// Healthy work goes on beside each trap; what is told to come again does.
const REFUSED_TRIES = 100;
async function patient(name) {
  let got = await run(name);
  for (let i = 0; got.status === 503 && i < REFUSED_TRIES && !ended; i += 1) {
    await pause(200);
    got = await run(name);
  }
  return got;
}
const healthy = [];
async function trap(name) {
  healthy.push(patient('healthy'));
  const got = await patient(name);
  healthy.push(patient('healthy'));
  return got;
}
const memory = () => (rss() - before) / 1048576;

for (const [name] of chosen(killed)) {
  await deploy(definition(name));
  const seen = [];
  const began = memory();
  for (let i = 0; i < RUNS + 1 && !ended; i += 1) seen.push(await trap(name));
  const last = await show(seen.at(-1).json.id ?? 'none');
  const line = (event) => new RegExp(`"event":"${event}","plugin":"${idOf(name)}"`).test(log);
  const text = JSON.stringify(last);
  tell(!ended && line('killed') && line('quarantined') && text.includes(idOf(name)) && text.includes('quarantine'), `${name}: named, stopped, quarantined`,
    `${JSON.stringify(ended)} ${text}\n${log.slice(-1500)}`);
  if (memory() - began > 100) console.log(`# ${name} took the memory up by ${(memory() - began).toFixed(0)} MiB`);
  if (ended) break;
}
for (const [name, [, part]] of chosen(raised)) {
  if (ended) break;
  await deploy(definition(name));
  const { json, text } = await trap(name);
  tell(!ended && json.status === 'faulted' && JSON.stringify(json.error).includes(part), `${name}: an error of its own instance`, `${JSON.stringify(ended)} ${text}\n${log.slice(-1000)}`);
}
for (const [name] of chosen(held)) {
  if (ended) break;
  await deploy(definition(name));
  const { json, text } = await trap(name);
  tell(!ended && json.output?.held === true, `${name}: the sandbox holds`, `${JSON.stringify(ended)} ${text}\n${log.slice(-1000)}`);
}

// ---- errors and loops in the handlers that come later

if (!ended) {
  for (const name of ['every', 'hold']) await deploy(definition(name));
  const every = (await run('every', 0)).json.id;
  const faulted = await until(async () => { const i = await show(every); return i.status === 'faulted' && i; });
  tell(faulted, 'an error in timer ends its own instance', JSON.stringify(await show(every)));
  const hold = [];
  for (let i = 0; i < 2; i += 1) hold.push((await run('hold', 0)).json.id);
  const items = (await ask('/api/v1/items?status=open')).json.items ?? [];
  const answered = await ask(`/api/v1/items/${items.find((i) => i.instance === hold[0])?.id}/answers`, { data: {} });
  tell(answered.status >= 400 && !ended, 'a loop in answer refuses the answer', answered.text);
  await ask('/api/v1/events', { specversion: '1.0', id: 'e', source: '/hostile', type: 'hostile.go', data: {} }, 'application/cloudevents+json');
  await ask(`/api/v1/instances/${hold[1]}/cancel`, {});
  const stopped = await until(async () => /"event":"quarantined","plugin":"hold"/.test(log));
  tell(stopped, 'loops in answer, event and stop add up to quarantine', log.slice(-1500));
}

// ---- the others

const results = await Promise.all(healthy);
const bad = results.filter((r) => r.json.status !== 'completed');
tell(bad.length === 0, `${results.length} healthy instances beside them finish`, `${bad.length} did not; ${bad[0]?.text}`);
const grown = rss() - before;
console.log(`# memory +${(grown / 1048576).toFixed(0)} MiB at most`);
tell(grown < GROWTH_BYTES, 'memory stays bounded', `${grown} bytes`);
if (!ended) server.kill('SIGTERM');
const end = await gone;
tell(end.code === 0, 'the process lives until it is told to end', `${JSON.stringify(end)}\n${log.slice(-3000)}`);
const verified = spawnSync(dure, ['verify', data], { encoding: 'utf8' });
tell(verified.status === 0, 'the audit chain is whole', verified.stdout + verified.stderr);
rmSync(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
