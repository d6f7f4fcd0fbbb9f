// A secret vote on a real server with SQLite (TAP). Before the close: no receipt, no mark and no choice in any file of the
// data directory, log, backup, page, endpoint or view; slots that are all of one size, none alike, in no order of time.
// After it: the case file verifies alone, any flipped byte is found, and a receipt finds its ballot.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const root = resolve(here, '../..');
const dure = resolve(process.env.DURE ?? join(root, 'build-test/dure'));
const work = mkdtempSync(join(tmpdir(), 'dure-secrecy-'));
const data = join(work, 'data');
const keys = join(work, 'data-keys');
const VOTERS = 24;
let number = 0;
let failed = 0;
function tell(good, name, detail) {
  number += 1;
  if (!good) failed += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${number} - ${name}`);
  if (!good && detail) console.log(`#   ${String(detail).slice(0, 600)}`);
}
const run = (...args) => spawnSync(dure, args, { encoding: 'utf8', cwd: work, maxBuffer: 1 << 26 });
const hash = (text) => spawnSync('b2sum', ['-l', '256'], { input: text, encoding: 'utf8' }).stdout.split(' ')[0];

// ---- the server

let log = '';
let server;
let base = '';
async function launch() {
  server = spawn(dure, ['serve', '--dev', '--now', '2013-05-01T09:00:00+09:00', '--data', data, '--listen', '127.0.0.1:0', '--plugins', join(root, 'plugins')],
    { env: { ...process.env, DURE_LOG: 'debug' }, cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });
  server.gone = new Promise((done) => server.on('exit', (code) => done(code)));
  server.stderr.on('data', (text) => { log += text; });
  base = await Promise.race([server.gone.then(() => ''), new Promise((done) => {
    let out = '';
    server.stdout.on('data', (text) => {
      out += text;
      log += text;
      const m = /^console +(http:\/\/[^/]+)\//m.exec(out);
      if (m) done(m[1]);
    });
  })]);
  return base !== '';
}
async function stop(signal) {
  server.kill(signal);
  await server.gone;
}
const api = async (method, path, body, headers = {}) => {
  const r = await fetch(base + path, { method, redirect: 'manual', headers: { 'content-type': typeof body === 'string' ? 'application/yaml' : 'application/json', ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await r.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* a page */ }
  return { status: r.status, text, json, location: r.headers.get('location') };
};

// ---- a vote, and a workflow beside it that looks as far as a plugin can

const definition = `document: { dsl: 1.0.3, namespace: secret, name: ballot, version: 1.0.0, title: Secret }
do:
  - decide:
      call: vote
      with:
        question: Which way?
        options: [ wayleft, waynone, wayrest ]
        electorate: { group: club }
        secret: true
        base: cast
        closes: "2013-05-03T18:00:00+09:00"
`;
const options = ['wayleft', 'waynone', 'wayrest'];
if (!await launch()) { console.log(`not ok 1 - the server starts\n# ${log}`); process.exit(1); }
for (let i = 1; i <= VOTERS + 1; i += 1) await api('POST', '/api/v1/people', { id: `v${String(i).padStart(2, '0')}`, name: `Voter ${i}`, email: `v${i}@example.org`, groups: ['club'] });
await api('POST', '/api/v1/definitions?file=ballot.yaml', definition);
const instance = (await api('POST', '/api/v1/instances', { definition: { namespace: 'secret', name: 'ballot' }, input: {} })).json?.id;
const items = new Map();
for (let i = 1; i <= VOTERS + 1; i += 1) {
  const id = `v${String(i).padStart(2, '0')}`;
  for (const item of (await api('GET', `/api/v1/items?assignee=${id}&status=open`)).json?.items ?? []) items.set(id, item.id);
}
tell(items.size === VOTERS + 1, 'everybody is asked', `${items.size}`);

const ballots = new Map(); // voter -> {choice, receipt}
const times = [];
async function vote(id, choice, receipt) {
  const r = await api('POST', `/api/v1/items/${items.get(id)}/answers`, { as: id, data: { choice }, ...(receipt ? { receipt } : {}) }, { 'idempotency-key': `${id}-${ballots.size}-${choice}` });
  if (r.status < 300) ballots.set(id, { choice, receipt: r.json.receipt });
  return r;
}
const rowids = () => spawnSync('sqlite3', ['-readonly', join(data, 'dure.db'), "select rowid, hex(key), length(value) from record where key glob char(3) || '*' and key not glob '*head' order by rowid"], { encoding: 'utf8' }).stdout;
const before = rowids();
let n = 0;
for (const id of [...items.keys()].slice(0, VOTERS)) {
  n += 1;
  times.push(Date.parse('2013-05-01T09:00:00+09:00') + n * 60000);
  await api('POST', '/dev/clock', { to: new Date(times.at(-1)).toISOString() });
  const r = await vote(id, n % 4 === 0 ? 'waynone' : 'wayleft');
  if (r.status !== 201) tell(false, `the ballot of ${id}`, r.text);
}
for (const id of ['v03', 'v07']) await vote(id, 'wayrest', ballots.get(id).receipt);
tell(ballots.size === VOTERS && new Set([...ballots.values()].map((b) => b.receipt)).size === VOTERS, 'everybody has a receipt of his own');
const refused = await api('POST', `/api/v1/items/${items.get('v01')}/answers`, { as: 'v01', data: { choice: 'waynone' } });
tell(refused.status === 409 && refused.json.code === 'already_voted', 'a second ballot without the receipt is refused', refused.text);

// ---- before the close: files

await api('GET', '/readyz');
run('backup', data, join(work, 'copy.db'));
function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((f) => (f.isDirectory() ? files(join(folder, f.name)) : [join(folder, f.name)]));
}
// What would tell a ballot: its receipt, its mark and number in hex or bytes, or a choice as an answer carries it.
function traces() {
  const list = [];
  for (const { choice, receipt } of ballots.values()) {
    const mark = hash(`${receipt}:${choice}`);
    list.push(Buffer.from(receipt), Buffer.from(mark), Buffer.from(mark, 'hex'));
  }
  for (const o of options) list.push(...[`"choice":"${o}"`, `"choice": "${o}"`, `choice=${o}`, `"ballot":"${o}"`, `:${o}"`, `"${o}":1`, `"${o}":2`].map((t) => Buffer.from(t)));
  return list;
}
function search(paths) {
  const wanted = traces();
  return paths.flatMap((path) => {
    const bytes = readFileSync(path);
    return wanted.filter((w) => bytes.includes(w)).map((w) => `${path}: ${w.toString('latin1').slice(0, 40)}`);
  });
}
const looked = [...files(data), join(work, 'copy.db')];
tell(looked.some((f) => f.endsWith('-wal')) && statSync(looked.at(-1)).size > 100000, 'database with its mails, log of writes and a backup are looked through', looked.join(' '));
let found = search(looked);
tell(found.length === 0, 'no file before the close tells a ballot or a receipt', found.join('\n#   '));
writeFileSync(join(work, 'log'), log);
found = search([join(work, 'log')]);
tell(found.length === 0 && log.length > 500, 'nor does the log', found.join('\n#   '));

// ---- before the close: patterns in the rows

const after = rowids();
tell(before !== '' && before === after, 'ballots make no new rows: every slot was there and keeps its place and size', `${before.length} ${after.length}`);
const values = spawnSync('sqlite3', ['-readonly', join(data, 'dure.db'), "select hex(value) from record where key glob char(3) || '*' and key not glob '*head'"], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout.trim().split('\n');
tell(new Set(values.map((v) => v.length)).size === 1 && new Set(values).size === values.length, 'all slots are of one size and no two are alike');
const prefixes = new Set(values.map((v) => v.slice(0, 16)));
const ends = new Set(values.map((v) => v.slice(-16)));
tell(prefixes.size === values.length && ends.size === values.length, 'nor do any two begin or end alike');
const timed = spawnSync('sqlite3', ['-readonly', join(data, 'dure.db'), `select count(*) from answer where item in (select id from item where instance='${instance}')`], { encoding: 'utf8' }).stdout.trim();
tell(timed === '0', 'no ballot is an answer with a time', timed);
const history = (await api('GET', `/api/v1/instances/${instance}/history?limit=200`)).text;
tell(/"cast"/.test(history) && !/"v\d\d"/.test(history), 'the history says that ballots were cast and not by whom', history.slice(0, 400));
const points = [...history.matchAll(/"point":"([0-9a-f]{64})"/g)].map((m) => m[1]);
tell(points.length === VOTERS + 2 && new Set(points).size === points.length, 'equal ballots have points that are not alike', `${points.length}`);

// ---- before the close: everything the server shows

const paths = ['/console', '/api/v1/instances', `/api/v1/instances/${instance}`, `/api/v1/instances/${instance}/history?limit=200`, '/api/v1/items?limit=100', '/metrics', '/openapi.json', '/console/mail', `/console/instances/${instance}`, '/api/v1/people'];
for (const m of (await api('GET', '/console/mail')).text.matchAll(/\/w\/[\w.~-]+/g)) paths.push(m[0]);
for (const id of items.values()) paths.push(`/api/v1/items/${id}`);
const seen = new Set();
const told = [];
const counts = [/"wayleft":\s*\d/, /wayleft[^a-z]{1,20}18\b/, /"values"/, /"marks"/];
for (let at = 0; at < paths.length && seen.size < 300; at += 1) {
  if (seen.has(paths[at])) continue;
  seen.add(paths[at]);
  const r = await api('GET', paths[at], undefined, { accept: /^\/api/.test(paths[at]) ? 'application/json' : 'text/html' });
  for (const { receipt, choice } of ballots.values())
    if (r.text.includes(receipt) || r.text.includes(hash(`${receipt}:${choice}`))) told.push(`${paths[at]}: a receipt or a mark`);
  for (const c of counts) if (c.test(r.text)) told.push(`${paths[at]}: ${c.exec(r.text)[0]}`);
  if (/ checked| selected/.test(r.text.replace(/lang[^>]*/g, '')) && /wayleft/.test(r.text) && /(wayleft|waynone|wayrest)"[^>]* (checked|selected)/.test(r.text)) told.push(`${paths[at]}: a choice is marked`);
  for (const m of r.text.matchAll(/href="(\/[^"#]*)/g)) if (!/logout/.test(m[1])) paths.push(m[1].replaceAll('&amp;', '&'));
}
tell(seen.size > 40 && told.length === 0, `no page or endpoint of ${seen.size} tells anything`, told.slice(0, 5).join('\n#   '));

// ---- the key

const key = () => files(keys).filter((f) => f.endsWith('.key'));
tell(key().length === 1 && (statSync(key()[0]).mode & 0o077) === 0 && (statSync(keys).mode & 0o077) === 0, 'the key lies beside the data directory and is nobody else\'s');
const secret = readFileSync(key()[0], 'utf8').split('\n')[1];
const inside = [...files(data), join(work, 'copy.db')].filter((f) => { const b = readFileSync(f); return b.includes(Buffer.from(secret)) || b.includes(Buffer.from(secret, 'hex')); });
tell(inside.length === 0, 'and not in the data directory nor in the backup', inside.join(' '));

// ---- a crash, then the close without the key, and with it

await stop('SIGKILL');
const path = key()[0];
const kept = readFileSync(path);
rmSync(path);
const ill = run('doctor', data);
tell(ill.status === 1 && /cannot be counted without it/.test(ill.stdout) && ill.stdout.includes(path), 'dure doctor says that the key is missing and what that means', ill.stdout);
writeFileSync(path, kept, { mode: 0o600 });
tell(/1 open secret vote with the key/.test(run('doctor', data).stdout), 'and that it is there');
rmSync(path);
await launch();
await api('POST', '/dev/clock', { to: '2013-05-03T18:00:00+09:00' });
let shown = (await api('GET', `/api/v1/instances/${instance}`)).json;
tell(shown?.status === 'waiting', 'without its key a vote waits and is not lost', JSON.stringify(shown).slice(0, 300));
const late = await api('POST', `/api/v1/items/${items.get('v25')}/answers`, { as: 'v25', data: { choice: 'wayleft' } });
tell(late.status === 409 && late.json.code === 'closed', 'though it is closed', late.text);
writeFileSync(path, kept, { mode: 0o600 });
await api('POST', '/dev/clock', { to: '2013-05-03T18:05:00+09:00' });
shown = (await api('GET', `/api/v1/instances/${instance}`)).json;
const out = shown?.output ?? {};
tell(shown?.status === 'completed' && out.cast === VOTERS, 'with the key the vote is counted', JSON.stringify(shown).slice(0, 500));
const expected = { wayleft: 0, waynone: 0, wayrest: 0 };
for (const b of ballots.values()) expected[b.choice] += 1;
tell(options.every((o) => out.counts?.[o] === expected[o]), 'as it was cast', JSON.stringify(out.counts));
tell(key().length === 0, 'and then the key is destroyed');
await stop('SIGTERM');

// ---- after the close: the case file

const made = run('verify', data, '--instance', instance, '--export', join(work, 'case.json'));
tell(made.status === 0, 'the chain is whole and the case goes out', made.stdout + made.stderr);
const verified = run('verify', join(work, 'case.json'));
tell(verified.status === 0 && /24 ballots of as many voters, 2 replaced/.test(verified.stdout) && /none added, dropped or changed/.test(verified.stdout), 'the case verifies alone and says what it counted', verified.stdout + verified.stderr);
const one = ballots.get('v03');
const asked = run('verify', join(work, 'case.json'), '--receipt', one.receipt);
tell(asked.status === 0 && asked.stdout.includes('is in the tally') && asked.stdout.includes('wayrest'), 'a receipt finds its ballot', asked.stdout);
const stranger = run('verify', join(work, 'case.json'), '--receipt', 'AAAAAAAAAAAAAAAAAAAAAAAA');
tell(stranger.status === 1, 'and a receipt of nobody finds none', stranger.stdout);
const text = readFileSync(join(work, 'case.json'), 'utf8');
found = [...ballots.values()].filter((b) => text.includes(b.receipt));
tell(found.length === 0, 'the case has no receipt in it');
let unseen = 0;
let tried = 0;
for (let at = 7; at < text.length; at += Math.max(1, Math.floor(text.length / 150))) {
  tried += 1;
  const bytes = Buffer.from(text);
  bytes[at] ^= 1;
  writeFileSync(join(work, 'bad.json'), bytes);
  if (run('verify', join(work, 'bad.json')).status === 0) { unseen += 1; console.log(`# unseen: …${text.slice(Math.max(0, at - 30), at + 10)}`); }
}
tell(unseen === 0 && tried > 100, `a flipped bit is found, in ${tried} places`, `${unseen} unseen`);

const theCase = JSON.parse(text);
const chunk = Object.entries(theCase.personal).find(([name, p]) => p.body?.ballots);
chunk[1].body.ballots[0][2] = chunk[1].body.ballots[0][2] === 'waynone' ? 'wayleft' : 'waynone';
writeFileSync(join(work, 'bad.json'), JSON.stringify(theCase));
tell(run('verify', join(work, 'bad.json')).status === 1, 'an exchanged ballot is found');

// ---- after the close: what is left in the data directory

found = search([...files(data)]).filter((f) => [...ballots.values()].some((b) => f.includes(b.receipt)));
tell(found.length === 0, 'no receipt was ever written', found.join(' '));
const slots = spawnSync('sqlite3', ['-readonly', join(data, 'dure.db'), "select count(*) from record where key glob char(3) || '*'"], { encoding: 'utf8' }).stdout.trim();
tell(slots === '0', 'the urn is gone', slots);
const raw = readFileSync(join(data, 'dure.db'));
const leftovers = values.filter((v) => raw.includes(Buffer.from(v, 'hex')));
tell(leftovers.length === 0, 'and its slots are overwritten in the file', `${leftovers.length} of ${values.length}`);
rmSync(work, { recursive: true, force: true });
console.log(`# ${number - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
