import { expect, test, type Locator, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

// The library on a real server: many recordings at once, views, tags, duplicates, the queue, settings.
test.skip(!sample, 'ZIMU_SAMPLE names no file');

const run = Date.now();
const named = (name: string) => `${name} ${run}`;
const folder = mkdtempSync(join(tmpdir(), 'zimu-library-'));
const box = (page: Page, title: string) => page.getByRole('checkbox', { name: `Select ${title}` });
const bar = (page: Page) => page.getByRole('region', { name: 'Selection' });
const titles = (page: Page) => page.locator('main ul.list h2').allInnerTexts();

/** The same speech in a file of its own: other bytes, another length. */
function variant(name: string, seconds: number): string {
  const path = join(folder, `${name}.mp3`);
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', sample, '-t', `${seconds}`, path]);
  return path;
}

async function openMenu(page: Page, title: string, item: string): Promise<void> {
  await row(page, title)
    .getByRole('button', { name: `More actions for ${title}` })
    .click();
  await page.getByRole('menuitem', { name: item }).click();
}

test.beforeEach(({ page }) => watch(page));

test.beforeAll(async ({ playwright }) => {
  test.setTimeout(3 * kTranscribeMs);
  if (!sample) return;
  const request = await playwright.request.newContext({ baseURL: process.env.ZIMU_URL });
  const film = join(folder, 'film.mp4');
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=6'];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...picture, '-i', sample, '-t', '6', film]);
  await addMedia(request, named('Film'), film);
  for (const [name, seconds] of [
    ['Alpha', 3],
    ['Beta', 9],
    ['Gamma', 5],
  ] as const) {
    const { id } = await addMedia(request, named(name), variant(`${name}-${run}`, seconds));
    if (name !== 'Gamma') await jobDone(request, await createJob(request, id, { language: 'en' }));
  }
  await request.dispose();
});

test('a view is sorted, filtered and kept in the address', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByRole('textbox', { name: 'Title, file or tag' }).fill(String(run));
  await expect.poll(() => titles(page)).toEqual(['Gamma', 'Beta', 'Alpha', 'Film'].map(named));
  await page.getByLabel('Order').selectOption('-duration');
  await expect.poll(() => titles(page)).toEqual(['Beta', 'Film', 'Gamma', 'Alpha'].map(named));
  await expect(page).toHaveURL(new RegExp(`sort=-duration&title=${run}`));

  await page.getByLabel('State').selectOption({ label: 'Done' });
  await expect.poll(() => titles(page)).toEqual(['Beta', 'Alpha'].map(named));
  await accessible(page, 'filters');
  await page.reload();
  await expect.poll(() => titles(page)).toEqual(['Beta', 'Alpha'].map(named));
  await expect(page.getByLabel('State')).toHaveValue('done');

  await page.getByLabel('Language', { exact: true }).selectOption('de');
  await expect(page.getByText('No recording fits')).toBeVisible();
  await accessible(page, 'nothing fits');
  await page.locator('.nothing').getByRole('button', { name: 'Show all' }).click();
  await expect(row(page, named('Gamma'))).toBeVisible();
  await page.goBack();
  await expect(page.getByText('No recording fits')).toBeVisible();
});

test('a recording that changes its state enters and leaves the view by itself', async ({ page, request }) => {
  const media = await addMedia(request, named('Wanders'), variant(`wanders-${run}`, 4));
  await page.goto(`/?state=done&title=${run}`);
  await expect(row(page, named('Alpha'))).toBeVisible();
  await expect(row(page, media.title)).toHaveCount(0);
  await createJob(request, media.id, { language: 'en' });
  await expect(row(page, media.title)).toBeVisible({ timeout: kTranscribeMs });
  await request.delete(`/api/v1/media/${media.id}`);
  await expect(row(page, media.title)).toHaveCount(0);
});

