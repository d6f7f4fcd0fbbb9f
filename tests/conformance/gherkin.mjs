// Reads the few forms of Gherkin that conformance features use: features, scenarios with tags, steps, and a doc string under a step.

export function parseFeature(text, file) {
  const scenarios = [];
  let scenario = null, step = null, doc = null, tags = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (doc) {
      if (line === '"""') { step.doc = dedent(doc); doc = null; } else doc.push(raw);
      continue;
    }
    if (line.startsWith('"""')) { doc = []; continue; }
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('@')) { tags = line.split(/\s+/); continue; }
    const named = /^Scenario:\s*(.*)$/.exec(line);
    if (named) { scenarios.push(scenario = { name: named[1], file, steps: [], tags }); tags = []; continue; }
    const said = /^(Given|When|Then|And|But)\s+(.*)$/.exec(line);
    if (said && scenario) scenario.steps.push(step = { text: said[2], doc: null });
  }
  return scenarios;
}

// A definition that names no document gets one: most features are about what stands below it.
export const documented = (definition) => /^document:/m.test(definition) ? definition
  : `document: { dsl: '1.0.3', namespace: conformance, name: feature, version: 1.0.0 }\n${definition}`;

function dedent(lines) {
  const filled = lines.filter((l) => l.trim() !== '');
  const least = Math.min(...filled.map((l) => l.length - l.trimStart().length));
  return lines.map((l) => l.slice(Number.isFinite(least) ? least : 0)).join('\n');
}
