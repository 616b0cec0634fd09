import { expect, test, type APIRequestContext, type Page } from '@playwright/test';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Search over all transcripts, on recordings that the real worker transcribes:
//   ZIMU_URL, ZIMU_SAMPLE, ZIMU_SHOTS   as in first-recording.spec.ts
// The Chinese text is what the model writes when it is told that the sample is Chinese: wrong, and real characters.
const sample = process.env.ZIMU_SAMPLE ?? '';
const shots = process.env.ZIMU_SHOTS ?? '';
const kTranscribeMs = 120_000;

interface Made {
  title: string;
  mediaId: string;
  transcriptId: string;
  segments: { text: string; start_ms: number }[];
}

async function transcribe(
  request: APIRequestContext,
  path: string,
  language: string,
  title: string,
): Promise<Made> {
  const file = { name: `${title}${path.slice(path.lastIndexOf('.'))}`, mimeType: 'audio/mpeg' };
  const media = await request.post('/api/v1/media', {
    multipart: { file: { ...file, buffer: readFileSync(path) } },
  });
  expect(media.status()).toBe(201);
  const { id: mediaId } = (await media.json()) as { id: string };
  const job = await request.post('/api/v1/jobs', { data: { media_id: mediaId, language } });
  expect(job.status()).toBe(201);
  const { id, transcript_id: transcriptId } = (await job.json()) as { id: string; transcript_id: string };
  const state = async () =>
    ((await (await request.get(`/api/v1/jobs/${id}`)).json()) as { state: string }).state;
  await expect.poll(state, { timeout: kTranscribeMs }).toBe('done');
  const transcript = await (await request.get(`/api/v1/transcripts/${transcriptId}`)).json();
  return { title, mediaId, transcriptId, segments: (transcript as Made).segments };
}

/** The player's, once there is one. */
async function currentTime(page: Page): Promise<number> {
  const player = page.locator('audio, video').first();
  await player.waitFor({ state: 'attached' });
  return player.evaluate((element) => (element as HTMLMediaElement).currentTime);
}
const field = (page: Page) => page.getByRole('textbox', { name: /search all transcripts|搜索全部文字稿/i });
const group = (page: Page, title: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title }) });

test.beforeEach(({ page }) => {
  page.on('console', (message) => {
    expect(message.text(), 'content security policy').not.toMatch(/Content Security Policy/i);
  });
  page.on('pageerror', (error) => {
    throw error;
  });
});

let kennedy: Made;
let chinese: Made;
const said = '公园里有很多人';
let saidAt = 0;

