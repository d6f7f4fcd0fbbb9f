// How people decide: ballots, elections, score sheets, approvals, petitions, claims, the inbox and the outcomes, as a person would.
import assert from 'node:assert/strict';
import { accessible, finish, open, picture, says, test, text, widths } from './browser.mjs';
import { startServer } from './server.mjs';

const press = (page, name) => page.getByRole('button', { name }).click();

for (const size of Object.keys(widths)) {
  const server = await startServer({ load: 'tests/web/decide' });
  // The way to a person's page that a mail would show him; --dev opens it without one.
  const item = async (task, assignee) => {
    const list = await (await fetch(`${server.base}/api/v1/items?limit=200&task=${task}`)).json();
    return (list.items ?? list.data ?? Object.values(list).find(Array.isArray)).filter((i) => i.assignee === assignee).at(-1).id;
  };
  const links = new Map();
  const visit = async (task, who, options, assignee = who) => {
    const page = await open(size, options);
    const key = `${task} ${who}`;
    if (!links.has(key)) {
      const answer = await fetch(`${server.base}/console/items/${await item(task, assignee)}`, { redirect: 'manual' });
      links.set(key, new URL(answer.headers.get('location'), server.base).href);
    }
    await page.goto(links.get(key));
    return page;
  };
  let receipt;

  await test(`${size}: a ballot has on one page all that one needs`, async () => {
    const page = await visit('motion', 'a');
    await says(page, /내년 사업계획을 의결합니다[^]*마감[^]*3명[^]*재적의 과반수[^]*출석한 사람의 과반수[^]*공개 투표[^]*사업계획서/);
    await says(page, /이 페이지를 받은 분: 서천군수\s[^]*내년 사업계획을/); // a link may have been passed on
    assert.doesNotMatch(await text(page), /instance|task|JSON/i);
    const radio = await page.locator('label.choice').first().boundingBox();
    assert.ok(radio.height >= 44, `a choice is ${radio.height} high`);
    await accessible(page);
    await picture(page, `${size}-ballot`);
  });
  await test(`${size}: one votes, reads what stands, and changes it`, async () => {
    const page = await visit('motion', 'a');
    await page.getByLabel('반대').check();
    await press(page, '투표하기');
    await says(page, /저장되어 있습니다[^]*고칠 수 있는 기한[^]*반대[^]*접수증/);
    await page.getByLabel('찬성').check();
    await press(page, '고치기');
    await says(page.locator('dl.facts').first(), /찬성/);
    await accessible(page);
    await picture(page, `${size}-voted`);
  });
  await test(`${size}: one votes with the keyboard alone`, async () => {
    const page = await visit('motion', 'b');
    await page.getByLabel('찬성').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('저장되어 있습니다').waitFor();
  });
  await test(`${size}: one gives a proxy to one of the list`, async () => {
    const page = await visit('motion', 'c', { locale: 'en-GB' });
    await page.getByText('Hand over to somebody else').click();
    assert.deepEqual((await page.getByLabel('Who takes it').locator('option').allInnerTexts()).sort(), ['Choose', '강서구청장', '서천군수']);
    await page.getByLabel('Who takes it').selectOption('서천군수');
    await press(page, 'Hand over');
    await says(page, /Handed over to: 서천군수/);
    await accessible(page);
  });
  await test(`${size}: a secret ballot gives its receipt once, and is changed with it only`, async () => {
    const page = await visit('secret', 'a');
    await page.getByLabel('찬성').check();
    await press(page, '투표하기');
    const first = await page.locator('code').innerText();
    const again = await visit('secret', 'a');
    await says(again, /비밀 투표에 참여하셨습니다/);
    assert.equal(await again.locator('input:checked').count(), 0);
    await again.getByLabel('반대').check();
    await again.getByLabel('투표할 때 받은 접수증').fill(first);
    await press(again, '고치기');
    receipt = await again.locator('code').innerText();
    await again.getByRole('link', { name: '내 표가 집계에 있는지' }).click();
    await again.getByLabel('접수증').fill(receipt);
    await press(again, '확인하기');
    await says(again, /아직 개표하지 않았습니다/);
    await accessible(again);
  });
  await test(`${size}: an election marks each candidate, and too many are refused in words`, async () => {
    const page = await visit('officers', 'a');
    await accessible(page);
    await picture(page, `${size}-election`);
    for (const name of ['가나다', '라마바']) await page.getByRole('group', { name }).getByLabel('찬성').check();
    await press(page, '투표하기');
    await says(page.locator('.summary'), /1개까지/);
    await page.getByRole('group', { name: '라마바' }).getByLabel('반대').check();
    await press(page, '투표하기');
    await says(page, /가나다[^]*라마바/);
    const other = await visit('officers', 'b');
    await other.getByRole('group', { name: '가나다' }).getByLabel('찬성').check();
    await press(other, '투표하기');
  });
  await test(`${size}: a score sheet shows its total without a script, and is handed in`, async () => {
    const page = await visit('score', 'a', { javaScriptEnabled: false });
    await page.getByLabel(/주민 의지/).fill('15');
    await press(page, /합계 보기/);
    await says(page.locator('.total'), /45\.0.*1\/2/);
    await page.getByLabel(/^계획/).fill('5');
    await press(page, '점수 내기');
    await says(page, /저장되어 있습니다[^]*65\.0/);
    await picture(page, `${size}-scored`);
  });
  await test(`${size}: one steps aside with a reason`, async () => {
    const page = await visit('score', 'b');
    await page.getByText('이해관계가 있어 물러나기').click();
    await page.getByLabel('물러나는 까닭').fill('친척이 신청하였습니다');
    await press(page, '물러나기');
    await says(page, /물러나셨습니다/);
    assert.equal(await page.getByRole('button', { name: '점수 내기' }).count(), 0);
    await accessible(page);
  });
  await test(`${size}: an approval goes to a delegate by name, in decomposed Hangul too, who decides; the next reads what was decided`, async () => {
    const page = await visit('contract', 'a');
    await accessible(page);
    await page.getByText('다른 분께 맡기기').click();
    await page.getByLabel('맡을 분').fill('없는 사람');
    await press(page, '맡기기');
    await says(page.locator('[role=alert]'), /찾지 못했습니다/);
    await page.getByText('다른 분께 맡기기').click();
    await page.getByLabel('맡을 분').fill('부군수'.normalize('NFD'));
    await press(page, '맡기기');
    await says(page, /맡기신 분: 부군수/);
    const deputy = await visit('contract', 'd');
    await says(deputy, /서천군수/);
    await deputy.getByLabel('승인').check();
    await deputy.getByLabel(/의견/).fill('좋습니다');
    await press(deputy, '결정 보내기');
    const next = await visit('contract', 'b');
    await says(next, /지금까지의 결정[^]*부군수 승인[^]*좋습니다/);
    await picture(next, `${size}-approval`);
    await next.getByLabel('보완 요청').check();
    await press(next, '결정 보내기');
    await says(next, /돌려보냈습니다[^]*부군수[^]*강서구청장/);
    await accessible(next);
    await page.reload();
    await says(page, /돌려보냈습니다/);
  });
  await test(`${size}: of two who claim at once one works on it, the other reads why not`, async () => {
    const pages = [await visit('visit', 'a', {}, 'group desk'), await open(size)];
    const inbox = await visit('motion', 'b');
    await inbox.getByRole('link', { name: '나의 할 일 모두 보기' }).click();
    await says(inbox, /현장 상담\s*함께 온 일/);
    await pages[1].goto(await inbox.getByRole('link', { name: '현장 상담' }).evaluate((a) => a.href));
    const own = await visit('motion', 'a');
    await own.getByRole('link', { name: '나의 할 일 모두 보기' }).click();
    await pages[0].goto(await own.getByRole('link', { name: '현장 상담' }).evaluate((a) => a.href));
    await accessible(pages[0]);
    await Promise.all(pages.map((page) => press(page, '제가 맡겠습니다')));
    const said = await Promise.all(pages.map(text));
    const winner = said.findIndex((t) => /맡으신 일입니다/.test(t));
    assert.ok(winner >= 0 && /이미 맡은 분이 있습니다/.test(said[1 - winner]), said.join('\n---\n'));
    const list = await open(size);
    await list.goto(`${server.base}/console/items`);
    await says(list.locator('tr', { hasText: '현장 상담' }), /\(desk: 맡음\)/);
    await press(pages[winner], '돌려놓기');
    await pages[1 - winner].goto(pages[1 - winner].url());
    await press(pages[1 - winner], '제가 맡겠습니다');
    await pages[1 - winner].getByLabel(/상담 결과/).fill('다녀왔습니다');
    await press(pages[1 - winner], '보내기');
    await says(pages[1 - winner], /저장되어 있습니다/);
  });
  await test(`${size}: the inbox has the soonest due first and what is done`, async () => {
    const page = await visit('secret', 'c');
    await page.getByRole('link', { name: '나의 할 일 모두 보기' }).click();
    const names = await page.locator('.inbox a').allInnerTexts();
    assert.deepEqual(names, ['회장 신임', '임원 선거', '마을 심사: 성대골']);
    await says(page.locator('.past'), /향후 사업계획/);
    await accessible(page);
    await picture(page, `${size}-inbox`);
    const item_token = links.get('motion a').split('/').at(-1), own = page.url().split('/').at(-1);
    assert.equal((await fetch(`${server.base}/me/${item_token}`)).status, 403);
    assert.notEqual((await fetch(`${server.base}/w/${own}`)).status, 200);
  });
  await test(`${size}: one signs a petition`, async () => {
    const page = await open(size);
    await page.goto(server.form);
    await page.getByLabel(/^이름/).fill('주민 하나');
    await press(page, /보내기|서명하기/);
    await page.waitForURL(/\/r\//);
    await accessible(page);
  });
  await test(`${size}: after the close the link shows the whole tally with its denominator, and takes nothing`, async () => {
    const late = await visit('motion', 'a');
    await late.getByLabel('기권').check();
    await server.clock('2013-05-03T18:00:00+09:00');
    await press(late, '고치기');
    await says(late, /마감되었습니다/);
    const page = await visit('motion', 'a');
    await says(page, /가결되었습니다[^]*재적 3, 출석 3, 의사정족수 2: 충족[^]*출석한 사람 3 가운데 2표[^]*재적\s+3[^]*출석\s+3[^]*투표\s+3[^]*유효[^]*무효[^]*기권[^]*기준 수\s+3[^]*필요한 수\s+2[^]*찬성\s+3/);
    assert.equal(await page.locator('button', { hasText: '고치기' }).count(), 0);
    await accessible(page);
    await picture(page, `${size}-outcome`);
    await page.getByRole('link', { name: '누구나 볼 수 있는 결과 페이지' }).click();
    await says(page, /가결되었습니다/);
    await accessible(page);
  });
  await test(`${size}: a voter finds his secret ballot in the tally by its receipt`, async () => {
    await server.clock('2013-05-04T18:00:00+09:00');
    const page = await visit('secret', 'a');
    for (const [typed, said] of [[receipt, /들어 있습니다/], ['nothing', /접수증의 표가 없습니다/]]) {
      await page.getByText('내 표가 집계에 있는지').click();
      await page.getByLabel('접수증').fill(typed);
      await press(page, '확인하기');
      await says(page, said);
      await page.goto(links.get('secret a'));
    }
  });
  await test(`${size}: a clerk finds the outcomes of ended steps at the instance`, async () => {
    const { items } = await (await fetch(`${server.base}/api/v1/instances?limit=200`)).json();
    let found = 0;
    for (const { id } of items) {
      const page = await open(size);
      await page.goto(`${server.base}/console/instances/${id}`);
      const links = page.locator(`a[href^="/console/instances/${id}/outcomes/"]`);
      if ((await links.count()) === 0) continue;
      await accessible(page);
      await links.first().click();
      await page.locator('dl.facts, table').first().waitFor();
      await accessible(page);
      found++;
    }
    assert.ok(found > 0, 'no instance shows an outcome');
    assert.equal((await fetch(`${server.base}/console/instances/${items[0].id}/outcomes/none`)).status, 404);
  });
  await test(`${size}: an election's outcome is by candidate, a review's the mean`, async () => {
    await server.clock('2013-05-06T18:00:00+09:00');
    const election = await visit('officers', 'a');
    await says(election, /모두 선출되었습니다[^]*가나다\s+2\s+0\s+당선[^]*라마바\s+0\s+1/);
    await accessible(election);
    const review = await visit('score', 'a');
    await says(review, /평균 65\.0점[^]*반영된 점수\s+1[^]*배정된 심사\s+3/);
  });
  await test(`${size}: the server stops cleanly`, async () => assert.equal(await server.stop(), 0, server.log()));
}
await finish();
