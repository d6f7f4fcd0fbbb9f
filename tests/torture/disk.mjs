// What disks do to the real server, and what it says: full, read-only, files that are taken away while it runs, a log or a
// database that is cut short, a backup under load that is restored. Always: what was answered 2xx is there, or a sentence
// says what is lost; nothing is answered 2xx that lies in a file that nobody will find.
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, readdirSync, renameSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, dure, failures, pause, root, run, tell, until } from './server.mjs';

const work = mkdtempSync(join(tmpdir(), 'dure-disk-'));
chmodSync(work, 0o755);
const plugins = join(root, 'plugins');
const FLIPS = Number(process.env.FLIPS ?? 64);
const folder = (name) => join(work, name);
const KEEP = `document: { dsl: 1.0.3, namespace: torture, name: keep, version: 1.0.0 }
do:
  - keep: { set: { n: "\${ .n }" } }
`;
const MAIL = `document: { dsl: 1.0.3, namespace: torture, name: letter, version: 1.0.0 }
do:
  - tell: { call: notify, with: { to: { people: [ p1 ] }, subject: Hello, body: Hello, key: "\${ .key }" } }
`;

async function open(data, more = {}) {
  const s = new Server(data, ['--plugins', plugins], more);
  if (!(await s.ready())) tell(false, 'the server comes up', s.log);
  return s;
}
async function first(data, more) {
  const s = await open(data, more);
  for (const text of [KEEP, MAIL]) await s.call('POST', '/api/v1/definitions', text, 'application/yaml');
  await s.call('POST', '/api/v1/people', { id: 'p1', name: 'Person', email: 'p1@example.org' });
  return s;
}
const keep = (s, n) => s.call('POST', '/api/v1/instances', { definition: { namespace: 'torture', name: 'keep' }, input: { n } });
async function load(s, count) {
  const told = [];
  for (let i = 0; i < count; i += 1) { const r = await keep(s, i); if (r.status === 201) told.push(r.json.id); }
  return told;
}
async function missing(s, told) {
  let n = 0;
  for (const id of told) n += (await s.call('GET', `/api/v1/instances/${id}`)).status !== 200;
  return n;
}
const whole = (data) => run('verify', data).code === 0;
const doctor = (data) => run('doctor', data).text;

// ---- full, and room again

async function full(name, data, more, makeRoom) {
  const s = await first(data, more);
  const told = await load(s, 3);
  // The one whose commit the disk refuses is held, not refused: it is answered when there is room.
  let held;
  for (let i = 0; i < 400 && !held; i += 1) {
    const asked = keep(s, 'x'.repeat(30000) + i);
    let answered = false;
    asked.then(() => { answered = true; });
    const r = await Promise.race([asked, until(async () => (answered ? 'answered' : (await s.call('GET', '/readyz')).status === 503 && 'held'))]);
    if (r === 'held') held = asked; else if (r.status === 201) told.push(r.json.id);
  }
  const refused = await keep(s, 1);
  tell(refused?.status === 503 && Number(refused.headers['retry-after']) > 0, `${name}: refused with 503 and Retry-After`, `${refused?.status} ${refused?.text}`);
  const ready = await s.call('GET', '/readyz');
  tell(ready.status === 503 && (await s.call('GET', '/healthz')).status === 200, `${name}: alive, and not ready`, ready.text);
  tell(/disk|write|size|full/i.test(ready.text), `${name}: /readyz says why`, ready.text);
  makeRoom(s);
  const r = await until(async () => { const one = await keep(s, 1); return one.status === 201 && one; });
  tell(r, `${name}: goes on when there is room`);
  const answered = await held;
  tell(answered?.status === 201, `${name}: what it held is answered then`, `${answered?.status}`);
  told.push(answered?.json?.id);
  tell((await missing(s, told)) === 0, `${name}: what was told is there (${told.length})`);
  tell((await s.stop()).code === 0 && whole(data), `${name}: stops in order, the chain is whole`);
}

async function fullByLimit() {
  await full('file too large', folder('limit'), { shell: 'ulimit -S -f 3000;' },
    (s) => spawnSync('prlimit', [`--pid=${s.child.pid}`, '--fsize=unlimited']));
}

