// Plays conformance features through `dure run`, one TAP line a scenario. Outside services are answered by a local server: the
// addresses in the features are rewritten to it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseFeature } from './gherkin.mjs';
import { startServices } from './services.mjs';

const require = createRequire(new URL('../node/package.json', import.meta.url));
const yaml = require('js-yaml');
const dure = process.env.DURE ?? 'build-test/dure';
const PATIENCE_MS = 60_000;

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
  writeFileSync(file, world.definition);
  const options = ['run', file, '--virtual', '--trace', trace];
  if (world.input !== undefined) {
    writeFileSync(path.join(folder, 'input.json'), JSON.stringify(world.input));
    options.push('--input', '@' + path.join(folder, 'input.json'));
  }
  return new Promise((resolve) => {
    const child = spawn(dure, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    const out = [], err = [];
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdout.on('data', (c) => out.push(c));
    child.stderr.on('data', (c) => err.push(c));
    child.on('close', (code) => {
      clearTimeout(patience);
      let lines = [];
      try { lines = readFileSync(trace, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l)); } catch { /* none */ }
      rmSync(folder, { recursive: true, force: true });
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), trace: lines });
    });
  });
}

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
  [/^a workflow with definition:$/, (w, m, doc) => { w.definition = doc; }],
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
for (const folder of process.argv.slice(2)) {
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.feature')).sort()) {
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
