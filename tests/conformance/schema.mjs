// Holds every shipped definition against the DSL's public schema, as its SDK for JavaScript carries it: one TAP line a file.
// What Dure accepts beyond the schema would bind people to Dure; what ships here runs elsewhere as far as its functions do.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { documented, parseFeature } from './gherkin.mjs';

const require = createRequire(new URL('../node/package.json', import.meta.url));
const yaml = require('js-yaml');
const { validate } = require('@serverlessworkflow/sdk');

function* filesOf(folder, ending) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(name, ending);
    else if (name.endsWith(ending)) yield name;
  }
}

// Only the DSL's own kinds of values: a version such as 1.0.3 stays text, and a date is none.
const read = (text) => yaml.load(text, { schema: yaml.CORE_SCHEMA });

function* shipped() {
  for (const folder of ['workflows', 'examples', 'tests/bench', 'tests/scenarios']) {
    for (const file of filesOf(folder, '.yaml')) {
      if (file.endsWith('.test.yaml') || file.startsWith('tests/scenarios/check')) continue;
      const text = readFileSync(file, 'utf8');
      if (/^document:/m.test(text)) yield [file, [text]];
    }
  }
  for (const file of filesOf('tests/conformance/features', '.feature')) {
    const scenarios = parseFeature(readFileSync(file, 'utf8'), file)
      .filter((s) => !s.tags.includes('@beyond-schema') && !s.steps.some((step) => /should be refused/.test(step.text)));
    yield [file, scenarios.flatMap((s) => s.steps.filter((step) => /a workflow with definition:$/.test(step.text)).map((step) =>
      documented(step.doc.replaceAll('http://services.example.org', 'http://127.0.0.1:8080'))))];
  }
}

// Of the dozens of lines that one mistake brings, those about the innermost place.
function gist(error) {
  const lines = error.message.split('\ndata: ')[0].split('\n').filter((l) => l.startsWith('- /'));
  const place = (l) => l.slice(2).split(' | ')[0];
  const deepest = Math.max(...lines.map((l) => place(l).split('/').length));
  return lines.filter((l) => place(l).split('/').length === deepest).slice(0, 4).map((l) => l.slice(0, 200)).join('\n') || error.message;
}

let passed = 0, failed = 0;
for (const [file, texts] of shipped()) {
  const problems = [];
  for (const text of texts) {
    try { validate('Workflow', read(text)); } catch (error) { problems.push(gist(error)); }
  }
  if (problems.length === 0) console.log(`ok ${++passed + failed} - ${file} fits the public schema`);
  else console.log(`not ok ${++failed + passed} - ${file} fits the public schema\n${problems.join('\n').replace(/^/gm, '#   ')}`);
}
console.log(`# ${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