async function fullDisk() {
  const disk = folder('small');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', disk]).status !== 0) { console.log('# no file system may be mounted here: the limit on file sizes stands for a full disk'); return; }
  try {
    const old = join(disk, 'old');
    mkdirSync(old);
    spawnSync('sqlite3', [join(old, 'dure.db')], { input: readFileSync(join(root, 'tests/unit/store/version1.sql')) });
    const s = await open(old);
    tell(/pages_without_sums/.test(s.log) && (await s.call('GET', '/readyz')).status === 200, 'an old database without room for a copy: it serves, and says that pages have no sums', s.log);
    await s.stop();
    tell(/hint: the pages have no sums/.test(doctor(old)) && whole(old), 'an old database without room for a copy: dure doctor says so, and it verifies', doctor(old));
    rmSync(old, { recursive: true });
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(2 << 20));
    await full('full disk', join(disk, 'data'), {}, () => unlinkSync(join(disk, 'ballast')));
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
}

// ---- read-only

async function readOnly() {
  const data = folder('readonly');
  const s = await first(data);
  await s.stop();
  for (const name of readdirSync(data)) chmodSync(join(data, name), statSync(join(data, name)).isDirectory() ? 0o555 : 0o444);
  chmodSync(data, 0o555);
  // Whoever is root can write anyway: then it is another user, who need not be let into the folder of the sources.
  const program = folder('dure');
  cpSync(dure, program);
  cpSync(plugins, folder('plugins'), { recursive: true });
  const as = process.getuid() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : ['env'];
  const other = (...args) => { const r = spawnSync(as[0], [...as.slice(1), program, ...args], { encoding: 'utf8', timeout: 120000, env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } }); return { code: r.status, text: r.stdout + r.stderr }; };
  const served = other('serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', folder('plugins'));
  tell(served.code === 1 && /let this user write there/.test(served.text), 'read-only: it does not start, and says the way out', served.text);
  const examined = other('doctor', data).text;
  tell(/problem: this user may not write in/.test(examined), 'read-only: dure doctor says so', examined);
  chmodSync(data, 0o700);
  for (const name of readdirSync(data)) chmodSync(join(data, name), 0o700);
}

// ---- files taken away

async function taken(name) {
  const data = folder(`taken-${name}`);
  const s = await first(data);
  const told = await load(s, 5);
  renameSync(join(data, name), folder(`away-${name}`));
  const ready = await until(async () => { const r = await s.call('GET', '/readyz'); return r.status === 503 && r; });
  tell(ready?.text.includes(`${name}' was removed or replaced`), `${name} removed: noticed though nothing is written, and named`, `${ready?.text} ${s.log}`);
  const refused = await keep(s, 1);
  tell(refused.status === 503, `${name} removed: nothing is taken that would be lost`, `${refused.status}`);
  renameSync(folder(`away-${name}`), join(data, name));
  tell(await until(async () => (await keep(s, 1)).status === 201), `${name} put back: it goes on`, s.log);
  tell((await missing(s, told)) === 0, `${name} put back: all is there`);
  await s.stop();
  tell(whole(data), `${name} put back: the chain is whole`);
}

async function logLost() {
  const data = folder('log-lost');
  let s = await first(data);
  const told = await load(s, 10);
  unlinkSync(join(data, 'dure.db-wal'));
  await until(async () => (await s.call('GET', '/readyz')).status === 503);
  await s.stop();
  s = await open(data);
  tell((await missing(s, told)) === 0, 'the log deleted: a stop in order saves what it had', s.log);
  await s.stop();
  tell(whole(data), 'the log deleted: the chain is whole after that');
}

async function databaseLost() {
  const data = folder('db-lost');
  const s = await first(data);
  await load(s, 5);
  await s.stop('SIGKILL');
  unlinkSync(join(data, 'dure.db'));
  const served = run('serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', plugins);
  tell(served.code === 1 && /no database beside it; put the database back/.test(served.text), 'the database deleted: no empty one is begun over the log', served.text);
  tell(existsSync(join(data, 'dure.db-wal')), 'the database deleted: the log is left alone');
  tell(/problem: there is no database in/.test(doctor(data)), 'the database deleted: dure doctor says so', doctor(data));
}

async function mailLost() {
  const data = folder('mail-lost');
  const s = await first(data);
  const letter = async (key) => (await s.call('POST', '/api/v1/instances', { definition: { namespace: 'torture', name: 'letter' }, input: { key } })).json?.id;
  const files = () => (existsSync(join(data, 'mail')) ? readdirSync(join(data, 'mail')).length : 0);
  await s.status(await letter('a'), 'completed');
  tell(await until(() => files() > 0), 'mails are files', s.log);
  // Moved in one step: the server may be writing the next file while somebody clears the folder away.
  renameSync(join(data, 'mail'), folder('mail-gone'));
  await letter('b');
  tell(await until(() => files() > 0), 'the folder of mails deleted: it is made again', s.log);
  await s.stop();
}

