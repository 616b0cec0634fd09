import AxeBuilder from '@axe-core/playwright';
import { expect, test, type APIRequestContext, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

// The subtitle view, against the real server:
//   ZIMU_URL, ZIMU_SHOTS   as in first-recording.spec.ts
//   ZIMU_FILM              Kennedy's sentence twice, under a moving picture; without it nothing is tested here
//   ZIMU_FOUR_HOURS        a recording of four hours
const film = process.env.ZIMU_FILM ?? '';
const fourHours = process.env.ZIMU_FOUR_HOURS ?? '';
const shots = process.env.ZIMU_SHOTS ?? '';
const kTranscribeMs = 180_000;
const kRenderMs = 120_000;
const kManyCues = 5_000;

test.skip(!film, 'ZIMU_FILM names no file');

interface Cue {
  start_ms: number;
  end_ms: number;
  text: string;
}
interface Document {
  revision: number;
  segments: Cue[];
}
interface Check {
  cues: number;
  violations: { cue: number; rule: string; start_ms: number }[];
}

let api: APIRequestContext;
let mediaId = '';
let transcriptId = '';
/** The revision with three cues; every test begins there. */
let threeCues = 0;
/** The revision at which the test began. */
let base = 0;

const get = async <T>(path: string) => (await (await api.get(`/api/v1${path}`)).json()) as T;
const read = (id = transcriptId) => get<Document>(`/transcripts/${id}`);
const check = (query: string, id = transcriptId) => get<Check>(`/transcripts/${id}/check?${query}`);

async function upload(path: string): Promise<string> {
  const file = { name: basename(path), mimeType: 'application/octet-stream', buffer: readFileSync(path) };
  const { id } = (await (await api.post('/api/v1/media', { multipart: { file } })).json()) as { id: string };
  const state = async () => (await get<{ state: string }>(`/media/${id}`)).state;
  await expect.poll(state, { timeout: kTranscribeMs }).toBe('ready');
  return id;
}

test.beforeAll(async ({ playwright }) => {
  test.setTimeout(2 * kTranscribeMs);
  api = await playwright.request.newContext({ baseURL: process.env.ZIMU_URL });
  mediaId = await upload(film);
  const data = { media_id: mediaId, language: 'en', words: true };
  const job = (await (await api.post('/api/v1/jobs', { data })).json()) as {
    id: string;
    transcript_id: string;
  };
  transcriptId = job.transcript_id;
  const state = async () => (await get<{ state: string }>(`/jobs/${job.id}`)).state;
  await expect.poll(state, { timeout: kTranscribeMs }).toBe('done');

  // Three cues with known times and texts in the place of what the model heard.
  const heard = await read();
  const operations: object[] = heard.segments.slice(1).map(() => ({ op: 'delete', index: 1 }));
  operations.push(
    {
      op: 'insert',
      index: 1,
      start_ms: 500,
      end_ms: 8_000,
      text: 'And so my fellow Americans, ask not what your country can do for you',
    },
    { op: 'delete', index: 0 },
    {
      op: 'insert',
      index: 1,
      start_ms: 8_050,
      end_ms: 11_000,
      text: 'ask what you can do for your country.',
    },
    { op: 'insert', index: 2, start_ms: 14_000, end_ms: 16_000, text: 'My fellow citizens of the world' },
  );
  const answer = await api.post(`/api/v1/transcripts/${transcriptId}/revisions`, {
    data: { base: heard.revision, operations },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  threeCues = ((await answer.json()) as { revision: number }).revision;
});
test.afterAll(async () => {
  await api.dispose();
});

test.beforeEach(async ({ page }) => {
  page.on('console', (message) => {
    expect(message.text(), 'content security policy').not.toMatch(/Content Security Policy/i);
  });
  page.on('pageerror', (error) => {
    throw error;
  });
  base = (await read()).revision;
  if (base === threeCues) return;
  const data = { base };
  const back = await api.post(`/api/v1/transcripts/${transcriptId}/revisions/${threeCues}/restore`, { data });
  if (back.ok()) base = ((await back.json()) as { revision: number }).revision;
  else expect(back.status(), 'nothing to restore').toBe(409);
});

const cue = (page: Page, at: number) => page.locator(`[data-cue="${at}"]`);
const overlay = (page: Page) => page.locator('.stage [data-overlay]');
const bar = (page: Page) => page.getByRole('region', { name: 'Chosen cue' });
const rules = (page: Page) => page.getByRole('region', { name: 'Rules' });
const currentTime = (page: Page) =>
  page.evaluate(() => document.querySelector<HTMLMediaElement>('audio, video')!.currentTime);

async function shoot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

async function open(page: Page, at = ''): Promise<void> {
  await page.goto(`/media/${mediaId}?view=subtitles&transcript=${transcriptId}${at && `&t=${at}`}`);
  await expect(cue(page, 2)).toBeVisible();
  await expect(
    rules(page)
      .getByRole('status')
      .filter({ hasText: /problem/ }),
  ).toBeVisible();
}

async function noViolations(page: Page, where: string): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  expect(
    found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`),
    where,
  ).toEqual([]);
}

/** Drags from one place to another, with the mouse. */
async function drag(page: Page, from: [number, number], to: [number, number], shift = false): Promise<void> {
  await page.mouse.move(...from);
  if (shift) await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.move((from[0] + to[0]) / 2, to[1], { steps: 4 });
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
  if (shift) await page.keyboard.up('Shift');
}

test('it is opened from the text, and what breaks a rule is found, shown and fixed with one key', async ({
  page,
}) => {
  await page.goto(`/media/${mediaId}?transcript=${transcriptId}`);
  await page.getByRole('link', { name: 'Subtitles' }).click();
  await expect(page).toHaveURL(/view=subtitles/);
  const before = await check('preset=netflix&cues=segments');
  const count = before.violations.length;
  expect(count).toBeGreaterThan(1);
  const status = rules(page).getByRole('status');
  await expect(status).toHaveText(`${count} problems`);
  for (const rule of new Set(before.violations.map((violation) => violation.rule))) {
    const times = before.violations.filter((violation) => violation.rule === rule).length;
    const names: Record<string, string> = {
      line_length: 'Line too long',
      longest: 'Too long',
      gap: 'Gap too small',
    };
    const name = new RegExp(`^${names[rule]}\\s*${times}$`);
    await expect(rules(page).getByRole('button', { name })).toBeVisible();
  }

  // A jump: the player goes there and the cue is chosen.
  await page.keyboard.press('F8');
  await expect(status).toHaveText(`Problem 1 of ${count}`);
  await expect.poll(() => currentTime(page)).toBeCloseTo(before.violations[0]!.start_ms / 1000, 1);
  await expect(cue(page, 0)).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Shift+F8');
  await expect(status).toHaveText(`Problem ${count} of ${count}`);
  await page.keyboard.press('F8');

  // One key.
  await page.keyboard.press('f');
  await expect.poll(async () => (await read()).segments.length).toBeGreaterThan(3);
  const after = await check('preset=netflix&cues=segments');
  expect(after.violations.filter((violation) => violation.rule === 'line_length')).toEqual([]);
  await expect(rules(page).getByRole('button', { name: /^Line too long/ })).toHaveCount(0);

  // The whole, as one revision, and back.
  const { revision, segments } = await read();
  await page.getByRole('button', { name: 'Cut the whole transcript' }).click();
  await expect.poll(async () => (await read()).revision).toBe(revision + 1);
  expect((await check('preset=netflix&cues=segments')).violations).toEqual([]);
  await expect(rules(page).getByText(/keep the rules/)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await read()).segments.length).toBe(segments.length);
});

test('the film floats in a small window, and comes back', async ({ page }) => {
  await open(page);
  const button = page.getByRole('button', { name: 'Picture in picture' });
  await expect
    .poll(() => page.evaluate(() => document.querySelector('video')!.readyState))
    .toBeGreaterThan(0);
  await button.click();
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await button.click();
  await expect(button).toHaveAttribute('aria-pressed', 'false');
});

test('own values are rules too', async ({ page }) => {
  await open(page);
  await page.getByLabel('Rules of').selectOption('custom');
  await page.getByLabel('Characters a second').fill('3');
  const found = await check('preset=custom&cues=segments&cps=3');
  await expect(rules(page).getByRole('button', { name: /^Too fast to read/ })).toContainText(
    String(found.violations.filter((violation) => violation.rule === 'reading_speed').length),
  );
  await page.getByLabel('Characters a second').fill('99');
  await expect(page.getByRole('alert')).toContainText('from 1 to 60');
  await page.reload();
  await expect(page.getByLabel('Rules of')).toHaveValue('custom');
});

test('the cue of the moment is drawn on the picture, as it is or as the rules cut it', async ({ page }) => {
  await open(page, '9');
  await expect(overlay(page)).toHaveText('ask what you can do for your country.');
  await page.getByText('Cut by the rules').click();
  const { segments } = await get<Document>(`/transcripts/${transcriptId}/export?format=json&preset=netflix`);
  const wanted = segments[0]!;
  await page.goto(
    `/media/${mediaId}?view=subtitles&transcript=${transcriptId}&t=${(wanted.start_ms + 200) / 1000}`,
  );
  await page.getByText('Cut by the rules').click();
  await expect(overlay(page).locator('p')).toHaveText(wanted.text.split('\n'));
  const picture = (await page.locator('video').boundingBox())!;
  const text = (await overlay(page).boundingBox())!;
  expect(text.y + text.height, 'in the picture').toBeLessThanOrEqual(picture.y + picture.height);
});

test('edges are dragged by mouse, each drag one revision', async ({ page }) => {
  await open(page);
  const box = (await cue(page, 1).boundingBox())!;
  const msPerPx = 2_950 / box.width;
  const middle = box.y + box.height / 2;
  await drag(page, [box.x + box.width - 3, middle], [box.x + box.width + 57, middle], true);
  await expect.poll(async () => (await read()).revision).toBe(base + 1);
  let [, second] = (await read()).segments;
  expect(second!.start_ms).toBe(8_050);
  expect(Math.abs(second!.end_ms - (11_000 + 60 * msPerPx))).toBeLessThan(3 * msPerPx);

  // Without Shift it snaps to its neighbour; over it, an overlap is marked.
  const wide = (await cue(page, 1).boundingBox())!;
  const third = (await cue(page, 2).boundingBox())!;
  await drag(page, [wide.x + wide.width - 3, middle], [third.x - 8, middle]);
  await expect.poll(async () => (await read()).segments[1]!.end_ms).toBe(14_000);
  await expect(page.locator('.meeting.overlap')).toHaveCount(0);
  await drag(page, [third.x - 3, middle], [third.x + 37, middle], true);
  await expect(page.locator('.meeting.overlap')).toHaveCount(1);
  await expect.poll(async () => (await read()).segments[1]!.end_ms).toBeGreaterThan(14_300);

  // The whole cue, with its length.
  const grip = third.x + third.width - 30;
  await drag(page, [grip, middle], [grip + 60, middle], true);
  await expect.poll(async () => (await read()).segments[2]!.start_ms).toBeGreaterThan(14_500);
  const moved = (await read()).segments[2]!;
  expect(moved.end_ms - moved.start_ms).toBe(2_000);
  await expect(page.locator('.meeting.overlap')).toHaveCount(0);

  // A drag that is given up changes nothing.
  const { revision } = await read();
  [, second] = (await read()).segments;
  const again = (await cue(page, 1).boundingBox())!;
  await page.mouse.move(again.x + again.width - 3, middle);
  await page.mouse.down();
  await page.mouse.move(again.x + again.width + 30, middle, { steps: 3 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await page.waitForTimeout(500);
  expect((await read()).revision).toBe(revision);
});

test('keys alone: choose, nudge, split, write, new, delete, undo', async ({ page }) => {
  await open(page);
  await expect(cue(page, 0)).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(bar(page)).toContainText('Cue 2 of 3');
  await page.keyboard.press('[');
  await page.keyboard.press('Alt+[');
  await expect.poll(async () => (await read()).segments[1]!.start_ms, 'two steps, one revision').toBe(7_940);
  expect((await read()).revision).toBe(base + 1);
  await page.keyboard.press('Shift+BracketRight');
  await page.keyboard.press('Shift+Alt+BracketLeft');
  await expect.poll(async () => (await read()).segments[1]!.end_ms).toBe(11_090);

  // The playhead: in and out, and a split there.
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => currentTime(page)).toBeCloseTo(0.5, 1);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('s');
  await expect.poll(async () => (await read()).segments.length).toBe(4);
  const split = (await read()).segments;
  expect(`${split[0]!.text.trim()} ${split[1]!.text.trim()}`).toBe(
    'And so my fellow Americans, ask not what your country can do for you',
  );
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await read()).segments.length).toBe(3);
  await expect(bar(page)).toContainText('Cue 1 of 3');

  // The text of a cue.
  await page.keyboard.press('e');
  const field = page.getByRole('textbox', { name: 'Text of the cue' });
  await expect(field).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.type('!');
  await page.keyboard.press('Control+Enter');
  await expect.poll(async () => (await read()).segments[0]!.text).toMatch(/!$/);

  // A new one in the pause, deleted again.
  await page.evaluate(() => {
    document.querySelector<HTMLMediaElement>('audio, video')!.currentTime = 12;
  });
  await expect(overlay(page)).toHaveCount(0);
  await page.keyboard.press('n');
  await expect(field).toBeFocused();
  await page.keyboard.type('In between');
  await page.keyboard.press('Control+Enter');
  await expect.poll(async () => (await read()).segments.map(({ text }) => text)).toContain('In between');
  await page.keyboard.press('Delete');
  await expect.poll(async () => (await read()).segments.length).toBe(3);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Split at the playhead');
});

test('a new cue is drawn in a pause, and the waveform zooms and pans', async ({ page }) => {
  await open(page);
  const wave = page.getByRole('group', { name: 'Waveform with cues' });
  const frame = (await wave.boundingBox())!;
  const second = (await cue(page, 1).boundingBox())!;
  const third = (await cue(page, 2).boundingBox())!;
  const y = frame.y + frame.height - 20;
  await drag(page, [second.x + second.width + 30, y], [third.x - 30, y]);
  await expect.poll(async () => (await read()).segments.length).toBe(4);
  const made = (await read()).segments[2]!;
  expect(made.start_ms).toBeGreaterThan(11_000);
  expect(made.end_ms).toBeLessThan(14_000);
  await expect(page.getByRole('textbox', { name: 'Text of the cue' })).toBeFocused();
  await page.keyboard.press('Escape');

  const width = (at: number) => cue(page, at).evaluate((element) => element.getBoundingClientRect().width);
  const before = await width(1);
  await page.mouse.move(second.x + 10, y);
  await page.mouse.wheel(0, -200);
  await expect.poll(() => width(1)).toBeGreaterThan(before * 1.5);
  await page.keyboard.press('0');
  const whole = await width(1);
  await page.keyboard.press('+');
  await expect.poll(() => width(1)).toBeGreaterThan(whole * 1.2);
  await page.keyboard.press('-');
  await expect.poll(() => width(1)).toBeCloseTo(whole, 0);
});

test('fingers choose a cue, move its edge, pan and pinch', async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const page = await context.newPage();
  await open(page);
  const touch = await context.newCDPSession(page);
  const send = (type: string, points: [number, number][]) =>
    touch.send('Input.dispatchTouchEvent', {
      type: type as 'touchStart',
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
    });
  const box = (await cue(page, 1).boundingBox())!;
  const y = box.y + box.height - 24;
  await page.touchscreen.tap(box.x + box.width / 2, y);
  await expect(cue(page, 1)).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => currentTime(page)).toBeCloseTo(8.05, 1);

  await send('touchStart', [[box.x + box.width - 6, y]]);
  for (const step of [10, 20, 30]) await send('touchMove', [[box.x + box.width - 6 + step, y]]);
  await send('touchEnd', []);
  await expect.poll(async () => (await read()).segments[1]!.end_ms).toBeGreaterThan(11_500);

  // One finger on a cue moves the picture, not the cue; two zoom.
  const { revision } = await read();
  const width = () => cue(page, 1).evaluate((element) => element.getBoundingClientRect().width);
  const before = await width();
  await send('touchStart', [
    [box.x, y],
    [box.x + 40, y],
  ]);
  for (const step of [15, 30, 45]) {
    await send('touchMove', [
      [box.x - step, y],
      [box.x + 40 + step, y],
    ]);
  }
  await send('touchEnd', []);
  await expect.poll(width).toBeGreaterThan(before * 1.8);
  const left = () => cue(page, 1).evaluate((element) => element.getBoundingClientRect().left);
  const from = await left();
  await send('touchStart', [[200, y]]);
  for (const step of [10, 30, 50]) await send('touchMove', [[200 - step, y]]);
  await send('touchEnd', []);
  await expect.poll(left).toBeLessThan(from - 30);
  expect((await read()).revision).toBe(revision);
  await context.close();
});

test('all times are shifted and stretched, with a preview', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Shift times' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('By milliseconds').fill('-600');
  await expect(dialog.getByRole('alert')).toContainText('before the recording');
  await expect(dialog.getByRole('button', { name: 'Change all times' })).toBeDisabled();
  await dialog.getByLabel('By milliseconds').fill('250');
  await expect(dialog.locator('[data-after]').first()).toHaveText('0:00.750');
  await expect(dialog.locator('[data-after]').last()).toHaveText('0:14.250');
  await dialog.getByRole('button', { name: 'Change all times' }).click();
  await expect
    .poll(async () => (await read()).segments.map(({ start_ms }) => start_ms))
    .toEqual([750, 8_300, 14_250]);

  await page.getByRole('button', { name: 'Shift times' }).click();
  await dialog.getByText('Two moments').click();
  await dialog.getByLabel('First: Belongs at').fill('0:01.750');
  await dialog.getByLabel('Second: Belongs at').fill('0:17.950');
  await dialog.getByLabel('Second: Belongs at').press('Enter');
  await expect(dialog.locator('[data-after]').last()).toHaveText('0:17.950');
  await dialog.getByRole('button', { name: 'Change all times' }).click();
  await expect
    .poll(async () => (await read()).segments.map(({ start_ms }) => start_ms))
    .toEqual([1_750, 10_810, 17_950]);

  await page.getByRole('button', { name: 'Shift times' }).click();
  await dialog.getByText('Frame rate').click();
  await dialog.getByLabel('Made for').selectOption('25');
  await dialog.getByLabel('The film has').selectOption('24');
  await dialog.getByRole('button', { name: 'Change all times' }).click();
  await expect.poll(async () => (await read()).segments[2]!.start_ms).toBe(Math.round((17_950 * 25) / 24));
});

test('files are downloaded as they are or cut by rules', async ({ page }) => {
  await open(page);
  for (const preset of ['', 'bbc']) {
    await page.getByRole('button', { name: 'Download' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('WebVTT').click();
    await dialog.getByLabel('Cues').selectOption(preset);
    const arriving = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'Download' }).click();
    const file = await arriving;
    expect(file.suggestedFilename()).toMatch(/\.vtt$/);
    const query = preset ? `&preset=${preset}` : '';
    const wanted = await api.get(`/api/v1/transcripts/${transcriptId}/export?format=vtt${query}`);
    expect(readFileSync(await file.path(), 'utf8')).toBe(await wanted.text());
  }
});

test('tracks are imported, aligned, renamed, chosen and deleted', async ({ page }) => {
  await open(page);
  const tracks = page.getByRole('button', { name: 'Transcripts of this recording' });
  const dialog = page.getByRole('dialog');
  await tracks.click();
  await page.getByRole('menuitem', { name: 'Import SRT or VTT…' }).click();
  await dialog.getByLabel('Subtitle file').setInputFiles({
    name: 'deutsch.srt',
    mimeType: 'application/x-subrip',
    buffer: Buffer.from(
      '1\n00:00:01,000 --> 00:00:04,000\nMeine Mitbürger, fragt nicht\n\n2\n00:00:05,000 --> 00:00:08,500\nwas euer Land für euch tun kann\n',
    ),
  });
  await expect(dialog.getByLabel('Name')).toHaveValue('deutsch');
  await dialog.getByLabel('Language').selectOption('de');
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(tracks).toContainText('deutsch');
  await expect(cue(page, 1)).toHaveAccessibleName(/was euer Land/);
  await expect(cue(page, 2)).toHaveCount(0);

  await tracks.click();
  await expect(page.getByRole('menuitemradio', { checked: true })).toContainText('imported');
  await page.getByRole('menuitem', { name: 'Rename this transcript…' }).click();
  await dialog.getByLabel('Name').fill('Deutsche Fassung');
  await page.keyboard.press('Enter');
  await expect(tracks).toContainText('Deutsche Fassung');
  await page.getByRole('link', { name: 'Back to the text' }).click();
  await expect(page.getByRole('button', { name: /^Deutsche Fassung · imported/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.goBack();

  await tracks.click();
  await page.getByRole('menuitem', { name: 'Delete this transcript…' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(tracks).not.toContainText('Deutsche Fassung');
  await expect(cue(page, 2)).toBeVisible();

  await tracks.click();
  await page.getByRole('menuitem', { name: 'Align a text…' }).click();
  await dialog
    .getByRole('textbox', { name: 'Text', exact: true })
    .fill('And so, my fellow Americans: ask not what your country can do for you.');
  await dialog.getByRole('button', { name: 'Align' }).click();
  await expect(tracks).toContainText('Aligned text');
  await expect(cue(page, 0)).toHaveAccessibleName(/my fellow Americans: ask/);
  await tracks.click();
  await page.getByRole('menuitem', { name: 'Delete this transcript…' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(tracks).not.toContainText('Aligned text');

  await tracks.click();
  await page.getByRole('menuitem', { name: 'Import SRT or VTT…' }).click();
  await dialog.getByLabel('Subtitle file').setInputFiles({
    name: 'notes.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('no subtitles'),
  });
  await expect(dialog.getByRole('alert')).toContainText('neither SubRip nor WebVTT');
});

test('a film with subtitles is made, with progress, and downloaded', async ({ page }, info) => {
  test.setTimeout(2 * kRenderMs);
  await open(page, '2');
  await page.getByRole('button', { name: 'Film with subtitles' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Box behind the text').check();
  await expect(dialog.locator('[data-overlay] .line').first()).toHaveClass(/box/);
  await dialog.getByRole('button', { name: 'Start' }).click();
  const results = dialog.getByRole('region', { name: 'Films' });
  await expect(results.getByRole('listitem')).toHaveCount(1);
  await expect(results.locator('[data-state="done"]')).toHaveCount(1, { timeout: kRenderMs });

  await dialog.getByText('Switchable').click();
  await dialog.getByLabel('File').selectOption('mkv');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(results.locator('[data-state="done"]')).toHaveCount(2, { timeout: kRenderMs });
  const kinds: string[][] = [];
  for (const link of await results.getByRole('link').all()) {
    const arriving = page.waitForEvent('download');
    await link.click();
    const file = await arriving;
    const path = info.outputPath(file.suggestedFilename());
    await file.saveAs(path);
    const args = ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0', path];
    kinds.push(execFileSync('ffprobe', args, { encoding: 'utf8' }).trim().split(/\s+/).sort());
  }
  expect(kinds).toEqual([
    ['audio', 'subtitle', 'video'],
    ['audio', 'video'],
  ]);
  for (let left = 1; left >= 0; left -= 1) {
    await results
      .getByRole('button', { name: /^Delete/ })
      .first()
      .click();
    await expect(dialog.getByRole('listitem')).toHaveCount(left);
  }
});

test('no barrier, on a wide screen and a phone, light and dark, in English and Chinese', async ({
  browser,
}) => {
  const looks = [
    { name: 'subtitles-light', colorScheme: 'light' as const, locale: 'en-US', width: 1440, height: 900 },
    { name: 'subtitles-dark-zh', colorScheme: 'dark' as const, locale: 'zh-CN', width: 1440, height: 900 },
    { name: 'subtitles-phone', colorScheme: 'light' as const, locale: 'zh-CN', width: 360, height: 780 },
    { name: 'subtitles-phone-dark', colorScheme: 'dark' as const, locale: 'en-US', width: 360, height: 780 },
  ];
  for (const { name, colorScheme, locale, width, height } of looks) {
    const context = await browser.newContext({
      colorScheme,
      locale,
      viewport: { width, height },
      hasTouch: width < 600,
    });
    const page = await context.newPage();
    await page.goto(`/media/${mediaId}?view=subtitles&transcript=${transcriptId}&t=9`);
    await expect(overlay(page)).toBeVisible();
    await expect(page.locator('.counts button').first()).toBeVisible();
    await page.waitForTimeout(600);
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(tooWide, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
    await shoot(page, name);
    await noViolations(page, name);
    for (const [at, button] of [
      /Shift times|调整时间/,
      /Film with|生成带字幕/,
      /^(Download|下载)$/,
    ].entries()) {
      await page.getByRole('button', { name: button }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await page.waitForTimeout(300);
      const cut = await page
        .getByRole('dialog')
        .evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(cut, `${name} ${button} scrolls sideways`).toBeLessThanOrEqual(0);
      await shoot(page, `${name}-${['shift', 'film', 'download'][at]}`);
      await noViolations(page, `${name} ${button}`);
      await page.keyboard.press('Escape');
    }
    await context.close();
  }
});

test('four hours with thousands of cues stay smooth', async ({ page }) => {
  test.skip(!fourHours, 'ZIMU_FOUR_HOURS names no file');
  test.setTimeout(2 * kTranscribeMs);
  const long = await upload(fourHours);
  const stamp = (ms: number) => new Date(ms).toISOString().slice(11, 23).replace('.', ',');
  const srt = Array.from({ length: kManyCues }, (_, at) => {
    const start = at * 2_880;
    return `${at + 1}\n${stamp(start)} --> ${stamp(start + 2_400)}\nCue ${at + 1} of a long evening\n`;
  }).join('\n');
  const made = await api.post(`/api/v1/media/${long}/transcripts?format=srt&title=Long&language=en`, {
    data: srt,
    headers: { 'Content-Type': 'text/plain' },
  });
  expect(made.status(), await made.text()).toBe(201);
  await page.addInitScript(() => {
    const tasks: number[] = ((window as unknown as { tasks: number[] }).tasks = []);
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => tasks.push(entry.duration)),
    ).observe({
      type: 'longtask',
    });
  });
  await page.goto(`/media/${long}?view=subtitles&t=7200`);
  await expect(cue(page, 2_500)).toBeVisible();
  await expect(bar(page)).toContainText(/of 5,000/);
  await page.waitForTimeout(2_000);
  await page.evaluate(() => ((window as unknown as { tasks: number[] }).tasks.length = 0));

  // Processor time of the page, so that it says the same on a busy machine.
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () =>
    (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value *
    1000;
  const frame = (await page.getByRole('group', { name: 'Waveform with cues' }).boundingBox())!;
  await page.mouse.move(frame.x + frame.width / 2, frame.y + 60);
  const before = await spent();
  const steps: [number, number][] = [
    ...Array<[number, number]>(20).fill([60, 0]),
    ...Array<[number, number]>(20).fill([0, -40]),
    ...Array<[number, number]>(40).fill([0, 90]),
  ];
  for (const [x, y] of steps) await page.mouse.wheel(x, y);
  await page.waitForTimeout(500);
  const each = ((await spent()) - before) / steps.length;
  const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
  console.log(
    `zoom and pan over ${kManyCues} cues: ${each.toFixed(1)} ms a step, long tasks ${JSON.stringify(tasks.map(Math.round))}`,
  );
  expect(each).toBeGreaterThan(0);

  await page.keyboard.press('0');
  await expect(page.getByText('Zoom in to take hold of cues')).toBeVisible();
  await shoot(page, 'subtitles-four-hours');

  // A film of this length takes a while: it is cancelled on the way.
  await page.getByRole('button', { name: 'Film with subtitles' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(dialog.locator('[data-state="running"]')).toBeVisible({ timeout: kRenderMs });
  await expect(dialog.getByRole('progressbar')).toBeVisible();
  await dialog.getByRole('region', { name: 'Films' }).getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog.locator('[data-state="cancelled"]')).toBeVisible();
  await dialog.getByRole('button', { name: /^Delete/ }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(0);
});
