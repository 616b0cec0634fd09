import { expect, test, type APIRequestContext, type Locator, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import {
  accessible,
  addMedia,
  createJob,
  fitsSideways,
  jobDone,
  kTranscribeMs,
  row,
  sample,
  watch,
} from './helpers';
import findings from '../../src/lib/i18n/findings/zh-CN';

// Every main flow with a finger on a phone (project "phone"), against a real server:
//   ZIMU_URL, ZIMU_SAMPLE   as in first-recording.spec.ts
test.skip(!sample, 'ZIMU_SAMPLE names no file');

interface Line {
  text: string;
  start_ms: number;
  end_ms: number;
}

const run = Date.now();
const title = `Pocket ${run}`;
/** Three lines of the eleven seconds of the sample; the first is too long for every rule. */
const kLines: Line[] = [
  {
    start_ms: 500,
    end_ms: 7_900,
    text: 'And so my fellow Americans, ask not what your country can do for you',
  },
  { start_ms: 7_950, end_ms: 9_800, text: 'ask what you can do' },
  { start_ms: 9_900, end_ms: 10_900, text: 'for your country.' },
];

let api: APIRequestContext;
let mediaId = '';
let transcriptId = '';

const read = async () =>
  (await (await api.get(`/api/v1/transcripts/${transcriptId}`)).json()) as {
    revision: number;
    segments: Line[];
  };
const texts = async () => (await read()).segments.map((line) => line.text.trim());
const line = (page: Page, at: number) => page.locator(`#line-${at}`);
const field = (page: Page) => page.getByRole('textbox', { name: 'Text of this line' });
const dialog = (page: Page) => page.getByRole('dialog');
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const currentTime = (page: Page) =>
  page.evaluate(() => document.querySelector<HTMLMediaElement>('audio, video')!.currentTime);

/** A thing for fingers is not smaller than 24 pixels, and nothing lies over it. */
async function reachable(target: Locator): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = (await target.boundingBox())!;
  expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
  await target.tap({ trial: true });
}

test.beforeAll(async ({ playwright }) => {
  test.setTimeout(2 * kTranscribeMs);
  if (!sample) return;
  api = await playwright.request.newContext({ baseURL: process.env.ZIMU_URL });
  mediaId = (await addMedia(api, title)).id;
  const made = await createJob(api, mediaId, { language: 'en', words: true });
  await jobDone(api, made);
  transcriptId = ((await (await api.get(`/api/v1/jobs/${made}`)).json()) as { transcript_id: string })
    .transcript_id;
});
test.afterAll(async () => api?.dispose());

test.beforeEach(async ({ page }) => {
  watch(page);
  const { revision, segments } = await read();
  const operations = [
    ...segments.map(() => ({ op: 'delete', index: 0 })),
    ...kLines.map((each, index) => ({ op: 'insert', index, ...each })),
  ];
  const answer = await api.post(`/api/v1/transcripts/${transcriptId}/revisions`, {
    data: { base: revision, operations },
  });
  expect(answer.status(), await answer.text()).toBe(201);
});

async function openText(page: Page): Promise<void> {
  await page.goto(`/media/${mediaId}?transcript=${transcriptId}`);
  await expect(line(page, 2)).toBeVisible();
}

async function openSubtitles(page: Page): Promise<void> {
  await page.goto(`/media/${mediaId}?view=subtitles&transcript=${transcriptId}`);
  await expect(page.locator('[data-cue="0"]')).toBeVisible();
}

test('a file is chosen with the button and becomes text', async ({ page }) => {
  test.setTimeout(2 * kTranscribeMs);
  const name = `Chosen ${run}`;
  await page.goto('/');
  const choosing = page.waitForEvent('filechooser');
  await button(page, 'Choose files').tap();
  await (
    await choosing
  ).setFiles({ name: `${name}.mp3`, mimeType: 'audio/mpeg', buffer: readFileSync(sample) });
  await expect(row(page, name).getByRole('link', { name, exact: true })).toBeVisible();
  await fitsSideways(page, 'the library');
  await row(page, name).getByRole('link', { name, exact: true }).tap();
  await expect(page.getByRole('region', { name: 'Transcript' })).toContainText(/country/i, {
    timeout: kTranscribeMs,
  });
  await fitsSideways(page, 'the recording');
});

