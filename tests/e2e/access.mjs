// Log-in, roles, tokens, links: every role at every route against a table written out here, and what an attacker would
// try. Then the pages in a browser, at phone and desktop width.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startProvider } from './provider.mjs';

const dure = path.resolve(process.env.DURE ?? 'build-test/dure');
const work = mkdtempSync(path.join(tmpdir(), 'dure-access-'));
const data = path.join(work, 'data');
const quiet = { ...process.env, DURE_LOG: 'error' };
delete quiet.DURE_TOKEN;
const roles = ['admin', 'author', 'operator', 'auditor', 'viewer'];
const password = (role) => `the words of ${role}`;

let number = 0, failed = 0;
async function test(name, run) {
  number++;
  try {
    await run();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${number} - ${name}`);
    console.log(String(error.stack ?? error).split('\n').slice(0, 12).map((l) => `#   ${l}`).join('\n'));
  }
}
function command(words, input = '') {
  const done = spawnSync(dure, words, { input, env: quiet, encoding: 'utf8', timeout: 60000 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
async function serve(words, env = {}) {
  const child = spawn(dure, ['serve', '--data', data, '--listen', '127.0.0.1:0', ...words], { env: { ...quiet, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', log = '';
  child.stderr.on('data', (c) => { log += c; });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (c) => { out += c; if (/^console /m.test(out)) resolve(); });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  return {
    base: new URL(/^console +(\S+)/m.exec(out)[1]).origin,
    log: () => log,
    stop: () => new Promise((resolve) => { child.once('exit', resolve); child.kill('SIGTERM'); }),
  };
}
let server;
const ask = (where, { cookie, token, form, json, headers = {}, method, html = true } = {}) => fetch(server.base + where, {
  method: method ?? (form || json ? 'POST' : 'GET'),
  redirect: 'manual',
  headers: { ...(html ? { accept: 'text/html' } : {}), ...(cookie ? { cookie } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}), ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
  body: form ? new URLSearchParams(form) : json ? JSON.stringify(json) : undefined,
});
const cookieOf = (reply) => /^(?:__Host-)?dure=[^;]*/.exec(reply.headers.getSetCookie().find((c) => /^(__Host-)?dure=/.test(c)) ?? '')?.[0];
async function login(account, words = password(account), headers = {}) {
  const reply = await ask('/console/login', { form: { account, password: words }, headers });
  return { status: reply.status, cookie: cookieOf(reply), reply };
}
const csrfOf = async (cookie) => /name=_csrf value="([^"]+)"/.exec(await (await ask('/console/me', { cookie })).text())[1];
// With a Host of one's own, which fetch does not allow.
const askAs = (where, headers) => new Promise((resolve, reject) => {
  const u = new URL(server.base);
  httpRequest({ host: u.hostname, port: u.port, path: where, headers }, (r) => { r.resume(); r.on('end', () => resolve(r.statusCode)); }).on('error', reject).end();
});

// ---- the command line

const tokens = {};
await test('the first accounts are made before the server runs, the password from standard input', async () => {
  for (const role of roles) {
    const made = command(['account', 'add', role, '--role', role, '--data', data], `${password(role)}\n`);
    assert.equal(made.code, 0, made.err);
  }
  assert.match(command(['account', 'list', '--data', data]).out, /auditor +auditor +\["auditor"\] +active/);
});
await test('a short password, an unknown role and a taken name are refused', async () => {
  assert.match(command(['account', 'add', 'x', '--role', 'viewer', '--data', data], 'short\n').err, /bad_password/);
  assert.equal(command(['account', 'add', 'x', '--role', 'boss', '--data', data], 'long enough words\n').code, 1);
  assert.match(command(['account', 'add', 'VIEWER', '--role', 'viewer', '--data', data], 'long enough words\n').err, /conflict/);
  assert.equal(command(['account', 'add', 'x', '--data', data]).code, 2);
});
await test('a token is printed once and stored as a hash', async () => {
  for (const role of roles)
    tokens[role] = command(['token', 'create', '--name', `token of ${role}`, '--role', role, '--data', data]).out.trim();
  tokens.start = command(['token', 'create', '--name', 'machine', '--scope', 'start', '--data', data]).out.trim();
  for (const token of Object.values(tokens)) assert.match(token, /^dure_[\w-]{43}$/);
  const stored = readdirSync(data).filter((f) => f.startsWith('dure.db')).map((f) => readFileSync(path.join(data, f)).toString('latin1')).join('');
  for (const token of Object.values(tokens)) assert.ok(!stored.includes(token.slice(5)));
  for (const role of roles) assert.ok(!stored.includes(password(role)));
});

const id = await startProvider({ clientId: 'dure', secret: 'sssecret' });
server = await serve([], {
  DURE_TOKEN: 'bootstrap', DURE_TRUSTED_PROXIES: '127.0.0.1', DURE_OIDC_ISSUER: id.issuer, DURE_OIDC_CLIENT_ID: 'dure', DURE_OIDC_CLIENT_SECRET: 'sssecret',
  DURE_OIDC_ROLES: 'email:boss@example.org=admin, groups:office=operator',
});
const from = (address) => ({ 'x-forwarded-for': address });

// ---- every role at every route: what is written here is what is meant

const all = 'admin author operator auditor viewer';
const allowed = {
  'GET /metrics': all, 'POST /api/v1/definitions': 'admin author', 'GET /api/v1/definitions': all, 'GET /api/v1/definitions/{namespace}/{name}': all,
  'POST /api/v1/instances': 'admin author operator', 'GET /api/v1/instances': all, 'GET /api/v1/instances/{id}': all,
  'GET /api/v1/instances/{id}/history': 'admin operator auditor', 'GET /api/v1/instances/{id}/views': all, 'GET /api/v1/instances/{id}/views/{task}/{name}': all,
  'POST /api/v1/instances/{id}/cancel': 'admin operator', 'POST /api/v1/instances/{id}/pause': 'admin operator', 'POST /api/v1/instances/{id}/resume': 'admin operator',
  'POST /api/v1/instances/{id}/retry': 'admin operator', 'POST /api/v1/instances/{id}/repair': 'admin operator',
  'POST /api/v1/instances/{id}/migrate': 'admin operator', 'GET /api/v1/incidents': all,
  'POST /api/v1/events': 'admin author operator', 'GET /api/v1/events/why': all, 'GET /api/v1/items': all, 'GET /api/v1/items/{id}': all,
  'GET /api/v1/items/{id}/answers': 'admin operator auditor', 'POST /api/v1/items/{id}/answers': 'admin operator',
  'POST /api/v1/instances/{id}/remind': 'admin operator', 'GET /api/v1/instances/{id}/case': 'admin auditor', 'GET /api/v1/instances/{id}/verify': 'admin auditor',
  'POST /api/v1/items/{id}/claim': 'admin operator', 'POST /api/v1/items/{id}/give-back': 'admin operator',
  'GET /api/v1/groups/{group}': 'admin operator', 'POST /api/v1/groups/{group}/join': 'admin operator', 'POST /api/v1/groups/{group}/leave': 'admin operator',
  'GET /api/v1/people': 'admin operator', 'POST /api/v1/people': 'admin operator', 'GET /api/v1/people/{id}': 'admin operator',
  'POST /api/v1/people/import': 'admin operator', 'POST /api/v1/mail/bounces': 'admin operator', 'GET /api/v1/groups': 'admin operator', 'GET /api/v1/stream': 'admin operator auditor',
  'GET /api/v1/me': all, 'GET /api/v1/accounts': 'admin', 'POST /api/v1/accounts': 'admin', 'POST /api/v1/accounts/{name}': 'admin',
  'GET /api/v1/tokens': 'admin', 'POST /api/v1/tokens': 'admin', 'POST /api/v1/tokens/{id}/revoke': 'admin', 'GET /api/v1/acts': 'admin auditor',
};
const open = ['GET /healthz', 'GET /readyz', 'GET /openapi.json'];
const document = await (await ask('/openapi.json')).json();
const operations = Object.entries(document.paths).flatMap(([where, methods]) => Object.keys(methods).map((m) => [m.toUpperCase(), where]));
await test('the API has no route but those of the table', async () => {
  for (const [method, where] of operations) {
    const name = `${method} ${where}`;
    assert.ok(open.includes(name) || allowed[name], `${name}: say in this test who may`);
  }
});
await test('the API has every route of the table, each told whole in OpenAPI', async () => {
  const names = operations.map((o) => o.join(' '));
  assert.deepEqual([...Object.keys(allowed), ...open].filter((name) => !names.includes(name)), []);
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((m) => m[1]);
  assert.deepEqual(refs.filter((name) => !document.components.schemas[name]), []);
  const permissions = ['view', 'author', 'start', 'operate', 'people', 'audit', 'admin'];
  for (const [method, where] of operations) {
    const told = document.paths[where][method.toLowerCase()], name = `${method} ${where}`;
    assert.deepEqual(told.parameters.filter((p) => p.in === 'path').map((p) => `{${p.name}}`), where.match(/\{[^}]*\}/g) ?? [], name);
    assert.ok(told.summary && told.responses && Object.keys(told.responses).some((s) => s.startsWith('2')), name);
    if (open.includes(name)) assert.deepEqual(told.security, [], name);
    else for (const p of told['x-dure-permission'].split(' ')) assert.ok(permissions.includes(p), `${name}: ${p}`);
    const json = told.requestBody?.content['application/json'];
    if (json) assert.match(json.schema.$ref, /^#\/components\/schemas\/\w+$/, name);
  }
});
// A good answer's body against what OpenAPI says of it.
const tools = createRequire(path.resolve('tests/node/package.json'));
const { default: Ajv } = createRequire(tools.resolve('@serverlessworkflow/sdk'))('ajv/dist/2020.js'); // the kit's own
async function fitsOpenapi(where, told) {
  const body = await (await ask(`/api/v1/${where}`, { token: tokens.admin })).json();
  const { schema } = document.paths[told].get.responses['200'].content['application/json'];
  const fits = new Ajv({ strict: false }).compile({ ...schema, components: document.components });
  assert.ok(fits(body), `${where}: ${JSON.stringify(fits.errors)}`);
}
const answered = []; // what the routes said, to be compared with what OpenAPI says
async function statusOf(method, where, options) {
  const stop = new AbortController();
  const reply = await fetch(server.base + where.replace(/\{[^}]*\}/g, 'none'), {
    method, signal: stop.signal, headers: { 'content-type': 'application/json', ...options }, body: method === 'GET' ? undefined : '{}',
  });
  const status = reply.status;
  answered.push([method, where, status]);
  stop.abort();
  return status;
}
for (const role of roles)
  await test(`API: ${role} may what is written, and nothing else`, async () => {
    for (const [name, who] of Object.entries(allowed)) {
      const status = await statusOf(...name.split(' '), { authorization: `Bearer ${tokens[role]}` });
      assert.notEqual(status, 401, name);
      assert.equal(status !== 403, who.split(' ').includes(role), `${name} answers ${status}`);
    }
  });
await test('API: nobody may anything without a token, nor a narrow token more than its scope', async () => {
  for (const name of Object.keys(allowed)) assert.equal(await statusOf(...name.split(' '), {}), 401, name);
  assert.equal((await ask('/api/v1/instances', { token: tokens.start })).status, 403);
  assert.equal(await statusOf('POST', '/api/v1/events', { authorization: `Bearer ${tokens.start}` }), 422);
});

await test('OpenAPI names every status that a bad request gets', async () => {
  const authorization = `Bearer ${tokens.admin}`, long = 'x'.repeat(300);
  for (const [method, where] of operations) {
    await statusOf(method, `${where}?nosuch=1`, { authorization });
    await statusOf(method, `${where}?limit=0&cursor=nonsense&wait=-1&status=odd`, { authorization });
    if (method === 'GET') continue;
    for (const headers of [{ 'content-type': 'text/html' }, { 'content-type': 'application/json; charset=latin1' }, { 'idempotency-key': long }])
      await statusOf(method, where, { authorization, ...headers });
    for (const body of ['', '{', '[]', '3', '{"nosuch":1}', '{"version":1,"task":[],"as":{}}']) {
      const reply = await fetch(server.base + where.replace(/\{[^}]*\}/g, 'none'), { method, headers: { authorization, 'content-type': 'application/json' }, body });
      answered.push([method, where, reply.status]);
      await reply.arrayBuffer();
    }
  }
  assert.ok(answered.length > 500, `${answered.length} answers`);
  const untold = answered.map(([method, where, status]) => [method, where.replace(/\?.*/, ''), status])
    .filter(([method, where, status]) => !document.paths[where][method.toLowerCase()].responses[status]).map((a) => a.join(' '));
  assert.deepEqual([...new Set(untold)], []);
});
await test('OpenAPI gives an Idempotency-Key to those that take one', async () => {
  const keyed = operations.filter(([m, w]) => document.paths[w][m.toLowerCase()].parameters.some((p) => p.name === 'Idempotency-Key')).map((o) => o.join(' '));
  assert.deepEqual(keyed.sort(), ['POST /api/v1/items/{id}/answers'].concat(['', ...['cancel', 'pause', 'resume', 'retry', 'repair',
    'migrate', 'remind'].map((w) => `/{id}/${w}`)].map((w) => `POST /api/v1/instances${w}`), ['join', 'leave'].map((w) => `POST /api/v1/groups/{group}/${w}`),
  'POST /api/v1/people/import').sort());
});

const O = 'admin operator';
const pages = {
  'GET /console': all, 'GET /console/definitions': all, 'GET /console/instances': all, 'GET /console/items': all,
  'GET /console/definitions/{namespace}/{name}/{version}': all, 'GET /console/definitions/{namespace}/{name}/{version}/graph.svg': all,
  'GET /console/definitions/{namespace}/{name}/{version}/mails': 'admin author',
  'GET /console/definitions/{namespace}/{name}/{version}/mails/{template}/{language}': 'admin author',
  'GET /console/instances/{id}': all, 'GET /console/instances/{id}/graph.svg': all, 'GET /console/instances/{id}/outcomes/{mark}': all, 'POST /console/instances/{id}/{verb}': O,
  'GET /console/instances/{id}/views/{task}/{view}': all, 'GET /console/instances/{id}/views/{task}/{view}/csv': all,
  'GET /console/items/{item}': O, 'GET /console/mail': O, 'GET /console/mail/{seq}': O,
  'GET /console/acts': 'admin auditor', 'GET /console/me': all, 'POST /console/me/password': all, 'POST /console/me/sessions/{id}': all, 'POST /console/logout': all,
  'GET /console/accounts': 'admin', 'POST /console/accounts': 'admin', 'GET /console/accounts/{name}': 'admin', 'POST /console/accounts/{name}': 'admin',
  'POST /console/accounts/{name}/password': 'admin', 'GET /console/tokens': 'admin', 'POST /console/tokens': 'admin', 'POST /console/tokens/{id}/revoke': 'admin',
};
// The desk's pages: the directory is the operators', and so is whatever is sent from it.
const whose = (name) => pages[name] ?? (/^(GET|POST) \/console\/(people|groups)/.test(name) ? O
  : /^GET .*\/(desk)\/\{task\}/.test(name) ? all : /^GET .*\/roll\/\{task\}/.test(name) ? O : /^POST .*\/(desk|roll)\/\{task\}/.test(name) ? O : undefined);
const found = readdirSync('core/web').filter((f) => f.endsWith('.c')).flatMap((f) =>
  [...readFileSync(path.join('core/web', f), 'utf8').matchAll(/\{\s*"(GET|POST)",\s*"(\/console[^"]*)"/g)].map((m) => `${m[1]} ${m[2]}`));
await test('the console has no page but those of the table', async () => {
  assert.ok(found.length > 20);
  for (const name of found) assert.ok(whose(name), `${name}: say in this test who may`);
});
const cookies = {};
for (const role of roles)
  await test(`console: ${role} may what is written, and nothing else`, async () => {
    cookies[role] = (await login(role)).cookie;
    assert.ok(cookies[role]);
    const csrf = await csrfOf(cookies[role]);
    for (const name of found.filter((n) => !/logout|me\/password/.test(n))) {
      const [method, where] = name.split(' ');
      const reply = await ask(where.replace(/\{[^}]*\}/g, 'none'), { cookie: cookies[role], form: method === 'POST' ? { _csrf: csrf } : undefined });
      assert.equal(reply.status !== 403, whose(name).split(' ').includes(role), `${name} answers ${reply.status}`);
      assert.notEqual(reply.status, 500, name);
    }
  });
await test('console: nobody sees a page; a browser is led to the log-in, a program told 401', async () => {
  for (const name of found) {
    const [method, where] = name.split(' '), filled = where.replace(/\{[^}]*\}/g, 'none');
    const reply = await ask(filled, { form: method === 'POST' ? { x: '1' } : undefined });
    assert.equal(reply.status, method === 'GET' ? 303 : 401, name);
    if (method === 'GET') assert.equal(reply.headers.get('location'), `/console/login?next=${encodeURIComponent(filled)}`);
    else assert.equal((await ask(filled, { form: { x: '1' }, html: false })).status, 401);
  }
});
await test('console: what one may not do is not shown', async () => {
  const seen = await (await ask('/console', { cookie: cookies.viewer })).text();
  for (const hidden of ['people', 'mail', 'acts', 'accounts', 'tokens']) assert.ok(!seen.includes(`href="/console/${hidden}"`), hidden);
  assert.ok((await (await ask('/console', { cookie: cookies.auditor })).text()).includes('href="/console/acts"'));
});

// ---- attacks

await test('every change needs the token of its own session in the form', async () => {
  const foreign = await csrfOf(cookies.admin);
  for (const name of found.filter((n) => n.startsWith('POST'))) {
    const where = name.split(' ')[1].replace(/\{[^}]*\}/g, 'none');
    for (const form of [{ x: '1' }, { _csrf: '' }, { _csrf: foreign }])
      assert.equal((await ask(where, { cookie: (cookies.second ??= (await login('admin')).cookie), form })).status, 403, name);
  }
});
await test('a page of another site cannot use the session, neither here nor at the API', async () => {
  const csrf = await csrfOf(cookies.admin);
  const headers = { 'sec-fetch-site': 'cross-site' };
  assert.equal((await ask('/console/tokens', { cookie: cookies.admin, form: { _csrf: csrf, name: 'x', scope: 'admin' }, headers })).status, 403);
  assert.equal((await ask('/api/v1/accounts', { cookie: cookies.admin, json: { name: 'x', roles: ['admin'] }, headers })).status, 403);
  assert.equal((await ask('/console/login', { form: { account: 'admin', password: password('admin') }, headers })).status, 403);
});
await test('a session that somebody planted is not taken over', async () => {
  const planted = 'dure=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const reply = await ask('/console/login', { cookie: planted, form: { account: 'viewer', password: password('viewer') } });
  assert.equal(reply.status, 303);
  assert.notEqual(cookieOf(reply), planted);
  assert.equal((await ask('/console', { cookie: planted })).status, 303);
  assert.equal((await ask('/console', { cookie: cookies.viewer.slice(0, -1) + (cookies.viewer.endsWith('A') ? 'B' : 'A') })).status, 303);
});
await test('a cookie is HttpOnly and SameSite, and after the log-out worth nothing', async () => {
  const { cookie, reply } = await login('viewer');
  assert.match(reply.headers.getSetCookie()[0], /; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.equal((await ask('/console/logout', { cookie, form: { _csrf: await csrfOf(cookie) } })).status, 303);
  assert.equal((await ask('/console', { cookie })).status, 303);
});
await test('the log-in leads to pages of the console only', async () => {
  for (const [next, there] of [['/console/items', '/console/items'], ['https://evil.example.org', '/console'], ['//evil.example.org', '/console'],
    ['/console\\evil', '/console'], ['/consolevil', '/console'], ['/console/x\r\nSet-Cookie: a=b', '/console'], ['/console/../f/x', '/console/../f/x']]) {
    const reply = await ask('/console/login', { form: { account: 'viewer', password: password('viewer'), next } });
    assert.equal(reply.headers.get('location'), there);
  }
});
await test('an unknown account gets the very answer of a wrong password', async () => {
  const [a, b] = await Promise.all([login('viewer', 'wrong words here', from('192.0.2.1')), login('nobody', 'wrong words here', from('192.0.2.2'))]);
  assert.deepEqual([a.status, b.status], [401, 401]);
  assert.equal((await a.reply.text()).replace('viewer', 'X'), (await b.reply.text()).replace('nobody', 'X'));
});
await test('guesses at a password are stopped, also many at once; others come in from elsewhere', async () => {
  const many = await Promise.all(Array.from({ length: 12 }, () => login('operator', 'wrong words here', from('192.0.2.9'))));
  assert.equal(many.filter((r) => r.status === 401).length, 5);
  const refused = many.find((r) => r.status === 429);
  assert.ok(Number(refused.reply.headers.get('retry-after')) > 0);
  assert.equal((await login('operator', password('operator'), from('192.0.2.9'))).status, 429);
  assert.equal((await login('operator', password('operator'), from('192.0.2.10'))).status, 303);
  assert.equal((await login('viewer', password('viewer'), from('192.0.2.9'))).status, 303);
});
await test('what a client writes into X-Forwarded-For itself does not free it', async () => {
  for (let i = 0; i < 40; i++) await ask('/api/v1/me', { token: `dure_guess${i}`, headers: from(`203.0.113.${i}, 192.0.2.20`) });
  assert.equal((await ask('/api/v1/me', { token: 'dure_more', headers: from('203.0.113.99, 192.0.2.20') })).status, 429);
});
await test('guesses at tokens are stopped; a good one of the same address is not', async () => {
  const reply = await ask('/api/v1/me', { token: 'dure_more', headers: from('192.0.2.20') });
  assert.equal(reply.status, 429);
  assert.ok(Number(reply.headers.get('retry-after')) > 0);
  assert.equal((await ask('/api/v1/me', { token: tokens.viewer, headers: from('192.0.2.20') })).status, 200);
  assert.equal((await ask('/api/v1/me', { token: 'dure_more', headers: from('192.0.2.21') })).status, 401);
});
await test('guesses at links and receipts are stopped', async () => {
  const statuses = [];
  for (let i = 0; i < 40; i++) statuses.push((await ask(i % 2 ? `/w/guess${i}.x` : `/r/GUESS${i}`, { headers: from('192.0.2.30') })).status);
  assert.ok(!statuses.slice(0, 30).includes(429) && statuses.slice(-5).every((s) => s === 429), statuses.join(' '));
  assert.notEqual((await ask('/w/guess.x', { headers: from('192.0.2.31') })).status, 429);
});
await test('a revoked token and a malformed one are refused', async () => {
  const made = await (await ask('/api/v1/tokens', { token: tokens.admin, json: { name: 'short', scope: 'view', expires: 'PT1H' } })).json();
  assert.equal((await ask('/api/v1/me', { token: made.token })).status, 200);
  assert.equal((await ask(`/api/v1/tokens/${made.id}/revoke`, { token: tokens.admin, json: {} })).status, 200);
  for (const token of [made.token, `${tokens.admin} `, tokens.admin.toUpperCase(), tokens.admin.slice(5), 'x'.repeat(5000)])
    assert.ok([401, 200].includes((await ask('/api/v1/me', { token, headers: from('192.0.2.40') })).status));
  assert.equal((await ask('/api/v1/me', { token: made.token, headers: from('192.0.2.41') })).status, 401);
  assert.equal((await ask('/api/v1/me', { headers: { authorization: `Basic ${btoa('admin:' + password('admin'))}` } })).status, 401);
});
await test('a token cannot have more than who makes it, and the last admin stays', async () => {
  assert.equal((await ask('/api/v1/accounts/admin', { token: tokens.admin, json: { status: 'disabled' } })).status, 409);
  assert.equal((await ask('/api/v1/tokens', { token: tokens.operator, json: { name: 'x', scope: 'admin' } })).status, 403);
});
await test('a new password ends the other log-ins; the old one is refused', async () => {
  const one = (await login('author')).cookie, two = (await login('author')).cookie;
  const csrf = await csrfOf(one);
  assert.equal((await ask('/console/me/password', { cookie: one, form: { _csrf: csrf, current: 'wrong words', new: 'new words of author' } })).status, 422);
  assert.equal((await ask('/console/me/password', { cookie: one, form: { _csrf: csrf, current: password('author'), new: 'new words of author' } })).status, 303);
  assert.equal((await ask('/console', { cookie: one })).status, 200);
  assert.equal((await ask('/console', { cookie: two })).status, 303);
  assert.equal((await login('author')).status, 401);
  assert.equal((await login('author', 'new words of author')).status, 303);
});
await test('a disabled account is out at once', async () => {
  const { cookie } = await login('viewer');
  assert.equal((await ask('/api/v1/accounts/viewer', { token: 'bootstrap', json: { status: 'disabled' } })).status, 200);
  assert.equal((await ask('/console', { cookie })).status, 303);
  assert.equal((await login('viewer')).status, 401);
  assert.equal((await ask('/api/v1/accounts/viewer', { token: 'bootstrap', json: { status: 'active' } })).status, 200);
  cookies.viewer = (await login('viewer')).cookie;
});
await test('the server goes on while passwords are hashed', async () => {
  let hashed = false;
  const hashing = Promise.all(Array.from({ length: 8 }, (_, i) => login(`nobody${i}`, 'wrong words here', from(`198.51.100.${i}`)))).then(() => { hashed = true; });
  let answered = 0;
  for (; !hashed; answered++) assert.equal((await ask('/healthz')).status, 200);
  await hashing;
  assert.ok(answered > 8, `health was asked and answered ${answered} times while eight passwords were hashed`);
});

// ---- OpenID Connect

async function elsewhere({ cookieOverride, stateOverride } = {}) {
  const begun = await ask('/console/login/oidc?next=/console/items');
  const kept = begun.headers.getSetCookie()[0].split(';')[0];
  const away = await fetch(begun.headers.get('location'), { redirect: 'manual' });
  const back = new URL(away.headers.get('location'));
  if (stateOverride) back.searchParams.set('state', stateOverride);
  const where = back.pathname + back.search;
  return { where, kept, reply: await ask(where, { cookie: cookieOverride ?? kept }) };
}
await test('OpenID Connect: who has a role comes in, with an account of its own', async () => {
  id.claims = { sub: '1', preferred_username: 'admin', name: '박운영', groups: ['office'] };
  const { reply } = await elsewhere();
  assert.equal(reply.status, 303);
  assert.equal(reply.headers.get('location'), '/console/items');
  const cookie = cookieOf(reply);
  const page = await (await ask('/console/me', { cookie })).text();
  assert.match(page, /박운영/);
  assert.equal((await ask('/console/accounts', { cookie })).status, 403); // an operator, not the admin of that name
  const { items } = await (await ask('/api/v1/accounts', { token: tokens.admin })).json();
  assert.deepEqual(items.find((a) => a.name === 'admin-2').roles, ['operator']);
});
await test('OpenID Connect: the provider takes roles away, and an address must be verified', async () => {
  id.claims = { sub: '1', email: 'boss@example.org' };
  assert.equal((await elsewhere()).reply.status, 403);
  id.claims = { sub: '1', email: 'boss@example.org', email_verified: true };
  assert.equal((await ask('/console/accounts', { cookie: cookieOf((await elsewhere()).reply) })).status, 200);
});
await test('OpenID Connect: a state is good once, in its own browser; guesses are counted', async () => {
  const first = await elsewhere();
  const calls = id.tokenCalls;
  assert.equal((await ask(first.where, { cookie: first.kept })).status, 403);
  assert.equal((await elsewhere({ cookieOverride: 'dure-login=other' })).reply.status, 403);
  assert.equal((await elsewhere({ stateOverride: 'guess' })).reply.status, 403);
  assert.equal(id.tokenCalls, calls);
  let last;
  for (let i = 0; i < 40; i++) last = await ask(`/console/login/oidc/callback?state=guess${i}&code=x`, { headers: from('192.0.2.50') });
  assert.equal(last.status, 429);
});
await test('OpenID Connect: a token for another, of another, too old or of another log-in is refused', async () => {
  for (const spoil of [{ aud: 'other' }, { iss: 'https://evil.example.org' }, { exp: 1 }, { nonce: 'x' }, { sub: '' }]) {
    id.spoil = spoil;
    const { reply } = await elsewhere();
    assert.equal(reply.status, 403, JSON.stringify(spoil));
    assert.equal(cookieOf(reply), undefined);
  }
  id.spoil = {};
});

// ---- the audit chain

await test('acts are in the chain with who did them; an instance has its own', async () => {
  const text = 'document: { dsl: 1.0.3, namespace: my, name: nap, version: 1.0.0 }\ndo:\n  - nap: { wait: P30D }\n';
  assert.equal((await ask('/api/v1/definitions', { token: tokens.author, json: { text } })).status, 201);
  const { id: instance } = await (await ask('/api/v1/instances', { token: tokens.start, json: { definition: { namespace: 'my', name: 'nap' } } })).json();
  assert.equal((await ask(`/console/instances/${instance}/pause`, { cookie: cookies.operator, form: { _csrf: await csrfOf(cookies.operator) } })).status, 303);
  const { items: history } = await (await ask(`/api/v1/instances/${instance}/history`, { token: tokens.auditor })).json();
  const acts = history.flatMap((row) => row.entries).filter((e) => e.type === 'act').map((e) => `${e.act} by ${e.by.kind} ${e.by.name}`);
  assert.deepEqual(acts, ['start by token machine', 'pause by account operator']);
  const { items } = await (await ask('/api/v1/acts', { token: tokens.auditor })).json();
  const said = items.flatMap((row) => row.acts).map((e) => `${e.act} by ${e.by.name}${e.instance ? ` on ${e.instance}` : ''}`);
  for (const wanted of [`pause by operator on ${instance}`, 'deploy by token of author', 'log-in by operator', 'log-in-failed by operator', 'token-revoke by token of admin', 'account-change by DURE_TOKEN'])
    assert.ok(said.includes(wanted), `${wanted} is not in ${[...new Set(said)].join('; ')}`);
  const korean = (await (await ask('/console/acts', { cookie: cookies.auditor, headers: { 'accept-language': 'ko' } })).text()).replace(/<[^>]*>/g, ' ');
  assert.match(korean, /역할: /);
  assert.doesNotMatch(korean, /\b(account|roles?|scope|reason|with|status|definition|token|person|task): /);
  assert.match(await (await ask('/console/acts', { cookie: cookies.auditor })).text(), /operator/);
});
await test('the console moves a case to the new version of its definition, or says why not', async () => {
  const text = (version, task) => `document: { dsl: 1.0.3, namespace: my, name: moves, version: ${version} }\ndo:\n  - ${task}: { wait: P30D }\n`;
  const deploy = async (version, task) => assert.equal((await ask('/api/v1/definitions', { token: tokens.author, json: { text: text(version, task) } })).status, 201);
  await deploy('1.0.0', 'nap');
  const { id } = await (await ask('/api/v1/instances', { token: tokens.start, json: { definition: { namespace: 'my', name: 'moves' } } })).json();
  const where = `/console/instances/${id}`, cookie = cookies.operator, _csrf = await csrfOf(cookie);
  const page = async (cookie) => (await ask(where, { cookie, headers: { 'accept-language': 'en' } })).text();
  assert.doesNotMatch(await page(cookie), /Move to version/);
  await deploy('1.1.0', 'nap');
  assert.match(await page(cookie), /Move to version 1\.1\.0/);
  assert.doesNotMatch(await page(cookies.auditor), /Move to version/);
  assert.equal((await ask(`${where}/migrate`, { cookie, form: { version: '1.1.0' } })).status, 403, 'without the mark of our own pages');
  assert.equal((await ask(`${where}/migrate`, { cookie: cookies.auditor, form: { _csrf: await csrfOf(cookies.auditor), version: '1.1.0' } })).status, 403, 'an auditor');
  assert.equal((await ask(`${where}/migrate`, { cookie, form: { _csrf, version: '1.1.0' } })).status, 303);
  assert.match(await page(cookie), /my\/moves 1\.1\.0/);
  await deploy('1.2.0', 'sleep');
  const refused = await ask(`${where}/migrate`, { cookie, form: { _csrf, version: '1.2.0' } });
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /nap/, 'the sentence names the task in the way');
});
const actsNow = async () => (await (await ask('/api/v1/acts', { token: tokens.auditor })).json()).items.flatMap((row) => row.acts);
const done = async (act) => (await actsNow()).find((e) => e.act === act);
await test('what a clerk does to the directory is in the chain, from the pages and from the API', async () => {
  const cookie = cookies.operator, _csrf = await csrfOf(cookie);
  const post = async (where, form) => assert.equal((await ask(where, { cookie, form: { _csrf, ...form } })).status, 303, where);
  const call = async (where, body) => assert.equal((await ask(where, { token: tokens.operator, json: body })).status, 200, where);
  await post('/console/people/-/new', { id: 'k1', name: '서천군수', language: 'ko' });
  await post('/console/groups/-/join', { group: 'board', person: 'k1', since: '2013-01-01', role: '위원장' });
  assert.deepEqual(await done('group-join').then(({ by, detail }) => ({ by, detail })),
    { by: { kind: 'account', name: 'operator' }, detail: { group: 'board', person: 'k1', since: '2013-01-01', role: '위원장' } });
  await post('/console/groups/-/leave', { group: 'board', person: 'k1', until: '2013-06-01' });
  assert.deepEqual((await done('group-leave')).detail, { group: 'board', person: 'k1', until: '2013-06-01' });
  const csv = 'id,name\nk2,오산시장\n', upload = new FormData();
  upload.append('_csrf', _csrf);
  upload.append('file', new Blob([csv]), 'people.csv');
  const preview = await (await fetch(`${server.base}/console/people/-/import`, { method: 'POST', headers: { cookie }, body: upload })).text();
  const hidden = (name) => new RegExp(`name=${name} value="([^"]+)"`).exec(preview)[1];
  await post('/console/people/-/import/commit', { file: hidden('file'), seen: hidden('seen') });
  const imported = await done('people-import');
  assert.deepEqual([imported.by.name, imported.detail.added, imported.detail.changed], ['operator', 1, 0]);
  await post('/console/people/k2/erase', { sure: 'yes' });
  assert.deepEqual([(await done('erase-person')).by.name, (await done('erase-person')).detail], ['operator', { on: 'k2' }]);
  await call('/api/v1/groups/board/join', { person: 'k1', since: '2014-01-01' });
  assert.deepEqual([(await done('group-join')).by.name, (await done('group-join')).detail.since], ['token of operator', '2014-01-01']);
  await call('/api/v1/groups/board/leave', { person: 'k1', until: '2014-06-01' });
  await call('/api/v1/people', { id: 'k1', name: '서천군수(신임)' });
  assert.deepEqual((await done('person-put')).detail, { person: 'k1' });
  const before = (await actsNow()).length;
  for (const [where, body, status] of [['join', { person: 'nobody' }, 404], ['leave', { person: 'k1', until: '2020-01-01' }, 409], ['join', { person: 'k1', since: 'soon' }, 422], ['join', { who: 'k1' }, 422]])
    assert.equal((await ask(`/api/v1/groups/board/${where}`, { token: tokens.operator, json: body })).status, status, JSON.stringify(body));
  assert.equal((await actsNow()).length, before, 'what was refused is no act');
  const { items } = await (await ask('/api/v1/groups/board?at=2014-02-01', { token: tokens.operator })).json();
  assert.deepEqual(items.map((m) => [m.person, m.holds]), [['k1', false], ['k1', true]]);
});
await test('a step: claimed, given back, reminded, answered for somebody; its case exported and verified', async () => {
  const text = readFileSync('tests/e2e/desk.yaml', 'utf8');
  assert.equal((await ask('/api/v1/definitions', { token: tokens.author, json: { text } })).status, 201);
  await ask('/api/v1/groups/desk/join', { token: tokens.operator, json: { person: 'k1' } });
  const { id: instance } = await (await ask('/api/v1/instances', { token: tokens.start, json: { definition: { namespace: 'my', name: 'desk' } } })).json();
  const call = async (where, body, status = 200) => {
    const reply = await ask(`/api/v1/${where}`, { token: tokens.operator, json: body });
    assert.equal(reply.status, status, `${where}: ${await reply.clone().text()}`);
    return reply.json();
  };
  const { items: [item] } = await (await ask(`/api/v1/items?instance=${instance}`, { token: tokens.operator })).json();
  assert.equal(item.assignee, 'group desk');
  for (const [where, told] of [[`items?instance=${instance}`, 'items'], [`items/${item.id}`, 'items/{id}'], [`instances/${instance}`, 'instances/{id}'], [`instances/${instance}/history`, 'instances/{id}/history'], ['instances', 'instances']])
    await fitsOpenapi(where, `/api/v1/${told}`);
  assert.equal((await call(`items/${item.id}/claim`, { as: 'k2' }, 403)).code, 'not_eligible');
  assert.equal((await call(`items/${item.id}/claim`, { as: 'k1' })).assignee, 'k1');
  assert.equal((await call(`items/${item.id}/give-back`, { as: 'k1' })).assignee, 'group desk');
  await call(`items/${item.id}/claim`, { as: 'k1' });
  assert.equal((await call(`instances/${instance}/remind`, {})).unsent, 1); // k1 has no address
  assert.equal((await call(`instances/${instance}/remind`, { task: 'ask' }, 409)).code, 'reminded_already');
  assert.equal((await call(`instances/${instance}/remind`, { task: 'none' }, 404)).code, 'not_found');
  await call(`items/${item.id}/answers`, { as: 'k1', data: { room: 'A' } }, 201);
  const { items: history } = await (await ask(`/api/v1/instances/${instance}/history`, { token: tokens.auditor })).json();
  assert.deepEqual(history.flatMap((row) => row.entries).filter((e) => e.type === 'act').map((e) => e.act),
    ['start', 'claim', 'give-back', 'claim', 'remind', 'answer']);
  const report = await (await ask(`/api/v1/instances/${instance}/verify`, { token: tokens.auditor })).json();
  assert.deepEqual([report.whole, report.wrong, report.rows], [true, 0, history.length]);
  const exported = await ask(`/api/v1/instances/${instance}/case`, { token: tokens.auditor });
  assert.equal(exported.status, 200);
  const file = path.join(work, 'case.json');
  writeFileSync(file, await exported.text());
  assert.match(command(['verify', file]).out, /^whole/m);
  assert.deepEqual((await done('export-case')).detail, { case: instance });
  assert.equal((await ask('/api/v1/instances/nothing/case', { token: tokens.auditor })).status, 404);
});

