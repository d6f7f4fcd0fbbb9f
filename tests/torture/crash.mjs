// What crashes the engine is blamed for it, in three lives of the real server each: an instance that was in hand in two
// crashes in a row is held and named; a plugin that was at work in two, for different instances, is held with those that
// call it; everything else goes on. The crash is a real one: a builtin of jq that compares for hours inside C, which only
// the watchdog ends. Then the other ends: memory that is not there, an abort, and kill -9, which blames nobody.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, failures, root, run, tell, until } from './server.mjs';

const work = mkdtempSync(join(tmpdir(), 'dure-crash-'));
const plugins = join(work, 'plugins');
const plugin = join(plugins, 'poison', 'plugin.lua');
mkdirSync(plugins);
cpSync(join(root, 'tests/torture/plugins/poison'), join(plugins, 'poison'), { recursive: true });
const poison = readFileSync(plugin, 'utf8');
const mended = poison.replace('step.input.bite then', 'false then');

const launch = (data) => new Server(data, ['--plugins', plugins], { env: { DURE_PLUGIN_CPU_MS: '200' } });
const open = async (data) => {
  const s = launch(data);
  if (!(await s.ready())) tell(false, 'the server comes up', s.log);
  return s;
};
async function deploy(s) {
  for (const text of readFileSync(join(root, 'tests/torture/poison.yaml'), 'utf8').split(/^---$/m)) {
    const r = await s.call('POST', '/api/v1/definitions', text, 'application/yaml');
    if (r.status !== 201) throw new Error(`deploy: ${r.status} ${r.text}`);
  }
}
// How it ended; one that does not end by itself is ended, and nobody waits for ever.
const ended = async (s) => (await until(() => s.ended)) ?? s.stop('SIGKILL');
const send = (s, k, bite) => s.call('POST', '/api/v1/events', { specversion: '1.0', id: `${k}-${Math.random()}`, source: '/t', type: 'torture.bite', data: { k, bite } }, 'application/cloudevents+json');

async function poisonedCase() {
  const data = join(work, 'case');
  let s = await open(data);
  await deploy(s);
  const ticks = [];
  for (let i = 0; i < 10; i += 1) ticks.push(await s.start('tick'));
  const bad = await s.start('late'); // last, since it ends the server a moment later
  tell(bad && ticks.every(Boolean), 'a case that will crash, and ten others', `${ticks} ${bad}`);
  const first = await ended(s);
  tell(first.code === 134 || first.signal === 'SIGABRT', 'a call that nothing can stop ends the process', `${first.code} ${first.signal} ${s.log}`);
  tell(s.log.includes(`while ${bad} in plugin 'poison', function 'poison'`), 'its last words name the instance, the plugin and the function', s.log);
  const doctor = run('doctor', data).text;
  tell(doctor.includes('hint: the server crashed') && doctor.includes(bad), 'dure doctor tells the last crash', doctor);
  s = launch(data);
  const second = await ended(s);
  tell(second.code === 134 || second.signal === 'SIGABRT', 'once is no pattern: it is tried again, and crashes again', s.log);
  s = await open(data);
  const shown = await s.status(bad, 'suspended');
  tell(shown.status === 'suspended' && /two crashes in a row.*'poison'/.test(shown.incident ?? ''), 'after two crashes in a row the instance is held, and says with which plugin', JSON.stringify(shown));
  let done = 0;
  for (const id of ticks) done += (await s.status(id, 'completed')).status === 'completed';
  tell(done === ticks.length, 'all others have finished', `${done} of ${ticks.length}`);
  tell((await s.call('GET', '/console')).text.includes(bad), 'the console names it');
  tell((await s.stop()).code === 0, 'the third life ends in order');
  writeFileSync(plugin, mended);
  s = await open(data);
  tell((await s.show(bad)).status === 'suspended', 'it stays held when the plugin is mended, until a person says so');
  await s.call('POST', `/api/v1/instances/${bad}/resume`);
  tell((await s.status(bad, 'completed')).status === 'completed', 'a person resumes it, and it is done');
  await s.stop();
  writeFileSync(plugin, poison);
}

async function poisonedPlugin() {
  const data = join(work, 'plugin');
  let s = await open(data);
  await deploy(s);
  const ids = {};
  for (const k of ['a', 'b', 'c', 'd']) ids[k] = await s.start('heard', { k });
  send(s, 'a', true);
  await ended(s);
  s = await open(data);
  send(s, 'b', true);
  await ended(s);
  s = await open(data);
  tell(/"event":"held","plugin":"poison"/.test(s.log), 'a plugin at work in two crashes, for different instances, is held', s.log);
  const tick = await s.start('tick');
  await send(s, 'c', true);
  const shown = await s.status(ids.c, 'suspended');
  tell(/plugin 'poison' is quarantined/.test(shown.incident ?? ''), 'what calls it waits as an incident that names it', JSON.stringify(shown));
  tell((await s.status(tick, 'completed')).status === 'completed', 'what does not call it goes on');
  await s.call('POST', `/api/v1/instances/${ids.c}/resume`);
  await until(async () => (await s.show(ids.c)).status !== 'suspended', 500);
  tell((await s.status(ids.c, 'suspended')).status === 'suspended', 'resumed too early it is held again');
  await s.stop();
  const listed = run('plugin', 'release', 'poison', '--data', data, '--plugins', plugins);
  tell(listed.code === 0, 'dure plugin release lets it run again', listed.text);
  s = await open(data);
  await send(s, 'd', false);
  tell((await s.status(ids.d, 'completed')).status === 'completed', 'it runs again after that', JSON.stringify(await s.show(ids.d)));
  await s.stop();
  writeFileSync(plugin, mended);
  s = await open(data);
  await s.call('POST', `/api/v1/instances/${ids.c}/resume`);
  tell((await s.status(ids.c, 'completed')).status === 'completed', 'what was held begins its call anew, and is done', JSON.stringify(await s.show(ids.c)));
  await s.stop();
  tell(run('verify', data).code === 0, 'the audit chain is whole');
}

async function otherEnds() {
  const data = join(work, 'ends');
  for (const [signal, name] of [['SIGSEGV', 'memory that is not there'], ['SIGABRT', 'a library that gives up']]) {
    const s = await open(data);
    await s.stop(signal);
    const words = readFileSync(join(data, 'last-words'), 'utf8');
    tell(words.includes(signal), `${name} leaves last words`, words);
  }
  let s = await open(data);
  tell(s.log.includes('crashed_before'), 'the next start says so in its log', s.log);
  await s.stop('SIGKILL');
  tell(readFileSync(join(data, 'last-words'), 'utf8').replaceAll('\0', '') === '', 'kill -9 leaves none');
  s = await open(data);
  tell(!s.log.includes('crashed_before'), 'and nobody is blamed for it', s.log);
  await s.stop();
}

for (const part of [poisonedCase, poisonedPlugin, otherEnds]) {
  try {
    await part();
  } catch (error) {
    tell(false, part.name, error.stack);
  }
}
rmSync(work, { recursive: true, force: true });
process.exit(failures() > 0 ? 1 : 0);
