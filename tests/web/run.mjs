// What a person does with the pages, in Chromium, at phone and desktop width, in both languages, without a script running.
import assert from 'node:assert/strict';
import { accessible, finish, open, picture, says, test, widths } from './browser.mjs';
import { startServer } from './server.mjs';

async function fill(page, { name, persons = 1, email }) {
  await page.getByLabel(/^(이름|Name)/).fill(name);
  await page.getByLabel(/^(인원|Persons)/).fill(String(persons));
  if (email) await page.getByLabel(/^(전자우편|E-mail)/).fill(email);
  await page.getByRole('group', { name: /직접 참석|Attends/ }).getByLabel(/^(예|Yes)$/).check();
}
const send = (page) => page.getByRole('button', { name: /보내기|Send|고치기|Save/ }).click();

async function register(server, size, who) {
  const page = await open(size);
  await page.goto(server.form);
  await fill(page, who);
  await send(page);
  await page.waitForURL(/\/r\//);
  return page;
}
const status = (page) => page.locator('.notice[role=status]');

for (const size of Object.keys(widths)) {
  const server = await startServer();
  let first;

  await test(`${size}: the open form is accessible and fits`, async () => {
    const page = await open(size);
    await page.goto(server.form);
    assert.equal(await page.locator('h1').innerText(), '작은 모임 등록');
    await accessible(page);
    await picture(page, `${size}-form`);
  });
  await test(`${size}: what is missing is said at its field, and what was typed stays`, async () => {
    const page = await open(size);
    await page.goto(server.form);
    await page.getByLabel(/^인원/).fill('99');
    await send(page);
    assert.equal((await page.locator('.summary li').allInnerTexts()).join('\n'), '이름: 이 항목을 채워 주십시오.\n인원: 10 이하여야 합니다.\n직접 참석: 이 항목을 채워 주십시오.');
    assert.equal(await page.getByLabel(/^인원/).inputValue(), '99');
    assert.equal(await page.getByLabel(/^이름/).getAttribute('aria-invalid'), 'true');
    await accessible(page);
    await picture(page, `${size}-mistakes`);
  });
  await test(`${size}: one registers and gets a receipt`, async () => {
    first = await register(server, size, { name: '서천군', email: 'm01@example.org' });
    await says(status(first), /등록되었습니다/);
    await accessible(first);
    await picture(first, `${size}-receipt`);
  });
  await test(`${size}: the same name in decomposed Hangul is registered already`, async () => {
    const page = await open(size);
    await page.goto(server.form);
    await fill(page, { name: '서천군'.normalize('NFD') + ' ' });
    await send(page);
    await says(page.locator('[role=alert]'), /이미/);
    assert.doesNotMatch(page.url(), /\/r\//);
  });
  await test(`${size}: sending a form twice gives one receipt`, async () => {
    const page = await open(size);
    await page.goto(server.form);
    const key = await page.locator('[name=_key]').inputValue();
    const body = new URLSearchParams({ _key: key, name: '두 번', persons: '1', attends: 'true' });
    const once = await fetch(server.form, { method: 'POST', body, redirect: 'manual' });
    const twice = await fetch(server.form, { method: 'POST', body, redirect: 'manual' });
    assert.equal(once.status, 303);
    assert.equal(once.headers.get('location'), twice.headers.get('location'));
    await fetch(new URL(once.headers.get('location') + '/withdraw', server.base), { method: 'POST' });
  });
  await test(`${size}: one changes what one sent`, async () => {
    await first.getByRole('link', { name: '고치기' }).click();
    assert.equal(await first.getByLabel(/^이름/).inputValue(), '서천군');
    await first.getByLabel(/^동행/).fill('동행 1\n동행 2');
    await send(first);
    await says(first.locator('main'), /동행 1, 동행 2/);
  });
  await test(`${size}: markup in a name is text`, async () => {
    const page = await register(server, size, { name: '<script>document.title="x"</script>&amp;' });
    await says(page.locator('main'), /<script>document\.title="x"<\/script>&amp;/);
    await page.getByRole('button', { name: '취소하기' }).click();
    await says(status(page), /취소되었습니다/);
  });
  await test(`${size}: when it is full one waits, and a free place is offered and accepted`, async () => {
    const second = await register(server, size, { name: '오산시', persons: 2 });
    const waiting = await register(server, size, { name: '정읍시', email: 'm03@example.org' });
    await says(status(waiting), /대기 명단[^]*1/);
    await picture(waiting, `${size}-waiting`);
    await second.getByRole('button', { name: '취소하기' }).click();
    await waiting.reload();
    await says(status(waiting), /자리가 났습니다/);
    await accessible(waiting);
    await picture(waiting, `${size}-offer`);
    await waiting.getByRole('button', { name: '자리 받기' }).click();
    await says(status(waiting), /등록되었습니다/);
  });
  await test(`${size}: with the keyboard alone`, async () => {
    const page = await open(size);
    await page.goto(server.form);
    await page.getByLabel(/^이름/).focus();
    await page.keyboard.type('자판');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('1');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/r\//);
  });
  await test(`${size}: without JavaScript`, async () => {
    const page = await open(size, { javaScriptEnabled: false });
    await page.goto(server.form);
    await fill(page, { name: '글만' });
    await send(page);
    await page.waitForURL(/\/r\//);
  });
  await test(`${size}: in English`, async () => {
    const page = await open(size, { locale: 'en-GB' });
    await page.goto(server.form);
    assert.equal(await page.locator('h1').innerText(), 'Small meeting');
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.getByRole('link', { name: '한국어' }).click();
    assert.equal(await page.locator('h1').innerText(), '작은 모임 등록');
    await page.goto(server.form);
    assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
  });
  await test(`${size}: the mails are in the mailbox`, async () => {
    const page = await open(size);
    await page.goto(`${server.base}/console/mail`);
    await accessible(page);
    await page.getByRole('link', { name: '등록 확인' }).last().click();
    await says(page.locator('main'), /서천군 님, 등록되었습니다/);
    await page.getByRole('link', { name: /\/r\// }).click();
    await says(status(page), /등록되었습니다/);
    await page.goBack();
    await accessible(page);
  });
  await test(`${size}: the console's pages are accessible and fit`, async () => {
    const page = await open(size);
    for (const place of ['', '/definitions', '/instances', '/items', '/people']) {
      await page.goto(`${server.base}/console${place}`);
      await accessible(page);
    }
    await page.goto(`${server.base}/console/definitions`);
    await page.getByRole('link', { name: '작은 모임' }).click();
    await accessible(page);
    await picture(page, `${size}-definition`);
    await page.getByRole('link', { name: '보낼 메일 미리 보기' }).click();
    await says(page.locator('main'), /resolution[\s\S]*\[name\] 님께[\s\S]*Dear \[name\]/);
    await accessible(page);
    if (await page.locator('iframe').count()) {
      const letter = page.frameLocator('iframe').first();
      await says(letter.locator('body'), /\[name\]/);
      assert.equal(await letter.locator('body script').count(), 0);
    }
    await picture(page, `${size}-mails`);
    for (const [who, as] of [['심사위원', /j1@example.org[^]*심사위원 님, 반갑습니다\.\n[^]*\/w\/…/], ['j2', /메일 주소가 없어[^]*Welcome, Reviewer <b>abroad<\/b>\./]]) {
      await page.getByLabel(/누가 받을/).fill(who);
      await page.getByRole('button', { name: '그 사람 것으로 보기' }).click();
      await says(page.locator('main'), as);
      assert.doesNotMatch(await page.locator('main').innerText(), who === 'j2' ? /반갑습니다/ : /Welcome/);
      if (who === 'j2') assert.equal(await page.locator('iframe').count(), 0);
      else await says(page.frameLocator('iframe').first().locator('body'), /심사위원 님, 반갑습니다\. 여기/);
      await accessible(page);
      await picture(page, `${size}-mails-${who === 'j2' ? 'nobody' : 'person'}`);
    }
    await page.getByLabel(/누가 받을/).fill('누구인지 모름');
    await page.getByRole('button', { name: '그 사람 것으로 보기' }).click();
    await says(page.locator('[role=alert]'), /찾지 못했습니다/);
  });
  await test(`${size}: an instance shows what it waits for, its picture, history and lists`, async () => {
    const page = await open(size);
    await page.goto(`${server.base}/console/instances`);
    await page.getByRole('link', { name: '작은 모임' }).first().click();
    await says(page.locator('.facts'), /열린 양식의 답 \(지금까지 \d+개\)/);
    const drawn = await page.locator('.graph img').evaluate((image) => image.decode().then(() => image.naturalWidth));
    assert.ok(drawn > 100, `the picture is ${drawn} wide`);
    await accessible(page);
    await picture(page, `${size}-instance`);
    await page.locator('main').getByRole('link', { name: '참가자 명단' }).click();
    await says(page.locator('table'), /서천군/);
    await accessible(page);
    await picture(page, `${size}-participants`);
    const csv = await fetch(`${page.url()}/csv`);
    assert.match(await csv.text(), /서천군/);
  });
  await test(`${size}: a request from another site is refused`, async () => {
    const answer = await fetch(server.form, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example.org' }, body: new URLSearchParams({ name: 'x' }) });
    assert.equal(answer.status, 403);
  });
  await test(`${size}: in the millisecond of the close the form is closed`, async () => {
    await server.clock('2013-05-20T17:59:59.999+09:00');
    const page = await open(size);
    await page.goto(server.form);
    assert.equal(await page.locator('form').count(), 1);
    await server.clock('2013-05-20T18:00:00+09:00');
    await fill(page, { name: '늦은 이' });
    await send(page);
    await says(page.locator('main'), /마감/);
    await accessible(page);
    await picture(page, `${size}-closed`);
  });
  await test(`${size}: after the close one withdraws what is under review, once one is sure`, async () => {
    await first.reload();
    await accessible(first);
    await picture(first, `${size}-under-review`);
    await first.getByRole('link', { name: '신청 철회하기' }).click();
    await says(first.locator('main'), /신청을 철회하시겠습니까\?[^]*서천군/);
    await accessible(first);
    await picture(first, `${size}-withdrawal`);
    const unsure = await fetch(first.url(), { method: 'POST', body: new URLSearchParams({ reason: '<b>해산</b>' }) });
    assert.equal(unsure.status, 422);
    assert.match(await unsure.text(), /확인란에 표시[^]*&lt;b&gt;해산/);
    await first.getByLabel(/^까닭/).fill('모임 해산');
    await first.getByLabel('되돌릴 수 없음을 압니다').check();
    await first.getByRole('button', { name: '신청 철회하기' }).click();
    await says(status(first), /취소되었습니다/);
    assert.equal(await first.getByRole('link', { name: '신청 철회하기' }).count(), 0);
    await first.goto(`${first.url()}/withdrawal`);
    await says(status(first), /취소되었습니다/);
  });
  await test(`${size}: an unknown address is told plainly`, async () => {
    const page = await open(size);
    const answer = await page.goto(`${server.base}/f/nothing`);
    assert.equal(answer.status(), 404);
    await accessible(page);
  });
  await test(`${size}: the server stops cleanly`, async () => assert.equal(await server.stop(), 0, server.log()));
}
await finish();