// ---- in a browser

const require = createRequire(new URL('../node/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync('build-test/screenshots', { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
for (const [size, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } }))
  for (const language of ['ko', 'en'])
    await test(`${size}, ${language}: log in, look at every page of one's own, log out; all accessible`, async () => {
      const context = await browser.newContext({ viewport, locale: language === 'ko' ? 'ko-KR' : 'en-GB' });
      const page = await context.newPage();
      page.setDefaultTimeout(60000);
      const accessible = async (name) => {
        await page.evaluate(axe);
        const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
        assert.deepEqual(result.violations.map((v) => `${name}: ${v.id}: ${v.nodes[0].html}`), []);
        const [wide, seen] = await page.evaluate(() => [globalThis.document.documentElement.scrollWidth, globalThis.document.documentElement.clientWidth]);
        assert.ok(wide <= seen, `${name} is ${wide} wide in a window of ${seen}`);
        await page.screenshot({ path: `build-test/screenshots/access-${size}-${language}-${name}.png`, fullPage: true });
      };
      await page.goto(`${server.base}/console/accounts`);
      await accessible('login');
      await page.getByLabel(/^(계정|Account)$/).fill('Admin');
      await page.getByLabel(/^(비밀번호|Password)$/).fill('wrong words here');
      await page.getByRole('button', { name: /^(로그인|Log in)$/ }).click();
      await accessible('wrong');
      await page.getByLabel(/^(비밀번호|Password)$/).fill(password('admin'));
      await page.getByRole('button', { name: /^(로그인|Log in)$/ }).click();
      assert.equal(new URL(page.url()).pathname, '/console/accounts');
      await accessible('accounts');
      for (const where of ['accounts/viewer', 'tokens', 'acts', 'me']) {
        await page.goto(`${server.base}/console/${where}`);
        await accessible(where.replace('/', '-'));
      }
      await page.getByRole('button', { name: /^(로그아웃|Log out)$/ }).click();
      assert.equal(new URL(page.url()).pathname, '/console/login');
      await context.close();
    });