test('many are chosen and tagged with the keyboard alone', async ({ page }) => {
  await page.goto(`/?title=${run}&sort=title`);
  await expect.poll(() => titles(page)).toEqual(['Alpha', 'Beta', 'Film', 'Gamma'].map(named));
  await box(page, named('Alpha')).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(bar(page).getByText('3 selected')).toBeVisible();
  await expect(box(page, named('Film'))).toBeChecked();
  await expect(box(page, named('Gamma'))).not.toBeChecked();
  await accessible(page, 'a selection');
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(keys.getByText('Select all that match')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(keys).toHaveCount(0);
  await expect(bar(page)).toBeVisible();

  await bar(page).getByRole('button', { name: 'Tags' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Tags' });
  await dialog.getByLabel('New tags').focus();
  await page.keyboard.type(`speech ${run}, 采访`);
  await page.keyboard.press('Enter');
  await accessible(page, 'the tags');
  await dialog.getByRole('button', { name: 'Save' }).press('Enter');
  await expect(dialog).toHaveCount(0);
  for (const name of ['Alpha', 'Beta', 'Film']) {
    await expect(row(page, named(name)).getByRole('link', { name: /tag 采访/ })).toBeVisible();
  }
  await expect(row(page, named('Gamma')).getByRole('link', { name: /tag 采访/ })).toHaveCount(0);

  // Escape ends the selection; a click with Shift makes a range.
  await page.keyboard.press('Escape');
  await expect(bar(page)).toHaveCount(0);
  await box(page, named('Beta')).click();
  await box(page, named('Gamma')).click({ modifiers: ['Shift'] });
  await expect(bar(page).getByText('3 selected')).toBeVisible();
  await page.keyboard.press('Control+a');
  await expect(bar(page).getByText('4 selected')).toBeVisible();

  // Tags that only some have show so, and are taken away from all.
  await bar(page).getByRole('button', { name: 'Tags' }).click();
  const some = dialog.getByRole('checkbox', { name: '采访' });
  await expect(some).toHaveJSProperty('indeterminate', true);
  await some.click(); // on all
  await some.click(); // on none
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('link', { name: /tag 采访/ })).toHaveCount(0);

  // A tag on a card is a filter.
  await row(page, named('Beta'))
    .getByRole('link', { name: new RegExp(`tag speech ${run}`) })
    .click();
  await expect.poll(() => titles(page)).toEqual(['Alpha', 'Beta', 'Film'].map(named));
  await expect(page).toHaveURL(/tag=speech/);
});

test('a selection is exported as one zip', async ({ page }) => {
  await page.goto(`/?title=${run}&sort=title`);
  await box(page, named('Alpha')).click();
  await box(page, named('Beta')).click();
  await box(page, named('Gamma')).click();
  await bar(page).getByRole('button', { name: 'Export' }).click();
  const dialog = page.getByRole('dialog', { name: 'Export as one ZIP file' });
  await expect(dialog.getByText('1 of the selected has no finished transcript')).toBeVisible();
  await dialog.getByRole('checkbox', { name: /\.vtt/ }).check();
  await accessible(page, 'the export');
  const arriving = page.waitForEvent('download');
  await dialog.getByRole('link', { name: 'Download' }).click();
  const file = await arriving;
  expect(file.suggestedFilename()).toMatch(/\.zip$/);
  const list = execFileSync('python3', ['-m', 'zipfile', '-l', await file.path()], { encoding: 'utf8' });
  for (const name of ['Alpha', 'Beta']) {
    for (const end of ['srt', 'txt', 'vtt']) expect(list).toMatch(new RegExp(`${named(name)}.*\\.${end}`));
  }
  expect(list).not.toContain('Gamma');
});

test('a selection is deleted, and comes back when asked', async ({ page, request }) => {
  const made: string[] = [];
  for (const name of ['Delta', 'Epsilon']) {
    made.push((await addMedia(request, named(name), variant(`${name}-${run}`, 2))).id);
  }
  await page.goto(`/?title=${run}&sort=title`);
  for (const undo of [true, false]) {
    await box(page, named('Delta')).click();
    await box(page, named('Epsilon')).click();
    await page.keyboard.press('Delete');
    await expect(row(page, named('Delta'))).toHaveCount(0);
    await expect(page.getByText('2 recordings deleted')).toBeVisible();
    if (undo) {
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect(row(page, named('Epsilon'))).toBeVisible();
    }
  }
  for (const id of made) {
    const status = async () => (await request.get(`/api/v1/media/${id}`)).status();
    await expect.poll(status, { timeout: 20_000 }).toBe(404);
  }
});

test('jobs wait in a queue that people can change', async ({ page, request }) => {
  // One long enough that the others wait behind it.
  const long = join(folder, 'long.mp3');
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-stream_loop', '40', '-i', sample, long]);
  const first = await addMedia(request, named('Long'), long);
  const second = await addMedia(request, named('Second'), variant(`second-${run}`, 6));
  const third = await addMedia(request, named('Third'), variant(`third-${run}`, 7));
  await createJob(request, first.id, { language: 'en' });
  await page.goto(`/?title=${run}&sort=title`);
  await expect(row(page, first.title).getByText('Transcribing').first()).toBeVisible({
    timeout: kTranscribeMs,
  });

  // Two at once, through the selection.
  await box(page, second.title).click();
  await box(page, third.title).click();
  await bar(page).getByRole('button', { name: 'Transcribe again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Transcribe', exact: true }).click();
  await expect(bar(page)).toHaveCount(0);
  const waiting: Locator[] = [row(page, second.title), row(page, third.title)];
  for (const each of waiting) await expect(each.getByText('In the queue').first()).toBeVisible();
  const behind = (await waiting[0]!.getByText('number 2').count()) > 0 ? second.title : third.title;
  await expect(row(page, behind).getByText('number 2')).toBeVisible();
  await openMenu(page, behind, 'Do it next');
  await expect(row(page, behind).getByText('number 2')).toHaveCount(0);
  await openMenu(page, behind, 'Do it later');
  await expect(row(page, behind).getByText('number 2')).toBeVisible();
  await openMenu(page, behind, 'Do it next');
  await expect(row(page, behind).getByText('number 2')).toHaveCount(0);
  const other = behind === second.title ? third.title : second.title;
  await expect(row(page, other).getByText('number 2')).toBeVisible();

  // Paused, the next one runs; resumed, it waits for its turn.
  await page.getByRole('button', { name: `Pause the transcription of ${first.title}` }).click();
  await expect(row(page, first.title).getByText('Waits until you let it go on.')).toBeVisible({
    timeout: kTranscribeMs,
  });
  await expect(row(page, behind).getByText('Done')).toBeVisible({ timeout: kTranscribeMs });
  await accessible(page, 'a paused job');
  await page.getByRole('button', { name: `Go on with the transcription of ${first.title}` }).click();
  await expect(row(page, first.title).getByText('Transcribing').first()).toBeVisible({
    timeout: kTranscribeMs,
  });
  await page.getByRole('button', { name: `Cancel the transcription of ${first.title}` }).click();
  await expect(row(page, first.title).getByText('Cancelled')).toBeVisible({ timeout: kTranscribeMs });
  await request.delete(`/api/v1/media/${first.id}`);
});

test('the same file twice says so, at once and on the card', async ({ page }) => {
  const path = variant(`twin-${run}`, 3.5);
  const file = (name: string) => ({ name, mimeType: 'audio/mpeg', buffer: readFileSync(path) });
  await page.goto('/');
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(file(`${named('Older')}.mp3`));
  await expect(row(page, named('Older')).getByText('Done')).toBeVisible({ timeout: kTranscribeMs });
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(file(`${named('Newer')}.mp3`));
  await expect(page.getByText(`“${named('Newer')}” is the same file as “${named('Older')}”`)).toBeVisible({
    timeout: kTranscribeMs,
  });
  const note = row(page, named('Newer')).getByRole('link', { name: `Same file as “${named('Older')}”` });
  await expect(note).toBeVisible();
  await expect(row(page, named('Newer')).getByText('Done')).toBeVisible({ timeout: kTranscribeMs });
  await accessible(page, 'a duplicate');
  await note.click();
  await expect(page.getByRole('heading', { name: named('Older') })).toBeVisible();
});

test('a film shows a frame of itself', async ({ page }) => {
  await page.goto(`/?title=${encodeURIComponent(named('Film'))}`);
  const picture = row(page, named('Film')).locator('img');
  await expect(picture).toBeVisible();
  await expect
    .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(60);
});

test('a folder gives its recordings, and says what it left out', async ({ page }) => {
  const deep = join(folder, 'given', 'deep');
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, 'given', 'notes.txt'), 'no sound');
  writeFileSync(join(folder, 'given', `${named('Outer')}.mp3`), readFileSync(variant(`outer-${run}`, 2.5)));
  writeFileSync(join(deep, `${named('Inner')}.mp3`), readFileSync(variant(`inner-${run}`, 2.2)));
  await page.goto('/');
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await (await choosing).setFiles(join(folder, 'given'));
  await expect(page.getByText('1 other file was left out.')).toBeVisible();
  for (const name of ['Outer', 'Inner']) {
    await expect(row(page, named(name)).getByRole('link', { name: named(name) })).toBeVisible({
      timeout: 30_000,
    });
  }
});

