// Plays conformance features through `dure run`, one TAP line a scenario. Outside services are answered by a local server: the
// addresses in the features are rewritten to it.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { documented, parseFeature } from './gherkin.mjs';
import { startServices } from './services.mjs';

const require = createRequire(new URL('../node/package.json', import.meta.url));
const yaml = require('js-yaml');
const dure = process.env.DURE ?? 'build-test/dure';
const PATIENCE_MS = 120_000;

const familyOf = (type) => String(type).split('/').pop();
const at = (value, dotted) => dotted.split('.').reduce((v, key) => v?.[key], value);

class Mismatch extends Error {}
function must(claim, message) {
  if (!claim) throw new Mismatch(message);
}
const shown = (value) => JSON.stringify(value);

function execute(world) {
  const folder = mkdtempSync(path.join(tmpdir(), 'dure-feature-'));
  const file = path.join(folder, 'workflow.yaml'), trace = path.join(folder, 'trace');
  const options = ['run', file, '--virtual', '--trace', trace, '--plugins', 'plugins'];
  const put = (name, text) => { writeFileSync(path.join(folder, name), text); return path.join(folder, name); };
  put('workflow.yaml', world.definitions[0]);
  world.definitions.slice(1).forEach((text, i) => options.push('--with', put(`with-${i}.yaml`, text)));
  if (world.events) options.push('--event', '@' + put('events.json', JSON.stringify(world.events)));
  if (world.secrets) {
    mkdirSync(path.join(folder, 'secrets'));
    for (const [name, value] of Object.entries(world.secrets)) put(path.join('secrets', name), value);
    options.push('--secrets', path.join(folder, 'secrets'));
  }
  if (world.input !== undefined) options.push('--input', '@' + put('input.json', JSON.stringify(world.input)));
  return new Promise((resolve) => {
    const child = spawn(dure, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    const out = [], err = [];
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdout.on('data', (c) => out.push(c));
    child.stderr.on('data', (c) => err.push(c));
    child.on('close', (code, signal) => {
      clearTimeout(patience);
      let lines = [];
      try { lines = readFileSync(trace, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l)); } catch { /* none */ }
      rmSync(folder, { recursive: true, force: true });
      resolve({ code: code ?? signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), trace: lines });
    });
  });
}

// Virtual milliseconds between the first and the last entry of the trace.
const elapsed = (world) => Date.parse(world.result.trace.at(-1).time) - Date.parse(world.result.trace[0].time);
const started = (world) => world.result.trace.filter((e) => e.type.endsWith('task.started.v1')).map((e) => e.name);
const ended = (world, name, how) => world.result.trace.some((e) => e.name === name && e.type.endsWith(`task.${how}.v1`));
function output(world) {
  must(world.result.code === 0, `exit code ${world.result.code}: ${world.result.stderr.trim()}`);
  return JSON.parse(world.result.stdout);
}

function checkError(world, wanted) {
  const line = world.result.stderr.trim().split('\n').filter((l) => l.startsWith('{')).pop();
  must(line, `no error on stderr: ${world.result.stderr}`);
  const error = JSON.parse(line);
  for (const [key, value] of Object.entries(wanted)) {
    const same = key === 'type' ? familyOf(error.type) === familyOf(value) : isDeepStrictEqual(error[key], value);
    must(same, `error.${key}: wanted ${shown(value)}, got ${shown(error[key])}`);
  }
}

