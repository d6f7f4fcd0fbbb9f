// The real server as a child, and TAP, for the tests of this folder that crash it or take its disk away.
import { spawn, spawnSync } from 'node:child_process';
import http from 'node:http';
import { join, resolve } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
export const root = resolve(here, '../..');
export const dure = resolve(process.env.DURE ?? join(root, 'build-test/dure'));
const WAIT_MS = 120000; // all ends at once; only a machine under load takes longer
const environment = { ...process.env, DURE_TOKEN: 'torture', DURE_LOG: 'info', ASAN_OPTIONS: 'detect_leaks=0' };

let number = 0;
let failed = 0;
export function tell(good, name, details = '') {
  number += 1;
  if (!good) failed += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${number} - ${name}`);
  if (!good && details) console.log(`#   ${String(details).slice(-1500).replaceAll('\n', '\n#   ')}`);
  return good;
}
export const failures = () => failed;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Bounded polling; what it found, or undefined.
export async function until(look, ms = WAIT_MS) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    const found = await look();
    if (found) return found;
    await pause(25);
  }
  return undefined;
}

export function run(...args) {
  const r = spawnSync(dure, args, { env: environment, encoding: 'utf8', timeout: WAIT_MS });
  return { code: r.status, text: `${r.stdout}${r.stderr}` };
}

export class Server {
  // `shell`: a prefix such as "ulimit -f 400;" for the limits it lives under.
  constructor(data, args = [], { env = {}, shell = '' } = {}) {
    const all = ['serve', '--data', data, '--listen', '127.0.0.1:0', ...args];
    this.child = spawn('bash', ['-c', `${shell} exec "$0" "$@"`, dure, ...all], { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.out = '';
    this.log = '';
    this.child.stdout.on('data', (text) => { this.out += text; });
    this.child.stderr.on('data', (text) => { this.log += text; });
    this.gone = new Promise((done) => this.child.on('close', (code, signal) => { this.ended = { code, signal }; done(this.ended); }));
  }

  async ready() {
    await until(() => this.ended || /^console +http/m.test(this.out));
    this.port = Number(/^console +http:\/\/[^:]+:(\d+)\//m.exec(this.out)?.[1] ?? 0);
    return this.port > 0;
  }

  call(method, path, body, type = 'application/json') {
    return new Promise((done) => {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const request = http.request({
        host: '127.0.0.1', port: this.port, method, path,
        headers: { authorization: 'Bearer torture', ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }) },
      }, (response) => {
        let got = '';
        response.setEncoding('utf8');
        response.on('data', (part) => { got += part; });
        response.on('error', () => done({ status: 0 }));
        response.on('end', () => {
          let json = null;
          try { json = JSON.parse(got); } catch { /* a page */ }
          done({ status: response.complete ? response.statusCode : 0, json, text: got, headers: response.headers });
        });
      });
      request.on('error', () => done({ status: 0 }));
      request.setTimeout(WAIT_MS / 2, () => request.destroy());
      request.end(text);
    });
  }

  async start(name, input = {}) {
    return (await this.call('POST', '/api/v1/instances', { definition: { namespace: 'torture', name }, input })).json?.id;
  }

  async show(id) {
    return (await this.call('GET', `/api/v1/instances/${id}`)).json ?? {};
  }

  async status(id, wanted, ms) {
    let shown;
    await until(async () => { shown = await this.show(id); return shown.status === wanted; }, ms);
    return shown;
  }

  async stop(signal = 'SIGTERM') {
    if (!this.ended) this.child.kill(signal);
    return this.gone;
  }
}
