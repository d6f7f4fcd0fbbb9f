// Markup through names (TAP): everything that people, admins and programs may write holds markup; then every page that
// a link leads to is read in both languages, and none of it may come out as markup, in text or in an attribute.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const root = resolve(here, '../..');
const dure = resolve(process.env.DURE ?? join(root, 'build-test/dure'));
const work = mkdtempSync(join(tmpdir(), 'dure-inject-'));
const PAGES_MAX = 400;
let number = 0;
let failed = 0;
function tell(good, name, detail) {
  number += 1;
  if (!good) failed += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${number} - ${name}`);
  if (!good && detail) console.log(`#   ${detail}`);
}

// As text, as the end of an attribute in either quotes, as an address, and as the end of a script or comment.
const evil = (where) => `${where}<b data-evil>"onfocus=evil()x='onfocus=evil()--></script><img src=x onerror=evil()>`;
const escapes = [/<b data-evil/, /<img src=x/, /"onfocus=evil/, /'onfocus=evil/, /<\/script><img/, /href=["']?\s*javascript:/i];

const server = spawn(dure, ['serve', '--dev', '--data', join(work, 'data'), '--listen', '127.0.0.1:0', '--plugins', join(root, 'plugins')],
  { env: { ...process.env, DURE_LOG: 'error' }, stdio: ['ignore', 'pipe', 'inherit'] });
const gone = new Promise((done) => server.on('exit', (code) => done(code)));
const base = await Promise.race([gone.then(() => ''), new Promise((done) => {
  let out = '';
  server.stdout.on('data', (text) => {
    out += text;
    const m = /^console +(http:\/\/[^/]+)\//m.exec(out);
    if (m) done(m[1]);
  });
})]);
if (!base) {
  console.log('not ok 1 - the server starts');
  process.exit(1);
}
const api = async (method, path, body, type = 'application/json') => {
  const r = await fetch(base + path, { method, headers: { 'content-type': type }, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await r.text();
  return { status: r.status, text, json: /json/.test(r.headers.get('content-type') ?? '') ? JSON.parse(text) : null };
};

// ---- markup wherever somebody may write

const q = (text) => JSON.stringify(text);
const document = (name) => `document: { dsl: 1.0.3, namespace: evil, name: ${name}, version: 1.0.0, title: ${q(evil('title'))}, summary: ${q(evil('summary'))} }\n`;
const workflows = {
  ask: `do:
  - ask:
      call: form
      with:
        to: public
        title: ${q(evil('form'))}
        closes: 2099-01-01T00:00:00Z
        schema:
          type: object
          title: ${q(evil('schema'))}
          required: [name]
          properties:
            name: { type: string, title: ${q(evil('label'))}, description: ${q(evil('hint'))} }
            which: { type: string, title: Which, enum: [${q(evil('option'))}, b] }
`,
  decide: `do:
  - decide:
      call: vote
      with: { question: ${q(evil('question'))}, electorate: { group: g }, closes: 2099-01-01T00:00:00Z }
`,
  tell: `do:
  - tell:
      call: notify
      with: { to: { people: [p1] }, subject: ${q(evil('subject'))}, body: ${q(evil('body'))} }
`,
  fail: `do:
  - fail:
      raise: { error: { type: ${q('https://example.org/errors/evil')}, status: 500, title: ${q(evil('error'))}, detail: ${q(evil('detail'))} } }
`,
  hear: `do:
  - hear: { listen: { to: { one: { with: { type: org.example.evil } } } } }
  - keep: { set: { got: '\${ . }' } }
`,
};
for (const [id, extra] of [['p1', {}], ['p2', { attributes: { note: evil('note') } }]]) {
  const r = await api('POST', '/api/v1/people', { id, name: evil('name'), email: `${id}@example.org`, phone: evil('phone').slice(0, 30), groups: ['g'], ...extra });
  tell(r.status === 200, `a person '${id}' with markup in its texts`, r.text.slice(0, 300));
}
const ids = {};
for (const [name, text] of Object.entries(workflows)) {
  const d = await api('POST', `/api/v1/definitions?file=${name}.yaml`, document(name) + text, 'application/yaml');
  const s = d.status < 300 ? await api('POST', '/api/v1/instances', { definition: { namespace: 'evil', name }, input: { said: evil('input') } }) : d;
  ids[name] = s.json?.id;
  tell(s.status === 201, `the workflow '${name}' with markup in its texts runs`, s.text.slice(0, 300));
}
await api('POST', '/api/v1/events', { specversion: '1.0', id: evil('id'), source: '/evil', type: 'org.example.evil', subject: evil('s'), data: { x: evil('event') } }, 'application/cloudevents+json');
const items = (await api('GET', '/api/v1/items?status=open')).json?.items ?? [];
const open = items.find((i) => !i.assignee);
const pages = ['/console'];
if (open) {
  pages.push(`/f/${open.id}`);
  const r = await api('POST', `/api/v1/items/${open.id}/answers`, { data: { name: evil('answer') } });
  if (r.json?.receipt) pages.push(`/r/${r.json.receipt}`);
  const refused = await fetch(`${base}/f/${open.id}`, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ name: '', which: evil('typed'), [evil('field')]: 'x' }) });
  const text = await refused.text();
  tell(refused.status === 422 && !escapes.some((e) => e.test(text)), 'a form that is shown again', text.match(/.{80}(<b data-evil|"onfocus).{40}/s)?.[0]);
}
if (ids.hear) await api('POST', `/api/v1/instances/${ids.decide}/cancel`, { reason: evil('reason') });
const mails = (await api('GET', '/console/mail')).text;
for (const m of mails.matchAll(/\/w\/[\w.~-]+/g)) pages.push(m[0]);
for (const path of [`/nothing/${encodeURIComponent(evil('path').replaceAll('/', ''))}`, `/console/people?q=${encodeURIComponent(evil('query'))}`, `/api/v1/instances?${encodeURIComponent(evil('x'))}=1`])
  pages.push(path);

// ---- every page that a link leads to

const seen = new Set();
const bad = [];
let html = 0;
let harmless = 0;
for (let at = 0; at < pages.length && seen.size < PAGES_MAX; at += 1) {
  const path = pages[at];
  if (seen.has(path)) continue;
  seen.add(path);
  for (const language of ['ko', 'en']) {
    const r = await fetch(base + path, { headers: { 'accept-language': language, accept: 'text/html' }, redirect: 'manual' });
    const to = r.headers.get('location');
    if (to?.startsWith('/')) pages.push(to);
    const text = await r.text();
    const type = r.headers.get('content-type') ?? '';
    if (!/html|svg/.test(type)) continue;
    html += 1;
    if (text.includes('&lt;b data-evil')) harmless += 1;
    for (const e of escapes) {
      const m = e.exec(text);
      if (m) bad.push(`${path} (${language}): ${text.slice(Math.max(0, m.index - 80), m.index + 60)}`);
    }
    const policy = r.headers.get('content-security-policy') ?? '';
    if (/html/.test(type) && (!/default-src 'none'|default-src 'self'/.test(policy) || /unsafe-inline|unsafe-eval/.test(policy.replace(/style-src[^;]*/, ''))))
      bad.push(`${path}: Content-Security-Policy '${policy}'`);
    if (r.headers.get('x-content-type-options') !== 'nosniff') bad.push(`${path}: no nosniff`);
    for (const m of text.matchAll(/(?:href|src|action)="(\/[^"#]*)/g)) {
      const link = m[1].replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
      if (!/logout/.test(link)) pages.push(link);
    }
  }
}
console.log(`# ${seen.size} addresses, ${html} pages read`);
tell(html > 30 && harmless > 20, 'the crawl reaches the pages and what was written', `${html} pages, ${harmless} with it`);
tell(bad.length === 0, 'no text becomes markup, and every page forbids scripts of others', bad.slice(0, 5).join('\n#   '));
server.kill('SIGTERM');
tell(await gone === 0, 'the server ends well');
rmSync(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
