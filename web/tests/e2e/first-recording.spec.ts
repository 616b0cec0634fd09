import { expect, test, type Page } from '@playwright/test';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The whole way of one recording through the page, against a real server with a real model:
//   ZIMU_URL        where it listens
//   ZIMU_SAMPLE     Kennedy's sentence of 1961, samples/jfk.mp3 of whisper.cpp
//   ZIMU_SHOTS      a folder for screenshots; none are taken without it
const sample = process.env.ZIMU_SAMPLE ?? '';
const shots = process.env.ZIMU_SHOTS ?? '';
const kTranscribeMs = 120_000;

async function shoot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Drops a file on the page as a person does: enter, over, drop. */
async function drop(page: Page, path: string, name: string): Promise<void> {
  const bytes = readFileSync(path).toString('base64');
  const transfer = await page.evaluateHandle(
    ([data, fileName]) => {
      const buffer = Uint8Array.from(atob(data!), (char) => char.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([buffer], fileName!, { type: 'audio/mpeg' }));
      return transfer;
    },
    [bytes, name],
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
  await expect(page.getByText('Drop to transcribe')).toBeVisible();
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

const currentTime = (page: Page) =>
  page.evaluate(() => document.querySelector<HTMLMediaElement>('audio, video')!.currentTime);

test.beforeEach(({ page }) => {
  // A refused style or script, or a request to anywhere else, is a failure even where nobody would see it.
  const host = new URL(process.env.ZIMU_URL ?? 'http://127.0.0.1:8080').host;
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http')) expect(url.host, 'no request leaves the machine').toBe(host);
  });
  page.on('console', (message) => {
    expect(message.text(), 'content security policy').not.toMatch(/Content Security Policy/i);
  });
  page.on('pageerror', (error) => {
    throw error;
  });
});