// ---- cut short

async function cutLog() {
  const data = folder('cut-log');
  let s = await first(data);
  const told = await load(s, 40);
  await s.stop('SIGKILL');
  const log = join(data, 'dure.db-wal');
  truncateSync(log, Math.floor(statSync(log).size / 2));
  cpSync(data, folder('cut-log-copy'), { recursive: true });
  const said = doctor(folder('cut-log-copy'));
  tell(/problem: the log was cut short/.test(said), 'a log cut short: dure doctor says so', said);
  s = await open(data);
  tell(/log_cut_short/.test(s.log), 'a log cut short: the start says so', s.log);
  tell((await missing(s, told)) > 0, 'a log cut short: the last commits are lost');
  await s.stop();
  tell(whole(data), 'a log cut short: what is left is whole');
}

async function cutDatabase() {
  const data = folder('cut-db');
  const s = await first(data);
  await load(s, 50);
  await s.stop();
  const file = join(data, 'dure.db');
  truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096);
  const served = run('serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', plugins);
  tell(served.code === 1 && /restore a backup/.test(served.text), 'a database cut short: it does not start, and says the way out', served.text);
  const said = doctor(data);
  tell(/problem: .*(damaged|malformed)/.test(said) && run('doctor', data).code === 1, 'a database cut short: dure doctor says so', said);
  tell(run('verify', data).code === 1, 'a database cut short: dure verify says so');
}

// Bits anywhere in the file and in its log: each is found and named, the server does not start on it, and whoever looks never
// falls over itself.
function flips(data, name, count, from, end, wanted) {
  const file = join(data, name);
  const bytes = readFileSync(file);
  const wrong = [];
  const said = [];
  for (let i = 0; i < count; i += 1) {
    const at = Math.floor(from + ((i + 0.5) / count) * (end - from));
    const spoiled = Buffer.from(bytes);
    spoiled[at] ^= 1 << (i % 8);
    writeFileSync(file, spoiled);
    const r = run('verify', data);
    said.push(r.text);
    if (r.code !== 1 || !wanted(at).test(r.text)) wrong.push(`byte ${at}: ${r.code} ${r.text}`);
    if (i === 0) tell(/problem: .*damaged/.test(doctor(data)) && run('doctor', data).code === 1, `flipped bits, ${name}: dure doctor says so`, doctor(data));
  }
  tell(wrong.length === 0, `flipped bits, ${name}: dure verify finds ${count} of ${count}`, wrong.slice(0, 3).join('\n'));
  writeFileSync(file, bytes);
  return said;
}
function refused(data, words, what) {
  const r = run('serve', '--data', data, '--listen', '127.0.0.1:0', '--plugins', plugins);
  tell(r.code === 1 && words.test(r.text) && /dure restore/.test(r.text), what, r.text);
}