test('the menu of a card and the selection', async ({ page, request }) => {
  await page.goto('/');
  const more = button(page, `More actions for ${title}`);
  await reachable(more);
  await more.tap();
  await page.getByRole('menuitem', { name: 'Tags…' }).tap();
  await dialog(page).getByLabel('New tags').fill(`pocket-${run}`);
  await dialog(page).getByRole('button', { name: 'Save' }).tap();
  await expect(
    row(page, title).getByRole('link', { name: `Only recordings with the tag pocket-${run}` }),
  ).toBeVisible();
  await row(page, title)
    .getByRole('link', { name: `Only recordings with the tag pocket-${run}` })
    .tap();
  await expect(page).toHaveURL(new RegExp(`tag=pocket-${run}`));

  await button(page, /^Select$/).tap();
  const bar = page.getByRole('region', { name: 'Selection' });
  await bar.getByRole('checkbox', { name: 'Select all that match' }).tap();
  await expect(bar.getByText('1 selected')).toBeVisible();
  for (const act of await bar.getByRole('button').all()) await reachable(act);
  await fitsSideways(page, 'the selection');
  await accessible(page, 'the selection');
  await bar.getByRole('button', { name: 'Delete' }).tap();
  await expect(row(page, title)).toHaveCount(0);
  await button(page, 'Undo').tap();
  await expect(row(page, title)).toBeVisible();
  expect((await request.get(`/api/v1/media/${mediaId}`)).ok()).toBe(true);
});

test('all that match are chosen, also those that are not on the page', async ({ page, request }) => {
  test.setTimeout(2 * kTranscribeMs);
  const many = 33; // The page shows thirty.
  const ids: string[] = [];
  for (let at = 0; at < many; at += 1) ids.push((await addMedia(request, `Bulk ${run} ${at}`)).id);
  await page.goto(`/?title=${encodeURIComponent(`Bulk ${run}`)}`);
  await expect(page.locator('main ul.list h2')).toHaveCount(30);
  await button(page, /^Select$/).tap();
  const bar = page.getByRole('region', { name: 'Selection' });
  await bar.getByRole('checkbox', { name: 'Select all that match' }).tap();
  await expect(bar.getByText(`${many} selected`)).toBeVisible();
  await bar.getByRole('button', { name: 'Tags' }).tap();
  await dialog(page).getByLabel('New tags').fill(`bulk-${run}`);
  await dialog(page).getByRole('button', { name: 'Save' }).tap();
  await expect(dialog(page)).toHaveCount(0, { timeout: 60_000 });
  const tagged = await request.get(`/api/v1/media?tag=bulk-${run}&limit=100`);
  expect(((await tagged.json()) as { items: unknown[] }).items).toHaveLength(many);
  for (const id of ids) await request.delete(`/api/v1/media/${id}`);
});

test('a search leads to the moment', async ({ page }) => {
  await page.goto('/');
  const search = page.getByRole('textbox', { name: /search all transcripts/i });
  await search.tap();
  await search.fill('fellow Americans');
  const hit = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title }) });
  await expect(hit.locator('mark').first()).toBeVisible();
  await fitsSideways(page, 'the results');
  await hit.locator('[data-hit]').first().tap();
  await expect(page).toHaveURL(new RegExp(`/media/${mediaId}\\?`));
  await expect(line(page, 0)).toBeInViewport();
  await expect.poll(() => currentTime(page)).toBeCloseTo(0.5, 1);
});

