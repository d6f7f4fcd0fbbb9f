// A server of one test: `dure serve --dev --now` on a free port with data of its own; its clock is moved by hand.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const dure = process.env.DURE ?? 'build-test/dure';

export async function startServer({ now = '2013-05-01T09:00:00+09:00', load = 'tests/web/site' } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'dure-web-'));
  const child = spawn(dure, ['serve', '--dev', '--now', now, '--data', path.join(folder, 'data'), '--listen', '127.0.0.1:0', '--load', load], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', log = '';
  child.stderr.on('data', (c) => { log += c; });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (c) => { out += c; if (/^form /m.test(out)) resolve(); });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  const find = (what) => new RegExp(`^${what} +(\\S+)`, 'm').exec(out)[1];
  const base = new URL(find('console')).origin;
  return {
    base,
    form: find('form'),
    log: () => log,
    async clock(to) {
      const answer = await fetch(`${base}/dev/clock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ to }) });
      if (!answer.ok) throw new Error(`the clock: ${await answer.text()}`);
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