const steps = [
  [/^a workflow with definition:$/, (w, m, doc) => { (w.definitions ??= []).push(documented(doc)); }], // the first one is run
  [/^the events are sent:$/, (w, m, doc) => { w.events = yaml.load(doc); }], // each once the instance waits
  [/^the secrets are:$/, (w, m, doc) => { w.secrets = yaml.load(doc); }],
  [/^given the workflow input is:$/, (w, m, doc) => { w.input = yaml.load(doc); }],
  [/^the workflow is executed$/, async (w) => { w.result = await execute(w); }],
  [/^the workflow should complete$/, (w) => { output(w); }],
  [/^the workflow should complete with output:$/, (w, m, doc) => {
    const wanted = yaml.load(doc), got = output(w);
    must(isDeepStrictEqual(got, wanted), `wanted ${shown(wanted)}, got ${shown(got)}`);
  }],
  [/^the workflow should fault$/, (w) => must(w.result.code === 1, `exit code ${w.result.code}: ${w.result.stdout}`)],
  [/^the workflow should fault with error:$/, (w, m, doc) => {
    must(w.result.code === 1, `exit code ${w.result.code}: ${w.result.stdout}`);
    checkError(w, yaml.load(doc));
  }],
  [/^the workflow should wait$/, (w) => must(w.result.code === 3, `exit code ${w.result.code}`)],
  [/^the workflow should wait for "(.*)"$/, (w, m) => {
    must(w.result.code === 3, `exit code ${w.result.code}: ${w.result.stdout}${w.result.stderr}`);
    const got = JSON.parse(w.result.stderr.trim().split('\n').pop()).waitsFor;
    must(got.includes(m[1]), `it waits for ${shown(got)}`);
  }],
  [/^the definition should be refused with "(.*)"$/, (w, m) => {
    must(w.result.code === 1 && w.result.trace.length === 0, `exit code ${w.result.code}, ${w.result.trace.length} entries`);
    must(w.result.stderr.includes(m[1]), `it said ${w.result.stderr}`);
  }],
  [/^it should have taken (\d+) ms$/, (w, m) => must(elapsed(w) === Number(m[1]), `it took ${elapsed(w)} ms`)],
  [/^it should have taken from (\d+) to (\d+) ms$/, (w, m) =>
    must(elapsed(w) >= Number(m[1]) && elapsed(w) <= Number(m[2]), `it took ${elapsed(w)} ms`)],
  [/^(\S+) should run (\d+) times?$/, (w, m) => {
    const got = started(w).filter((name) => name === m[1]).length;
    must(got === Number(m[2]), `${m[1]} ran ${got} times`);
  }],
  [/^(\S+) should not run$/, (w, m) => must(!started(w).includes(m[1]), `order: ${started(w)}`)],
  [/^the workflow should cancel$/, (w) => must(w.result.trace.some((e) => e.type.endsWith('workflow.cancelled.v1')), 'it was not cancelled')],
  [/^the workflow output should have properties (.+)$/, (w, m) => {
    const got = output(w);
    for (const [, name] of m[1].matchAll(/'([^']+)'/g)) must(at(got, name) !== undefined, `no property '${name}' in ${shown(got)}`);
  }],
  [/^the workflow output should have an? '([^']+)' property with value:$/, (w, m, doc) => {
    const wanted = yaml.load(doc), got = at(output(w), m[1]);
    must(isDeepStrictEqual(got, wanted), `${m[1]}: wanted ${shown(wanted)}, got ${shown(got)}`);
  }],
  [/^the workflow output should have an? '([^']+)' property containing (\d+) items?$/, (w, m) => {
    const got = at(output(w), m[1]);
    must(got?.length === Number(m[2]), `${m[1]}: wanted ${m[2]} items, got ${shown(got)}`);
  }],
  [/^(\S+) should run first$/, (w, m) => must(started(w)[0] === m[1], `order: ${started(w)}`)],
  [/^(\S+) should run last$/, (w, m) => must(started(w).at(-1) === m[1], `order: ${started(w)}`)],
  [/^(\S+) should run (before|after) (\S+)$/, (w, m) => {
    const order = started(w), a = order.indexOf(m[1]), b = order.indexOf(m[3]);
    must(a >= 0 && b >= 0 && (m[2] === 'before' ? a < b : a > b), `order: ${order}`);
  }],
  [/^(\S+) should (complete|fault|cancel)$/, (w, m) => {
    const how = { complete: 'completed', fault: 'faulted', cancel: 'cancelled' }[m[2]];
    must(ended(w, m[1], how), `${m[1]} did not ${m[2]}`);
  }],
];

async function play(scenario, base) {
  const world = {};
  for (const step of scenario.steps) {
    const found = steps.find(([pattern]) => pattern.test(step.text));
    must(found, `a step nobody knows: ${step.text}`);
    const doc = step.doc?.replaceAll(/https?:\/\/(petstore\.swagger\.io|httpbin\.org|services\.example\.org)/g, base);
    await found[1](world, found[0].exec(step.text), doc);
  }
}

const services = await startServices();
const base = `http://127.0.0.1:${services.address().port}`;
let passed = 0, failed = 0, skipped = 0;
const wanted = process.env.DURE_FEATURE; // only the files whose name holds this
for (const folder of process.argv.slice(2)) {
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.feature') && f.includes(wanted ?? '')).sort()) {
    for (const scenario of parseFeature(readFileSync(path.join(folder, file), 'utf8'), file)) {
      const name = `${file}: ${scenario.name}`;
      if (/OpenAPI/.test(scenario.name)) { console.log(`# left for later: ${name}`); skipped++; continue; }
      try {
        await play(scenario, base);
        console.log(`ok ${++passed + failed} - ${name}`);
      } catch (error) {
        if (!(error instanceof Mismatch)) console.error(error);
        console.log(`not ok ${++failed + passed} - ${name}\n#   ${error.message}`);
      }
    }
  }
}
services.close();
console.log(`# ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);