test('a tap plays from there, a word is corrected, a line split, and both taken back', async ({ page }) => {
  await openText(page);
  await line(page, 1).locator('.text').tap();
  await expect.poll(() => currentTime(page)).toBeCloseTo(7.95, 1);
  await expect(field(page)).toHaveCount(0);

  const pencil = line(page, 1).getByRole('button', { name: 'Edit', exact: true });
  await reachable(pencil);
  await pencil.tap();
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toBeInViewport();
  await field(page).fill('ask what you may do');
  await expect.poll(async () => (await texts())[1]).toBe('ask what you may do');

  // What the keyboard of a phone sends for its Enter key.
  await field(page).evaluate((element: HTMLTextAreaElement) => {
    element.setSelectionRange('ask what'.length, 'ask what'.length);
    const event = { inputType: 'insertLineBreak', bubbles: true, cancelable: true };
    element.dispatchEvent(new InputEvent('beforeinput', event));
  });
  await expect.poll(texts).toEqual([kLines[0]!.text, 'ask what', 'you may do', kLines[2]!.text]);
  await fitsSideways(page, 'an open line');
  await accessible(page, 'an open line');

  await button(page, 'Undo').tap();
  await expect.poll(async () => (await texts())[1]).toBe('ask what you may do');
  await button(page, 'Undo').tap();
  await expect.poll(texts).toEqual(kLines.map(({ text }) => text));
});

/** On a phone the menu is in the open line. */
async function openLineMenu(page: Page, at: number): Promise<void> {
  await line(page, at).getByRole('button', { name: 'Edit', exact: true }).tap();
  await expect(field(page)).toBeFocused();
  const menu = line(page, at).getByRole('button', { name: 'More for this line' });
  await reachable(menu);
  await menu.tap();
}

test('lines are joined from the menu, and the bar of a selection fits', async ({ page }) => {
  await openText(page);
  await openLineMenu(page, 1);
  await page.getByRole('menuitem', { name: 'Select', exact: true }).tap();
  await line(page, 2).locator('.text').tap();
  const bar = page.getByRole('region', { name: 'Selected lines' });
  await expect(bar).toBeVisible();
  for (const act of await bar.getByRole('button').all()) await reachable(act);
  await fitsSideways(page, 'selected lines');
  await bar.getByRole('button', { name: /^Join/ }).tap();
  await expect.poll(texts).toEqual([kLines[0]!.text, 'ask what you can do for your country.']);
  await openLineMenu(page, 0);
  await page.getByRole('menuitem', { name: 'Join with the next line' }).tap();
  await expect.poll(texts).toHaveLength(1);
});

test('an empty transcript takes a line at the playhead', async ({ page }) => {
  const { revision } = await read();
  await api.post(`/api/v1/transcripts/${transcriptId}/revisions`, {
    data: { base: revision, operations: kLines.map(() => ({ op: 'delete', index: 0 })) },
  });
  await page.goto(`/media/${mediaId}?transcript=${transcriptId}&t=4`);
  await expect.poll(() => currentTime(page)).toBeCloseTo(4, 1);
  await button(page, 'Add a line').tap();
  await expect(field(page)).toBeFocused();
  await field(page).fill('Quiet please.');
  await expect.poll(texts).toEqual(['Quiet please.']);
  const [only] = (await read()).segments;
  expect(Math.abs(only!.start_ms - 4_000)).toBeLessThan(100);
  expect(only!.end_ms).toBeGreaterThan(only!.start_ms);
});

test('tags of the recording, and its text cut by rules', async ({ page }) => {
  await openText(page);
  const tags = page.getByRole('region', { name: 'Tags' });
  await reachable(tags.getByRole('button', { name: 'Tags…' }));
  await tags.getByRole('button', { name: 'Tags…' }).tap();
  await dialog(page).getByLabel('New tags').fill(`page-${run}`);
  await dialog(page).getByRole('button', { name: 'Save' }).tap();
  await expect(tags.getByRole('link', { name: `Only recordings with the tag page-${run}` })).toBeVisible();

  await button(page, 'Download the transcript as').tap();
  await page.getByRole('menuitem', { name: 'Cut by subtitle rules…' }).tap();
  await dialog(page).getByLabel('Cues').selectOption('bbc');
  await fitsSideways(page, 'the download');
  await accessible(page, 'the download');
  const arriving = page.waitForEvent('download');
  await dialog(page).getByRole('link', { name: 'Download' }).tap();
  const got = readFileSync(await (await arriving).path(), 'utf8');
  const wanted = await api.get(`/api/v1/transcripts/${transcriptId}/export?format=srt&preset=bbc`);
  expect(got).toBe(await wanted.text());
  const plain = await api.get(`/api/v1/transcripts/${transcriptId}/export?format=srt`);
  expect(got).not.toBe(await plain.text());
});