test.beforeAll(async ({ playwright }) => {
  test.setTimeout(2 * kTranscribeMs);
  if (!sample) return;
  const request = await playwright.request.newContext({ baseURL: process.env.ZIMU_URL });
  kennedy = await transcribe(request, sample, 'en', `Inaugural ${Date.now()}`);
  chinese = await transcribe(request, sample, 'zh', `公园 ${Date.now()}`);
  // The small model writes English for it all the same; somebody corrects that.
  const { revision } = (await (await request.get(`/api/v1/transcripts/${chinese.transcriptId}`)).json()) as {
    revision: number;
  };
  const operations = [{ op: 'text', index: 0, text: `春天来了，${said}。` }];
  const answer = await request.post(`/api/v1/transcripts/${chinese.transcriptId}/revisions`, {
    data: { base: revision, operations },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  saidAt = chinese.segments[0]!.start_ms;
  await request.dispose();
});

test('a search finds the moment, with the keyboard alone', async ({ page }) => {
  test.skip(!sample, 'ZIMU_SAMPLE names no file');
  await page.goto('/');
  await expect(page.getByRole('link', { name: kennedy.title, exact: true })).toBeVisible();
  await page.keyboard.press('/');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type('ASK country');
  const found = group(page, kennedy.title);
  await expect(found.locator('mark').first()).toBeVisible();
  expect((await found.locator('mark').allTextContents()).map((text) => text.toLowerCase())).toEqual(
    expect.arrayContaining(['ask', 'country']),
  );
  await expect(page).toHaveURL(/\/\?q=ASK%20country$/);

  // Down to the first hit, on, up again to the field, and down once more.
  await page.keyboard.press('Enter');
  const first = page.locator('[data-hit]').first();
  await expect(first).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(field(page)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(first).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(field(page)).toBeFocused();

  const hit = found.locator('[data-hit]').last();
  const href = (await hit.getAttribute('href'))!;
  const seconds = Number(new URL(href, 'http://zimu').searchParams.get('t'));
  await hit.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/media/${kennedy.mediaId}\\?`));
  await expect.poll(() => currentTime(page)).toBeCloseTo(seconds, 1);

  await page.goBack();
  await expect(found.locator('mark').first()).toBeVisible();
  await expect(field(page)).toHaveValue('ASK country');
  await field(page).focus();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Recordings' })).toBeVisible();
  await expect(page).toHaveURL(/\/$/);
});

test('Chinese text is found by one, two and more characters', async ({ page }) => {
  test.skip(!sample, 'ZIMU_SAMPLE names no file');
  await page.goto('/');
  for (const length of [1, 2, said.length]) {
    const wanted = said.slice(0, length);
    await field(page).fill(wanted);
    const found = group(page, chinese.title);
    await expect(found.locator('mark').filter({ hasText: wanted }).first()).toBeVisible();
    await expect(found.locator('[lang=zh]').first()).toBeVisible();
    await expect(group(page, kennedy.title)).toHaveCount(0);
  }
  await group(page, chinese.title)
    .getByRole('link')
    .filter({ has: page.locator('mark') })
    .first()
    .click();
  await expect(page.getByRole('region', { name: 'Transcript' })).toContainText(said);
  await expect.poll(() => currentTime(page)).toBeCloseTo(saidAt / 1000, 1);
});

test('says when there is nothing, and when the server cannot be reached', async ({ page, context }) => {
  test.skip(!sample, 'ZIMU_SAMPLE names no file');
  await page.goto('/?q=' + encodeURIComponent('"zebra crossing" <b>&'));
  await expect(
    page.getByRole('heading', { name: /nothing found for “"zebra crossing" <b>&”/i }),
  ).toBeVisible();
  await context.setOffline(true);
  await field(page).fill('country');
  await expect(page.getByRole('alert')).toContainText('The search did not work');
  await context.setOffline(false);
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await expect(group(page, kennedy.title).locator('mark').first()).toBeVisible();
});

test('an address with a moment opens there', async ({ page }) => {
  test.skip(!sample, 'ZIMU_SAMPLE names no file');
  await page.goto(`/media/${kennedy.mediaId}?t=4.5`);
  await expect.poll(() => currentTime(page)).toBeCloseTo(4.5, 1);
});

test('search looks right in the dark, on a phone and in Chinese', async ({ browser }) => {
  test.skip(!shots || !sample, 'ZIMU_SHOTS names no folder, or ZIMU_SAMPLE no file');
  mkdirSync(shots, { recursive: true });
  const looks = [
    {
      name: 'search-light',
      colorScheme: 'light' as const,
      locale: 'en-US',
      width: 1440,
      height: 900,
      q: 'country',
    },
    {
      name: 'search-dark',
      colorScheme: 'dark' as const,
      locale: 'en-US',
      width: 1440,
      height: 900,
      q: 'country',
    },
    {
      name: 'search-phone',
      colorScheme: 'light' as const,
      locale: 'en-US',
      width: 360,
      height: 780,
      q: 'country',
    },
    {
      name: 'search-zh',
      colorScheme: 'light' as const,
      locale: 'zh-CN',
      width: 1440,
      height: 900,
      q: said.slice(0, 2),
    },
    {
      name: 'search-phone-dark-zh',
      colorScheme: 'dark' as const,
      locale: 'zh-CN',
      width: 360,
      height: 780,
      q: said.slice(0, 2),
    },
    {
      name: 'search-none',
      colorScheme: 'light' as const,
      locale: 'en-US',
      width: 1440,
      height: 900,
      q: 'zebra',
    },
  ];
  for (const { name, colorScheme, locale, width, height, q } of looks) {
    const context = await browser.newContext({ colorScheme, locale, viewport: { width, height } });
    const page = await context.newPage();
    await page.goto(`/?q=${encodeURIComponent(q)}`);
    await expect(
      q === 'zebra' ? page.getByText('Nothing found') : page.locator('mark').first(),
    ).toBeVisible();
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(tooWide, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(shots, `${name}.png`) });
    await context.close();
  }
});