async function flipped() {
  const data = folder('flip');
  let s = await first(data);
  await load(s, 30);
  await s.stop();
  const file = join(data, 'dure.db');
  const said = flips(data, 'dure.db', FLIPS, 0, statSync(file).size, (at) => new RegExp(`page ${Math.floor(at / 4096) + 1} of the database is damaged: it belongs to`));
  tell(whole(data), 'flipped bits: flipped back it is whole');
  const page = said.map((text) => /page (\d+) of the database is damaged: it belongs to table/.exec(text)?.[1]).find((found) => found);
  const bytes = readFileSync(file);
  const spoiled = Buffer.from(bytes);
  spoiled[page * 4096 - 100] ^= 1;
  writeFileSync(file, spoiled);
  refused(data, new RegExp(`page ${page} of the database is damaged: it belongs to table '`), 'flipped bits: it does not start on a damaged page, names it and says the way out');
  writeFileSync(file, bytes);

  s = await open(data);
  await load(s, 1);
  await s.stop();
  s = await open(data);
  // No page of this table has been read since the start, nor has the log any.
  const instances = [...said.join('\n').matchAll(/page (\d+) of the database is damaged: it belongs to table 'instance'/g)].map((m) => Number(m[1]));
  const flipAll = () => {
    const at = openSync(file, 'r+');
    const byte = Buffer.alloc(1);
    for (const one of instances) {
      readSync(at, byte, 0, 1, one * 4096 - 100);
      byte[0] ^= 1;
      writeSync(at, byte, 0, 1, one * 4096 - 100);
    }
    closeSync(at);
  };
  flipAll();
  await until(async () => { await s.call('GET', '/api/v1/instances?limit=100'); return s.ended; });
  tell(instances.length > 0 && s.ended?.signal === 'SIGABRT' && /table 'instance': reading: page \d+ of the database is damaged/.test(s.log) && /dure restore/.test(s.log), 'a bit flipped under the server: it stops with last words that name page, table and way out', `${JSON.stringify(s.ended)} ${s.log}`);
  flipAll();

  s = await open(data);
  const told = await load(s, 20);
  await s.stop('SIGKILL');
  const log = join(data, 'dure.db-wal');
  const frames = Math.floor((statSync(log).size - 32) / 4120);
  flips(data, 'dure.db-wal', Math.ceil(FLIPS / 4), 0, 32 + frames * 4120, (at) => new RegExp(at < 32 ? 'the log' : `the log is damaged at frame ${Math.floor((at - 32) / 4120) + 1} `));
  const good = readFileSync(log);
  const middle = Buffer.from(good);
  middle[32 + Math.floor(frames / 2) * 4120 + 2000] ^= 4;
  writeFileSync(log, middle);
  refused(data, /the log is damaged at frame/, 'a damaged log: it does not start, and writes over nothing');
  writeFileSync(log, good);
  s = await open(data);
  tell((await missing(s, told)) === 0, 'a damaged log: put back, all is there', s.log);
  await s.stop();
}

// ---- a backup under load

async function backup() {
  const data = folder('busy');
  const file = folder('backup.db');
  const restored = folder('restored');
  let s = await first(data);
  const told = await load(s, 30);
  let going = true;
  const loaders = [1, 2, 3].map(async () => { while (going) await keep(s, 1); });
  await pause(100);
  const busy = doctor(data);
  tell(/ok: each of \d+ pages fits its sum/.test(busy) && !/problem/.test(busy), 'dure doctor beside a server at work takes nothing for damage', busy);
  const made = await new Promise((done) => {
    import('node:child_process').then(({ execFile }) => execFile(dure, ['backup', data, file], { env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } }, (error, out, err) => done({ code: error ? 1 : 0, text: out + err })));
  });
  going = false;
  await Promise.all(loaders);
  tell(made.code === 0, 'a backup under load is made', made.text);
  await s.stop();
  let r = run('restore', file, '--data', restored);
  tell(r.code === 0 && whole(restored), 'it is restored, and verifies', r.text);
  tell(/ok: the audit chain is whole/.test(doctor(restored)), 'dure doctor finds it well', doctor(restored));
  s = await open(restored);
  tell((await missing(s, told)) === 0 && (await keep(s, 1)).status === 201, 'it serves, with all that was there before the backup');
  r = run('restore', file, '--data', restored, '--force');
  tell(r.code === 1 && /in use by process/.test(r.text), 'not over a server that runs', r.text);
  await s.stop();
  r = run('restore', file, '--data', restored);
  tell(r.code === 1 && /is a data directory already/.test(r.text), 'not over a data directory', r.text);
  r = run('restore', file, '--data', `${restored}/`, '--force');
  const aside = readdirSync(work).filter((name) => name.startsWith('restored.before-'));
  tell(r.code === 0 && aside.length === 1 && whole(join(work, aside[0])) && whole(restored), '--force puts it aside, whole', r.text);
  truncateSync(file, 4096 * 8);
  r = run('restore', file, '--data', folder('never'));
  tell(r.code === 1 && !existsSync(folder('never')) && !existsSync(folder('never.partial')), 'a damaged backup is refused, and leaves nothing', r.text);
  writeFileSync(file, 'not a database at all '.repeat(500));
  r = run('restore', file, '--data', folder('never'));
  tell(r.code === 1 && !existsSync(folder('never')), 'what is no backup is refused', r.text);
}

const parts = [fullByLimit, fullDisk, readOnly, () => taken('dure.db'), () => taken('dure.db-wal'), () => taken('lock'), logLost, databaseLost, mailLost, cutLog, cutDatabase, flipped, backup];
for (const part of parts) {
  try {
    await part();
  } catch (error) {
    tell(false, part.name, error.stack);
  }
}
rmSync(work, { recursive: true, force: true });
process.exit(failures() > 0 ? 1 : 0);