test('an upload that was cut off goes on when the server is back', async ({ page, context }) => {
  const path = join(folder, 'cut.wav');
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', sample, '-ar', '48000', path]);
  await page.goto('/');
  await context.setOffline(true);
  await expect(page.getByText('This device is offline.')).toBeVisible();
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: `${named('Cut')}.wav`,
      mimeType: 'audio/wav',
      buffer: readFileSync(path),
    });
  await expect(page.getByRole('region', { name: 'Uploads' })).toBeVisible();
  await page.waitForTimeout(2000);
  await context.setOffline(false);
  await expect(row(page, named('Cut')).getByRole('link', { name: named('Cut') })).toBeVisible({
    timeout: 60_000,
  });
});

test('an upload goes on after its page was closed', async ({ browser }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  watch(page);
  const path = join(folder, `${named('Broken off')}.wav`);
  execFileSync('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-y',
    '-stream_loop',
    '8',
    '-i',
    sample,
    '-ar',
    '48000',
    path,
  ]);
  await page.goto('/');
  const network = await context.newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 400_000 };
  await network.send('Network.emulateNetworkConditions', slow);
  await page.locator('input[type=file]').setInputFiles(path);
  const uploading = page.getByRole('region', { name: 'Uploads' }).getByRole('listitem');
  await expect(uploading.getByText(/[1-9]\d?%/).first()).toBeVisible({ timeout: 60_000 });
  await page.close({ runBeforeUnload: false });

  const later = await context.newPage();
  watch(later);
  await later.goto('/');
  const left = later.getByRole('region', { name: 'Uploads that were interrupted' });
  await expect(left.getByRole('listitem')).toContainText(named('Broken off'));
  await accessible(later, 'an interrupted upload');
  const choosing = later.waitForEvent('filechooser');
  await left.getByRole('button', { name: 'Choose the file' }).click();
  const going = later.waitForRequest((request) => request.method() === 'PATCH');
  await (await choosing).setFiles(path);
  expect(Number((await going).headers()['upload-offset'])).toBeGreaterThan(0);
  await expect(row(later, named('Broken off')).getByRole('link', { name: named('Broken off') })).toBeVisible({
    timeout: 60_000,
  });
  await later.reload();
  await expect(row(later, named('Broken off'))).toBeVisible();
  await expect(left).toHaveCount(0);
  await context.close();
});