test('subtitles: a preset, a problem mended, a file', async ({ page }) => {
  await openText(page);
  await page.getByRole('link', { name: 'Subtitles' }).tap();
  await expect(page.locator('[data-cue="0"]')).toBeVisible();
  await fitsSideways(page, 'the subtitles');
  const rules = page.getByRole('region', { name: 'Rules' });
  await rules.getByRole('combobox').first().selectOption('bbc');
  const status = rules.getByRole('status').filter({ hasText: /problem/i });
  await expect(status).toBeVisible();
  await button(page, 'Next problem').tap();
  await expect(status).toHaveText(/^Problem 1 of/);
  const fix = rules.getByRole('button', { name: 'Fix cue 1', exact: true }).first();
  await reachable(fix);
  await fix.tap();
  await expect.poll(async () => (await read()).segments.length).toBeGreaterThan(kLines.length);
  await accessible(page, 'the subtitles');

  const save = button(page, 'Download').first();
  await reachable(save);
  await save.tap();
  await dialog(page).getByText('WebVTT').tap();
  const arriving = page.waitForEvent('download');
  await dialog(page).getByRole('link', { name: 'Download' }).tap();
  expect(readFileSync(await (await arriving).path(), 'utf8')).toMatch(/^WEBVTT/);
  await button(page, 'Undo').tap();
  await expect.poll(texts).toEqual(kLines.map(({ text }) => text));
});

test('what the rules cannot mend says so and opens the cue', async ({ page }) => {
  const { revision } = await read();
  const text = 'Far too many words for the one second in which this cue is to be read by anybody at all';
  await api.post(`/api/v1/transcripts/${transcriptId}/revisions`, {
    data: {
      base: revision,
      operations: [
        { op: 'text', index: 2, text },
        { op: 'times', index: 2, start_ms: 9_900, end_ms: 10_200 },
      ],
    },
  });
  await openSubtitles(page);
  const rules = page.getByRole('region', { name: 'Rules' });
  await rules.getByText('Cut by the rules').tap();
  await expect(rules.getByText('The rules have done here what they can.')).toBeVisible();
  await rules.getByRole('button', { name: 'Edit the cue behind this' }).first().tap();
  const cue = page.getByRole('region', { name: 'Chosen cue' }).getByRole('textbox', { name: 'Text' });
  await expect(cue).toBeFocused();
  await expect(cue).toBeInViewport();
});

test('settings and the page of models', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Settings' }).tap();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await page.getByText('Dark', { exact: true }).tap();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await fitsSideways(page, 'the settings');
  await accessible(page, 'the settings');
  await page.goto('/system');
  await expect(page.getByRole('heading', { name: 'Models' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'base' }).first()).toContainText('default');
  await fitsSideways(page, 'the system');
  await accessible(page, 'the system');
  const remove = button(page, 'Remove the model base');
  await reachable(remove);
  await remove.tap();
  await expect(dialog(page)).toContainText('It is the default');
  await dialog(page).getByRole('button', { name: 'Cancel' }).tap();
  await expect(dialog(page)).toHaveCount(0);
});

test('the state of the system is told in Chinese, with the server’s words beside it', async ({ page }) => {
  await page.goto('/settings');
  await page.getByRole('combobox', { name: 'Language of this page' }).selectOption('zh-CN');
  await expect(page.getByRole('heading', { name: '设置' })).toBeVisible();
  const { checks } = (await (await api.get('/api/v1/system')).json()) as {
    checks: { name: string; findings: { code: string; text: string }[] }[];
  };
  await page.goto('/system');
  const list = page.getByRole('listitem');
  await expect(list.filter({ hasText: '数据文件夹' }).first()).toBeVisible();
  // Without Ollama, without a mount, with little space: there is nearly always something to say.
  for (const { code, text } of checks.flatMap(({ findings }) => findings)) {
    const shown = list.filter({ has: page.getByText(findings[code]![0], { exact: true }) });
    await expect(shown.getByText(findings[code]![1], { exact: true })).toBeVisible();
    const own = shown.getByText(text);
    await expect(own).toBeHidden();
    await shown.getByText('服务器原文').first().tap();
    await expect(own).toBeVisible();
  }
  await accessible(page, 'the system in Chinese');
});
