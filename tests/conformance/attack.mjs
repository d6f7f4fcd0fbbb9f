// Hostile definitions and inputs through `dure run`: each ends soon, with an exit code and an error that says what is wrong, and
// with nothing from a sanitizer. One TAP line each.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const dure = process.env.DURE ?? 'build-test/dure';
const PATIENCE_MS = 120_000; // sanitizers are slow, and machines shared; most take a tenth of a second
const folder = mkdtempSync(path.join(tmpdir(), 'dure-attack-'));
const HEAD = "document: { dsl: '1.0.3', namespace: attack, name: attack, version: 1.0.0 }\n";

const set = (expression) => `${HEAD}do:\n  - a: { set: { x: '\${ ${expression} }' } }\n`;
const many = (count, indent, task) => Array.from({ length: count }, (_, i) => `${' '.repeat(indent)}- t${i}: ${task(i)}\n`).join('');
const fork = (count, task) => `${HEAD}do:\n  - f:\n      fork:\n        branches:\n${many(count, 10, task)}`;
const nested = (depth) => {
  let task = '{ x: { set: { v: 1 } } }';
  for (let i = 0; i < depth; i++) task = `{ d${i}: { do: [ ${task} ] } }`;
  return `${HEAD}do: [ ${task} ]\n`;
};
const plain = `${HEAD}do:\n  - a: { set: { size: '\${ length }' } }\n`;
const bytes = (...parts) => Buffer.concat(parts.map((p) => Buffer.from(p)));