test('a link that cannot be fetched says why, beside its field', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Paste a link' }).click();
  const link = page.getByLabel('Link to an audio or video file');
  await link.fill('ftp://example.org/a.mp3');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'http:// or https://' })).toBeVisible();
  await link.fill('http://127.0.0.1:9/talk.mp3');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'inside a private network' })).toBeVisible();
  await expect(link).toHaveValue('http://127.0.0.1:9/talk.mp3');
  await expect(link).toBeFocused();
  await accessible(page, 'a refused link');
});

test('the first steps lead to the text, and do not come back', async ({ page }) => {
  await page.goto('/');
  const steps = page.getByRole('region', { name: 'First steps' });
  await expect(steps.getByText('is here and works without a network')).toBeVisible();
  await accessible(page, 'the first steps');
  await steps.getByRole('link', { name: 'Open' }).click();
  await expect(page.getByRole('region', { name: 'Transcript' })).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Recordings', exact: true })).toBeVisible();
  await expect(steps).toHaveCount(0);
});

test('settings are kept and used', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await page.getByText('Dark', { exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await accessible(page, 'settings in the dark');
  await page.getByText('Light', { exact: true }).click();
  await accessible(page, 'settings in the light');
  await page.getByLabel('Spoken language').selectOption('en');
  await page.getByRole('slider').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText('55%')).toBeVisible();
  await page.getByRole('combobox', { name: 'Language of this page' }).selectOption('zh-CN');
  await expect(page.getByRole('heading', { name: '设置' })).toBeVisible();
  await accessible(page, 'settings in Chinese');
  await page.reload();
  await expect(page.getByRole('heading', { name: '设置' })).toBeVisible();
  await expect(page.getByText('55%')).toBeVisible();
  await page.getByRole('combobox', { name: '界面语言' }).selectOption('en');
  await expect(page.getByRole('group', { name: 'Theme' }).getByLabel('Light')).toBeChecked();
  await page.goto('/');
  await expect(page.getByRole('button', { name: /^Options/ })).toContainText('English');
});

test('the library fits a phone', async ({ browser }) => {
  const phone = { width: 360, height: 780 };
  const context = await browser.newContext({ viewport: phone, hasTouch: true, colorScheme: 'dark' });
  const page = await context.newPage();
  watch(page);
  await page.goto(`/?title=${run}`);
  await expect(row(page, named('Film'))).toBeVisible();
  await fitsSideways(page, 'the library');
  await accessible(page, 'the library on a dark phone');
  await page.getByRole('button', { name: 'Select', exact: true }).tap();
  await box(page, named('Film')).tap();
  await expect(bar(page).getByText('1 selected')).toBeVisible();
  await fitsSideways(page, 'the selection');
  await accessible(page, 'a selection on a dark phone');
  await page.goto('/settings');
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await fitsSideways(page, 'the settings');
  await context.close();
});
