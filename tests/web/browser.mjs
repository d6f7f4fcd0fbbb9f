// What the browser tests share: Chromium, TAP lines, pictures, the accessibility check.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(new URL('../node/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const pictures = 'build-test/screenshots';
mkdirSync(pictures, { recursive: true });

// For what ends at once; only a machine under load takes longer.
const PATIENCE_MS = 60000;

export const widths = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let number = 0, failed = 0;
export async function test(name, run) {
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
export async function open(size, options = {}) {
  const context = await browser.newContext({ viewport: widths[size], locale: 'ko-KR', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}
export const picture = (page, name) => page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });

// The whole page: one that is still coming in has half of its text.
export async function text(page) {
  await page.waitForLoadState();
  return page.locator('main').innerText();
}
// What a page (its main part) or a place on it says, once it says so: the page that a tap leads to may still be coming in.
export async function says(where, pattern, detail = '') {
  const place = where.goto ? where.locator('main') : where;
  let last = '';
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    last = await place.innerText().catch((error) => String(error));
    if (pattern.test(last)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.match(last, pattern, detail && `${detail}: ${last}`);
}

// The rules of WCAG 2.2 AA that a program can check; and nothing sticks out sideways.
export async function accessible(page) {
  await page.waitForLoadState();
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(result.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), []);
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= seen, `the page is ${wide} wide in a window of ${seen}`);
}
export async function finish() {
  await browser.close();
  console.log(`# ${number - failed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}