const TOO_LONG = 'runs too long', DEEP = 'nested';
// [what, definition, input or undefined, exit code, what stdout (0) or stderr holds]
const attacks = [
  ['a function that calls itself', set('def f: f; f'), undefined, 1, TOO_LONG],
  ['a function that wraps itself', set('def f: [f]; f'), undefined, 1, TOO_LONG],
  ['a range of a thousand million', set('[range(1000000000)] | length'), undefined, 1, TOO_LONG],
  ['until what never comes', set('0 | until(false; .+1)'), undefined, 1, TOO_LONG],
  ['while what always holds', set('[0 | while(true; .+1)]'), undefined, 1, TOO_LONG],
  ['repeat without end', set('[0 | repeat(.+1)]'), undefined, 1, TOO_LONG],
  ['recurse without end', set('[0 | recurse(.+1)]'), undefined, 1, TOO_LONG],
  ['a text a thousand million times', set('"abc" * 1000000000'), undefined, 1, 'too long'],
  ['an array index of a thousand million', set('[] | .[1000000000] = 1'), undefined, 1, 'at most'],
  ['a value nested a thousand deep', set('reduce range(0;1000) as $i (1; [.])'), undefined, 1, DEEP],
  ['a pattern that backtracks for ever', set('("a"*40 + "b") | test("^(a+)+$")'), undefined, 1, 'regex'],
  ['a time beyond all years', set('1e300 | todate'), undefined, 1, 'years'],
  ['the environment', set('env.PATH'), undefined, 1, 'env'],
  ['the environment as a variable', set('$ENV.PATH'), undefined, 1, 'ENV'],
  ['the end of the process', set('halt_error(3)'), undefined, 1, 'halt_error'],
  ['an expression that closes a bracket of others', set('1) | (2'), undefined, 1, 'attack.yaml'],
  ['brackets nested 7,000 deep', set('['.repeat(7000) + ']'.repeat(7000)), undefined, 1, DEEP],
  ['an expression of 24,000 bytes', set('1 + '.repeat(6000) + '1'), undefined, 1, '16384'],
  ['a jump to itself', `${HEAD}do:\n  - a: { set: { x: 1 }, then: a }\n`, undefined, 1, 'circle'],
  ['two switches in a circle', `${HEAD}do:\n  - a: { switch: [ { c: { then: b } } ] }\n  - b: { switch: [ { c: { then: a } } ] }\n`, undefined, 1, 'circle'],
  ['ten thousand turns', `${HEAD}do:\n  - a: { for: { in: '[range(10000)]' }, do: [ { b: { set: { x: '\${ $item }' } } } ] }\n`, undefined, 0, '9999'],
  ['a million turns', `${HEAD}do:\n  - a: { for: { in: '[range(1000000)]' }, do: [ { b: { set: { x: 1 } } } ] }\n`, undefined, 1, TOO_LONG],
  ['data that doubles with each turn', `${HEAD}do:\n  - a: { for: { in: '[range(40)]' }, do: [ { b: { set: '\${ { x: [ .x, .x ] } }' } } ] }\n`, undefined, 1, 'larger than'],
  ['lists nested 10 deep', nested(10), undefined, 0, '"v":1'],
  ['lists nested 200 deep', nested(200), undefined, 1, DEEP],
  ['lists nested 5,000 deep', nested(5000), undefined, 1, DEEP],
  ['1,000 branches', fork(1000, (i) => `{ set: { v: ${i} } }`), undefined, 0, '{"v":999}'],
  ['1,001 branches', fork(1001, (i) => `{ set: { v: ${i} } }`), undefined, 1, '1000'],
  ['200 branches that wait for a hundred years', fork(200, () => '{ wait: P36500D }'), undefined, 0, '[{}'],
  ['20,001 tasks', `${HEAD}do:\n${many(20001, 2, () => '{ set: { v: 1 } }')}`, undefined, 1, '20000'],
  ['a wait of ten million years', `${HEAD}do:\n  - a: { wait: P9999999Y }\n`, undefined, 1, 'P9999999Y'],
  ['a wait backwards', `${HEAD}do:\n  - a: { wait: { seconds: -1 } }\n`, undefined, 1, 'attack.yaml:3'],
  ['anchors that multiply', `${HEAD}x0: &a0 [1]\n${Array.from({ length: 10 }, (_, i) => `x${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`)}]\n`).join('')}do: []\n`, undefined, 1, 'values'],
  ['an anchor within itself', `${HEAD}do:\n  - a: &a { set: { v: *a } }\n`, undefined, 1, 'attack.yaml:3'],
  ['bytes that are no UTF-8', bytes(`${HEAD}do:\n  - a: { set: { x: "`, [0xff, 0xc0, 0x80], '" } }\n'), undefined, 1, 'UTF-8'],
  ['UTF-16', Buffer.from('\ufeff' + plain, 'utf16le'), undefined, 1, 'UTF-8'],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf], plain), '[1, 2]', 0, '2'],
  ['a zero byte', `${HEAD}do:\n  - a: { set: { x: "a\0b" } }\n`, undefined, 1, 'attack.yaml:3'],
  ['an empty file', '', undefined, 1, 'attack.yaml'],
  ['a definition of 4.3 MB', `${HEAD}do:\n  - a: { set: { x: "${'y'.repeat(4_300_000)}" } }\n`, undefined, 1, '4194304'],
  ['a definition of 4.0 MB', `${HEAD}do:\n  - a: { set: { x: "${'y'.repeat(4_000_000)}" }, output: { as: '.x | length' } }\n`, undefined, 0, '4000000'],
  ['an input of nearly 8 MiB', plain, `"${'a'.repeat(8 * 1024 * 1024 - 2)}"`, 0, '8388606'],
  ['an input of more', plain, `"${'a'.repeat(8 * 1024 * 1024)}"`, 1, '8388608'],
  ['an input nested 100,000 deep', plain, '['.repeat(100_000), 1, DEEP],
  ['an input of half a million numbers', plain, `[${'1,'.repeat(499_999)}1]`, 0, '500000'],
  ['an input that is no UTF-8', plain, bytes('{"a":"', [0xff, 0xfe], '"}'), 1, 'UTF-8'],
  ['an input with a key twice', plain, '{"a":1,"a":2}', 1, "'a'"],
  ['an input with half a surrogate pair', plain, '"\\ud83c"', 1, 'input.json'],
  ['an input with escaped surrogates', plain, '"\\ud83c\\udf3e"', 0, '"size":1'],
  ['an input that ends too soon', plain, '{"a":', 1, 'input.json'],
];

function attempt([, definition, input]) {
  const file = path.join(folder, 'attack.yaml'), options = ['run', file, '--virtual'];
  writeFileSync(file, definition);
  if (input !== undefined) {
    writeFileSync(path.join(folder, 'input.json'), input);
    options.push('--input', '@' + path.join(folder, 'input.json'));
  }
  return spawnSync(dure, options, { encoding: 'utf8', timeout: PATIENCE_MS, killSignal: 'SIGKILL', maxBuffer: 64 << 20 });
}

function judge([, , , code, holds], { status, stdout, stderr }) {
  if (/(Address|Leak|UndefinedBehavior)Sanitizer|runtime error/.test(stderr)) return stderr.slice(0, 2000);
  if (status !== code) return `exit code ${status}, not ${code}: ${stderr.slice(-500)}`;
  const said = code === 0 ? stdout : stderr;
  return said.includes(holds) ? null : `it said '${said.slice(-500)}', not '${holds}'`;
}

let passed = 0, failed = 0;
for (const attack of attacks) {
  const began = Date.now(), wrong = judge(attack, attempt(attack)), took = Date.now() - began;
  if (wrong === null) console.log(`ok ${++passed + failed} - attack: ${attack[0]}${took > 2000 ? ` # ${took} ms` : ''}`);
  else console.log(`not ok ${++failed + passed} - attack: ${attack[0]}\n${wrong.replace(/^/gm, '#   ')}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`# ${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