test('a dropped file becomes text that plays, can be found and downloaded', async ({ page }) => {
  test.skip(!sample, 'ZIMU_SAMPLE names no file');
  const title = `Kennedy ${Date.now()}`;
  await page.goto('/');
  await drop(page, sample, `${title}.mp3`);

  const row = page.getByRole('listitem').filter({ hasText: title });
  await expect(row.getByRole('link', { name: title })).toBeVisible();
  await shoot(page, 'library-light');
  await row.getByRole('link', { name: title }).click();
  await expect(page).toHaveURL(/\/media\//);

  const transcript = page.getByRole('region', { name: 'Transcript' });
  await expect(transcript).toContainText(/ask not what your country/i, { timeout: kTranscribeMs });
  await expect(transcript.getByRole('progressbar')).toHaveCount(0, { timeout: kTranscribeMs });

  // A click in a line moves the player.
  const last = transcript.locator('[data-at]').last();
  const before = await currentTime(page);
  const text = last.locator('.text');
  const box = (await text.boundingBox())!;
  await text.click({ position: { x: Math.min(box.width - 8, 240), y: 12 } });
  await expect.poll(() => currentTime(page)).toBeGreaterThan(before);
  await expect(last).toHaveClass(/active/);

  // Keys.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('j');
  await expect.poll(() => currentTime(page)).toBeLessThan(2);
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
  await expect.poll(() => currentTime(page)).toBeGreaterThan(0.3);
  await page.keyboard.press('Space');

  // Find.
  await page.keyboard.press('/');
  await page.getByLabel('Find in this transcript').fill('COUNTRY');
  await expect(page.getByText(/^1 of \d+$/)).toBeVisible();
  await page.keyboard.press('Escape');
  await shoot(page, 'recording-light');

  // Download.
  await page.getByRole('button', { name: /download the transcript/i }).click();
  const arriving = page.waitForEvent('download');
  await page.locator('[data-format="srt"]').click();
  const file = await arriving;
  expect(file.suggestedFilename()).toMatch(/\.srt$/);
  const srt = readFileSync(await file.path(), 'utf8');
  expect(srt).toMatch(/\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}/);
  expect(srt).toMatch(/country/i);

  // Rename, and it is so in the library too.
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Title' }).fill(`${title} renamed`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: `${title} renamed` })).toBeVisible();
  await page.getByRole('link', { name: /all recordings/i }).click();
  const renamed = page.getByRole('listitem').filter({ hasText: `${title} renamed` });
  await expect(renamed).toBeVisible();

  // Delete, think again, delete.
  for (const undo of [true, false]) {
    await renamed.getByRole('button', { name: /more actions/i }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await expect(renamed).toHaveCount(0);
    if (undo) {
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect(renamed).toBeVisible();
    }
  }
});

test('a file that is no recording says so', async ({ page }) => {
  const title = `not-media-${Date.now()}`;
  await page.goto('/');
  await page.locator('input[type=file]').setInputFiles({
    name: `${title}.mp3`,
    mimeType: 'audio/mpeg',
    buffer: Buffer.from('This is plain text. '.repeat(50)),
  });
  const row = page.getByRole('listitem').filter({ hasText: title });
  await expect(row.getByText(/unreadable|failed/i).first()).toBeVisible({ timeout: kTranscribeMs });
  await shoot(page, 'library-failure');
});

test('looks right in the dark, on a phone and in Chinese', async ({ browser }) => {
  test.skip(!shots || !sample, 'ZIMU_SHOTS names no folder, or ZIMU_SAMPLE no file');
  const looks = [
    { name: 'library-dark', colorScheme: 'dark' as const, locale: 'en-US', width: 1440, height: 900 },
    { name: 'library-phone', colorScheme: 'light' as const, locale: 'en-US', width: 360, height: 780 },
    { name: 'library-phone-dark-zh', colorScheme: 'dark' as const, locale: 'zh-CN', width: 360, height: 780 },
    { name: 'library-zh', colorScheme: 'light' as const, locale: 'zh-CN', width: 1440, height: 900 },
  ];
  // A recording of its own: what other tests left behind may have neither text nor sound.
  const title = `Looks ${Date.now()}`;
  const setup = await browser.newPage();
  await setup.goto('/');
  await setup.locator('input[type=file]').setInputFiles({
    name: `${title}.mp3`,
    mimeType: 'audio/mpeg',
    buffer: readFileSync(sample),
  });
  await setup.getByRole('link', { name: title }).click();
  const transcript = setup.getByRole('region', { name: 'Transcript' });
  await expect(transcript).toContainText(/ask not what your country/i, { timeout: kTranscribeMs });
  await expect(transcript.getByRole('progressbar')).toHaveCount(0, { timeout: kTranscribeMs });
  await setup.close();
  for (const { name, colorScheme, locale, width, height } of looks) {
    const context = await browser.newContext({ colorScheme, locale, viewport: { width, height } });
    const page = await context.newPage();
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', locale === 'zh-CN' ? 'zh-CN' : 'en');
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(tooWide, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
    const link = page.getByRole('link', { name: title });
    await expect(link).toBeVisible();
    await shoot(page, name);
    await link.click();
    await expect(page.getByRole('slider').first()).toBeVisible();
    await page.waitForTimeout(600);
    await shoot(page, name.replace('library', 'recording'));
    await context.close();
  }
});

test('says when the server is gone and comes back by itself', async ({ page, context }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText('This device is offline.')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('This device is offline.')).toHaveCount(0);
});

test('everything is reached by Tab', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const reached: string[] = [];
  for (let i = 0; i < 14; i += 1) {
    await page.keyboard.press('Tab');
    reached.push(
      await page.evaluate(() => {
        const element = document.activeElement!;
        return element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '';
      }),
    );
  }
  expect(reached[0]).toBe('Skip to content');
  expect(reached.join('|')).toMatch(
    /System status.*Language.*Theme.*Settings.*Choose files.*Choose a folder.*Record.*Paste a link.*Options/,
  );
});
