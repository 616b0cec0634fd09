import { expect, test, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, fitsSideways, kTranscribeMs, sample, watch } from './helpers';

// Recording from the microphone: Chromium's own, fed with the sample, all the way to the text.
//   ZIMU_OPEN_URL   the same server at an address that is neither https nor localhost; its test is skipped without it
const open = process.env.ZIMU_OPEN_URL ?? '';

function microphone(): string[] {
  if (!sample) return [];
  const wav = join(mkdtempSync(join(tmpdir(), 'zimu-mic-')), 'mic.wav');
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', sample, '-ar', '48000', '-ac', '1', wav]);
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${wav}`];
}

test.use({
  launchOptions: {
    executablePath: process.env.ZIMU_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', ...microphone()],
  },
});
test.skip(!sample, 'ZIMU_SAMPLE names no file');

const panel = (page: Page) => page.getByRole('region', { name: 'Microphone' });
const clock = async (page: Page) => {
  const [minutes, seconds] = (await panel(page).getByRole('timer').innerText()).split(':').map(Number);
  return minutes! * 60 + seconds!;
};

test('what is said becomes text, with the keyboard alone', async ({ page, context, request }) => {
  await context.grantPermissions(['microphone']);
  watch(page);
  await page.goto('/');
  await page.getByRole('button', { name: 'Record', exact: true }).focus();
  await page.keyboard.press('Enter');
  const start = panel(page).getByRole('button', { name: 'Start recording' });
  await expect(start).toBeFocused();
  // The level moves, and nothing is recorded yet.
  const level = panel(page).locator('.scope path');
  await expect.poll(() => level.getAttribute('d')).toMatch(/v[1-9]\d/);
  await accessible(page, 'before recording');
  expect(await clock(page)).toBe(0);
  await page.keyboard.press('Enter');
  const stop = panel(page).getByRole('button', { name: 'Stop and transcribe' });
  await expect(stop).toBeFocused();
  await expect.poll(() => clock(page), { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
  await accessible(page, 'while recording');

  // Paused, the clock stands.
  await panel(page).getByRole('button', { name: 'Pause' }).click();
  const at = await clock(page);
  await page.waitForTimeout(1500);
  expect(await clock(page)).toBe(at);
  await expect(panel(page).getByRole('button', { name: 'Go on' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect.poll(() => clock(page), { timeout: 30_000 }).toBeGreaterThanOrEqual(13);

  // Elsewhere it goes on, and says so.
  await page.getByRole('link', { name: 'Settings' }).click();
  const pill = page.getByRole('link', { name: /^Recording/ });
  await expect(pill).toBeVisible();
  await pill.click();
  const seconds = await clock(page);
  await stop.click();
  await expect(panel(page)).toHaveCount(0);

  const link = page.getByRole('link', { name: /^Recording \d{4}-/ }).first();
  await link.click();
  await expect(page.getByRole('region', { name: 'Transcript' })).toContainText(/fellow|ask|country/i, {
    timeout: kTranscribeMs,
  });
  const id = new URL(page.url()).pathname.split('/').at(-1)!;
  const media = (await (await request.get(`/api/v1/media/${id}`)).json()) as { duration_ms: number };
  expect(media.duration_ms / 1000).toBeGreaterThan(seconds - 2);
  expect(media.duration_ms / 1000).toBeLessThan(seconds + 15);
  // The server has it: the browser keeps nothing.
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Recordings', exact: true })).toBeVisible();
  await expect(page.getByText('Recordings that were not added yet')).toHaveCount(0);
});

test('a tab that is closed in the middle loses nothing', async ({ page, context }) => {
  await context.grantPermissions(['microphone']);
  watch(page);
  await page.goto('/');
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await panel(page).getByRole('button', { name: 'Start recording' }).click();
  await expect.poll(() => clock(page), { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
  const other = await context.newPage();
  await other.goto('/');
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible();
  // It is the other tab's as long as that one lives.
  await expect(other.getByText('Recordings that were not added yet')).toHaveCount(0);
  await page.close({ runBeforeUnload: false });

  await other.reload();
  const left = other.getByRole('region', { name: 'Recordings that were not added yet' });
  await expect(left.getByRole('listitem')).toHaveCount(1);
  await expect(left.getByRole('listitem')).toContainText(/0:0[4-7]/);
  await accessible(other, 'with a take left');
  const arriving = other.waitForEvent('download');
  await left.getByRole('button', { name: /^Save the recording/ }).click();
  expect((await arriving).suggestedFilename()).toMatch(/^Recording .*\.webm$/);

  await left.getByRole('button', { name: /^Discard/ }).click();
  await expect(left).toHaveCount(0);
  await other.getByRole('button', { name: 'Undo' }).click();
  await left.getByRole('button', { name: 'Add and transcribe' }).click();
  await expect(left).toHaveCount(0);
  await expect(other.getByRole('link', { name: /^Recording \d{4}-/ }).first()).toBeVisible({
    timeout: kTranscribeMs,
  });
});

test('a microphone that goes away leaves what was said', async ({ page, context }) => {
  await context.grantPermissions(['microphone']);
  await page.addInitScript(() => {
    const ask = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const stream = await ask.call(this, constraints);
      (window as unknown as { track: MediaStreamTrack }).track = stream.getAudioTracks()[0]!;
      return stream;
    };
  });
  await page.goto('/');
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await panel(page).getByRole('button', { name: 'Start recording' }).click();
  await expect.poll(() => clock(page), { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  // What the browser does when the permission is taken back: the track ends.
  await page.evaluate(() => {
    const { track } = window as unknown as { track: MediaStreamTrack };
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await expect(panel(page).getByRole('alert')).toContainText('went away or was forbidden');
  await expect(page.getByRole('button', { name: 'Add and transcribe' })).toBeVisible();
  await accessible(page, 'without its microphone');
});

test('a refused microphone says what to do', async ({ page, context }) => {
  await context.clearPermissions();
  await page.goto('/');
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await expect(panel(page).getByRole('alert')).toContainText('did not allow the microphone');
  await expect(panel(page).getByRole('button', { name: 'Try again' })).toBeFocused();
  await page.setViewportSize({ width: 360, height: 780 });
  await fitsSideways(page, 'the refusal');
  await panel(page).getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('button', { name: 'Record', exact: true })).toBeFocused();
});

test('an address without https says why there is no microphone', async ({ page }) => {
  test.skip(!open, 'ZIMU_OPEN_URL names no address');
  await page.goto(open);
  expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await expect(panel(page).getByRole('alert')).toContainText('only to https:// addresses and to localhost');
  await expect(panel(page).getByRole('button', { name: 'Try again' })).toHaveCount(0);
});