await test('an administrator makes an account and a token, which then work', async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'ko-KR', javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.base}/console/login?next=/console/accounts`);
  await page.getByLabel('계정').fill('admin');
  await page.getByLabel('비밀번호').fill(password('admin'));
  await page.getByRole('button', { name: '로그인', exact: true }).click();
  await page.getByLabel('계정', { exact: true }).fill('최담당');
  await page.getByLabel('비밀번호').fill('담당자의 긴 비밀번호');
  await page.getByLabel('운영자').check();
  await page.getByRole('button', { name: '추가' }).click();
  assert.equal((await login('최담당', '담당자의 긴 비밀번호')).status, 303);
  await page.goto(`${server.base}/console/tokens`);
  await page.getByLabel('무엇에 쓰는지').fill('연동');
  await page.getByRole('button', { name: '발급' }).click();
  const token = await page.locator('.notice code').innerText();
  assert.equal((await ask('/api/v1/me', { token })).status, 200);
  await context.close();
});
await browser.close();

await test('the server ends in order, the sanitizers are silent, the chain is whole', async () => {
  assert.equal(await server.stop(), 0);
  assert.doesNotMatch(server.log(), /runtime error|Sanitizer/);
  const verified = command(['verify', data]);
  assert.match(verified.out + verified.err, /whole/);
  assert.equal(verified.code, 0);
});
await test('--dev is open on the loopback, but not to a name that was rebound to it', async () => {
  server = await serve(['--dev']);
  assert.equal((await ask('/console')).status, 200);
  assert.equal(await askAs('/console', { host: 'evil.example.org' }), 401);
  assert.equal(await askAs('/api/v1/instances', { host: 'evil.example.org' }), 401);
  await server.stop();
});
await test('a configuration that cannot be meant is refused at the start', async () => {
  for (const env of [{ DURE_TRUSTED_PROXIES: 'proxy' }, { DURE_OIDC_ISSUER: 'http://id.example.org', DURE_OIDC_CLIENT_ID: 'x', DURE_OIDC_ROLES: 'sub:*=viewer' },
    { DURE_OIDC_ISSUER: 'https://id.example.org', DURE_OIDC_CLIENT_ID: 'x', DURE_OIDC_ROLES: 'sub:*=boss' }]) {
    const done = spawnSync(dure, ['serve', '--data', data, '--listen', '127.0.0.1:0'], { env: { ...quiet, ...env }, encoding: 'utf8', timeout: 60000 });
    assert.equal(done.status, 1, done.stderr);
  }
});
id.stop();
rmSync(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
