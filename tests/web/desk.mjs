// What a clerk does with the directory and at the desk of a meeting, in Chromium, at phone and desktop width, without a script too.
import assert from 'node:assert/strict';
import { accessible, finish, open, picture, says, test, text, widths } from './browser.mjs';
import { startServer } from './server.mjs';

const button = (page, name) => page.getByRole('button', { name });
const mails = async (server) => (await (await fetch(`${server.base}/console/mail`)).text()).match(/\[알림\]|\[Reminder\]/g)?.length ?? 0;

// "id,name" / "k01,서울" as Korean Windows saves it.
const cp949 = Buffer.concat([Buffer.from('id,name,groups\r\nk01,'), Buffer.from([0xBC, 0xAD, 0xBF, 0xEF]), Buffer.from(',members\r\n')]);
async function preview(page, server, buffer) {
  await page.goto(`${server.base}/console/people/-/import`);
  await page.getByLabel('CSV 파일').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(buffer) });
  await button(page, '미리보기').click();
}

for (const size of Object.keys(widths)) {
  const server = await startServer({ load: 'tests/web/assembly' });
  const list = await (await fetch(`${server.base}/api/v1/instances`)).json();
  const id = list.items.find((i) => i.definition.name === 'assembly').id;
  const desk = `${server.base}/console/instances/${id}/desk/attend`;
  const off = { javaScriptEnabled: false };

  await test(`${size}: the pages are accessible and fit, in both languages`, async () => {
    for (const locale of ['ko-KR', 'en-GB']) {
      const page = await open(size, { locale });
      for (const place of ['/people', '/people/-/new', '/people/-/import', '/people/m01', '/people/m01/edit', '/people/m01/erase', '/groups', '/groups/members', `/instances/${id}`, `/instances/${id}/roll/survey`, `/instances/${id}/desk/attend`]) {
        const answer = await page.goto(`${server.base}/console${place}`);
        assert.equal(answer.status(), 200, place);
        await accessible(page);
        await picture(page, `${size}-${locale}${place.replaceAll(id, 'ID').replaceAll('/', '-')}`);
      }
    }
  });
  await test(`${size}: adding a person, refusals in words`, async () => {
    const page = await open(size, off);
    await page.goto(`${server.base}/console/people`);
    await page.getByRole('link', { name: '사람 더하기' }).click();
    await page.getByLabel(/^아이디/).fill('n01');
    await page.getByLabel(/^이름/).fill('홍성군수');
    await page.getByLabel(/^전자우편/).fill('없는 주소');
    await button(page, '저장').click();
    await says(page.getByRole('alert'), /전자우편 주소가 맞지 않습니다/);
    assert.equal(await page.getByLabel(/^이름/).inputValue(), '홍성군수');
    await page.getByLabel(/^전자우편/).fill('n01@example.org');
    await page.getByLabel(/^그 밖의 것/).fill('번호: 900101-1234567');
    await button(page, '저장').click();
    await says(page.getByRole('alert'), /주민등록번호/);
    await page.getByLabel(/^그 밖의 것/).fill('지역: 충남');
    await button(page, '저장').click();
    await says(page.getByRole('status'), /저장했습니다/);
    await says(page, /홍성군수[^]*지역\s*충남/);
    await page.goto(`${server.base}/console/people/-/new`);
    await page.getByLabel(/^아이디/).fill('n01');
    await page.getByLabel(/^이름/).fill('다른 사람');
    await button(page, '저장').click();
    await says(page.getByRole('alert'), /다른 사람이 쓰고/);
  });
  await test(`${size}: a file of Korean Windows is previewed, then imported; nothing is stored before`, async () => {
    const page = await open(size, off);
    await preview(page, server, cp949);
    await says(page, /1\s*새로[^]*서울/);
    assert.equal((await fetch(`${server.base}/console/people/k01`)).status, 404);
    await picture(page, `${size}-preview`);
    await button(page, '이대로 가져오기').click();
    await says(page.getByRole('status'), /가져왔습니다/);
    await says(page, /서울/);
  });
  await test(`${size}: a line that cannot be taken is named, and there is nothing to commit`, async () => {
    const page = await open(size);
    await preview(page, server, 'id,name,email\nx1,가,아님\nx1,나,\nm01,서천군수(신임),m01@example.org\n');
    await says(page, /전자우편 주소가 맞지 않습니다[^]*두 번 있습니다/);
    await says(page, /전: 서천군수/);
    assert.equal(await button(page, '이대로 가져오기').count(), 0);
    await accessible(page);
    await picture(page, `${size}-refused`);
  });
  await test(`${size}: what changed since the preview is not overwritten unseen`, async () => {
    const page = await open(size, off);
    await preview(page, server, 'id,name\nz1,새 사람\n');
    const body = new URLSearchParams({ id: 'z1', name: '먼저 온 사람', language: 'ko' });
    assert.equal((await fetch(`${server.base}/console/people/-/new`, { method: 'POST', body, redirect: 'manual' })).status, 303);
    await button(page, '이대로 가져오기').click();
    await says(page.getByRole('alert'), /명부가 바뀌었습니다/);
    await says(page, /전: 먼저 온 사람/);
    await button(page, '이대로 가져오기').click();
    await says(page.getByRole('status'), /가져왔습니다/);
  });
  await test(`${size}: the directory goes out as CSV and comes back as it was`, async () => {
    const body = new URLSearchParams({ id: 'f1', name: '=1+1', phone: '+82 2 123', language: 'ko' });
    await fetch(`${server.base}/console/people/-/new`, { method: 'POST', body });
    const csv = Buffer.from(await (await fetch(`${server.base}/console/people/-/export.csv`)).arrayBuffer());
    assert.deepEqual([...csv.subarray(0, 3)], [0xEF, 0xBB, 0xBF]);
    assert.match(csv.toString(), /f1,'=1\+1,,'\+82 2 123/);
    const page = await open(size, off);
    await preview(page, server, csv);
    await says(page, /명부와 같습니다/);
  });
  await test(`${size}: a membership has its dates`, async () => {
    const page = await open(size, off);
    await page.goto(`${server.base}/console/groups`);
    await page.getByLabel(/^그룹 이름/).fill('운영위원회');
    await page.getByLabel(/^사람의 아이디/).fill('m01');
    await page.getByLabel(/^부터/).fill('2013-01-01');
    await page.getByLabel(/^까지/).fill('2013-07-01');
    await page.getByLabel(/^역할/).fill('위원장');
    await button(page, '그룹에 넣기').click();
    await says(page, /1 명[^]*2013-01-01[^]*2013-07-01[^]*위원장/);
    for (const [day, members] of [['2013-06-30', 1], ['2013-07-01', 0], ['2012-12-31', 0]]) {
      await page.getByLabel('이날의 회원').fill(day);
      await button(page, '보기').click();
      await says(page, new RegExp(`${members} 명`), day);
    }
    await page.getByLabel(/^사람의 아이디/).fill('m99');
    await button(page, '그룹에 넣기').click();
    await says(page.getByRole('alert'), /그런 사람이 없습니다/);
    await page.goto(`${server.base}/console/groups/members`);
    await page.locator('tr', { hasText: '노원구청장' }).getByLabel('까지').fill('2013-05-10');
    await page.locator('tr', { hasText: '노원구청장' }).getByRole('button').click();
    await says(page, /노원구청장[^]*2013-05-10/);
  });
  await test(`${size}: those who have not answered are reminded once`, async () => {
    const page = await open(size, off);
    await page.goto(`${server.base}/console/instances/${id}`);
    await page.getByRole('link', { name: /아직인 사람: 다음 모임 날짜/ }).click();
    await says(page, /0 \/ 5/);
    const item = (await (await fetch(`${server.base}/api/v1/items?assignee=m01`)).json()).items.find((i) => i.task === 'survey').id;
    const answer = await fetch(`${server.base}/api/v1/items/${item}/answers`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ as: 'm01', data: { day: '금요일' } }) });
    assert.ok(answer.ok, await answer.text());
    await page.reload();
    await says(page, /1 \/ 5/);
    const before = await mails(server);
    await button(page, '아직 답하지 않은 사람에게 알리기').click();
    await says(page.getByRole('status'), /알림을 보냈습니다/);
    assert.equal(await mails(server) - before, 3); // m05 has no address
    await button(page, '아직 답하지 않은 사람에게 알리기').click();
    await says(page.getByRole('alert'), /한 시간이 되지 않았습니다/);
    assert.equal(await mails(server) - before, 3);
    await page.getByRole('link', { name: '답함', exact: true }).click();
    await says(page.locator('tbody'), /^서천군수/);
    await picture(page, `${size}-roll`);
  });
  await test(`${size}: two desks check in at once, and the quorum is reached`, async () => {
    const one = await open(size), two = await open(size, off);
    await one.goto(desk);
    await two.goto(desk);
    await says(one.locator('#quorum'), /출석 0 · 재적 5 · 정족수 3: 3명 부족/);
    await button(one, '서천군수: 왔음').click();
    await button(two, '서천군수: 왔음').click(); // the other desk saw it too
    await says(two.locator('#quorum'), /출석 1 · 재적 5/);
    await button(two, '정읍시장: 왔음').click();
    await two.getByLabel('이름으로 찾기').fill('오산');
    await button(two, '찾기').click();
    await two.waitForLoadState();
    assert.equal(await two.locator('.names li').count(), 1);
    await button(two, '오산시장: 왔음').click();
    await says(two.locator('#quorum'), /출석 3 · 재적 5 · 정족수 3: 찼습니다/);
    await one.locator('#quorum.good').waitFor(); // live, without a tap
    await one.locator('li#p-m02.here').waitFor();
    await accessible(one);
    await picture(one, `${size}-desk`);
    await button(one, '정읍시장: 나감').click();
    await says(one.locator('#quorum'), /출석 2 · 재적 5 · 정족수 3: 1명 부족/);
    const group = await (await fetch(`${server.base}/console/groups/assembly-2013`)).text();
    assert.match(group, /<strong>2<\/strong>/);
  });
  await test(`${size}: one checks in oneself by the link in the mail`, async () => {
    const page = await open(size, off);
    await page.goto(`${server.base}/console/mail`);
    await page.getByRole('link', { name: /\[출석\]/ }).first().click();
    await page.getByRole('link', { name: /\/w\// }).click();
    await page.getByLabel('왔습니다').check();
    await button(page, '보내기').click();
    await page.goto(desk);
    await says(page.locator('#quorum'), /출석 3/);
  });
  await test(`${size}: the meeting is ended at the desk, once, by two desks`, async () => {
    const one = await open(size), two = await open(size, off);
    for (const page of [one, two]) {
      await page.goto(desk);
      await page.getByText('회의 마치기').click();
    }
    await accessible(one);
    await one.locator('[name=sure]').evaluate((box) => { box.required = false; });
    await button(one, '지금 마치기').click();
    assert.match(await one.getByRole('alert').innerText(), /확인란/);
    await one.getByText('회의 마치기').click();
    for (const page of [one, two]) {
      await page.getByLabel('되돌릴 수 없음을 압니다').check();
      await button(page, '지금 마치기').click();
      assert.match(await page.getByRole('status').innerText(), /회의를 마쳤습니다/);
    }
    await one.getByRole('link', { name: /아직인 사람: 정기총회 출석/ }).click(); // who came, after the end
    assert.match(await text(one), /[34] \/ 5[^]*끝난 일입니다/);
    assert.equal(await button(one, '아직 답하지 않은 사람에게 알리기').count(), 0);
    await accessible(one);
  });
  await test(`${size}: an erased person is gone from the pages and the mailbox`, async () => {
    const page = await open(size, off);
    await page.goto(`${server.base}/console/people/m01`);
    await page.getByRole('link', { name: '이 사람 지우기' }).click();
    await says(page, /보낸 답의 내용: [1-9]/);
    await button(page, '지우기').click();
    await says(page.getByRole('alert'), /확인란/);
    await page.getByLabel(/되돌릴 수 없음/).check();
    await button(page, '지우기').click();
    await says(page.getByRole('status'), /지웠습니다/);
    assert.doesNotMatch(await text(page), /서천군수/);
    assert.doesNotMatch(await (await fetch(`${server.base}/console/mail`)).text(), /m01@example\.org/);
  });
  await test(`${size}: the server stops cleanly`, async () => assert.equal(await server.stop(), 0, server.log()));
}
await finish();
