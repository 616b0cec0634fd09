import { expect, test, type APIRequestContext, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Pictures of every screen, of a real server with real recordings. A new screen is one more entry of `screens`.
//   ZIMU_URL        a server with the sample recording, transcribed
//   ZIMU_EMPTY_URL  one without any recording
//   ZIMU_SAMPLE     the sample
//   ZIMU_SCREENS    the folder for the pictures
const sample = process.env.ZIMU_SAMPLE!;
const target = process.env.ZIMU_SCREENS!;
const emptyUrl = process.env.ZIMU_EMPTY_URL!;
const kTranscribeMs = 300_000;

interface Look {
  name: string;
  colorScheme: 'light' | 'dark';
  locale: string;
  width: number;
  height: number;
}
const looks: Look[] = [
  { name: 'light', colorScheme: 'light', locale: 'en-US', width: 1280, height: 800 },
  { name: 'dark', colorScheme: 'dark', locale: 'en-US', width: 1280, height: 800 },
  { name: 'phone', colorScheme: 'light', locale: 'en-US', width: 390, height: 844 },
  { name: 'zh', colorScheme: 'light', locale: 'zh-CN', width: 1280, height: 800 },
];

/** Ids of recordings that screens are about. */
interface Made {
  sample: string;
  film: string;
  lecture: string;
}

interface Screen {
  name: string;
  /** Where it begins; `{sample}` and the like are ids of recordings. */
  path: string;
  /** What makes the screen what it is, in every language. */
  ready: (page: Page) => Promise<void>;
  /** The first steps are still to be taken. */
  fresh?: boolean;
  empty?: boolean;
}

const rows = (page: Page) => page.locator('main ul.list > li');
const someRows = (page: Page) => expect(rows(page).first()).toBeVisible();

const subtitles = (page: Page) => expect(page.locator('.counts button, .counts').first()).toBeVisible();

const screens: Screen[] = [
  {
    name: 'first-start',
    path: '/',
    fresh: true,
    empty: true,
    ready: (page) => expect(page.locator('#first-steps')).toBeVisible(),
  },
  { name: 'library', path: '/', ready: someRows },
  {
    name: 'selection',
    path: '/?sort=title',
    ready: async (page) => {
      await someRows(page);
      await page.locator('button:has(.lucide-list-checks)').click();
      await page.locator('[data-choose]').first().focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('Shift+ArrowDown');
      await expect(page.locator('section.bar')).toBeVisible();
    },
  },
  {
    name: 'tags',
    path: '/?sort=title',
    ready: async (page) => {
      await someRows(page);
      await rows(page).last().locator('button[aria-haspopup=menu]').click();
      await page.getByRole('menuitem', { name: /^(Tags|标签)/ }).click();
      await expect(page.locator('dialog[open]')).toBeVisible();
    },
  },
  { name: 'filter', path: '/?state=done&sort=-duration', ready: someRows },
  {
    name: 'nothing-fits',
    path: '/?state=failed&title=zebra',
    ready: (page) => expect(page.locator('.nothing')).toBeVisible(),
  },
  {
    name: 'microphone',
    path: '/',
    ready: async (page) => {
      await someRows(page);
      await page.locator('section.add button:has(.lucide-mic)').click();
      await page.locator('section.record button[data-first]:has(.lucide-mic)').click();
      await page.waitForTimeout(3500);
    },
  },
  {
    name: 'search',
    path: '/?q=country',
    ready: (page) => expect(page.locator('mark').first()).toBeVisible(),
  },
  {
    name: 'recording',
    path: '/media/{sample}',
    ready: async (page) => {
      await expect(page.locator('audio, video').first()).toBeAttached();
      await expect(page.getByText(/fellow americans/i).first()).toBeVisible();
    },
  },
  {
    name: 'writing',
    path: '/media/{lecture}',
    ready: async (page) => {
      const line = page.locator('#line-1');
      if (page.viewportSize()!.width < 640) await line.locator('[data-do=edit]').click();
      else await line.locator('.text').dblclick();
      await expect(page.locator('textarea')).toBeFocused();
    },
  },
  {
    name: 'doubts',
    path: '/media/{lecture}',
    ready: async (page) => {
      await expect(page.getByText(/fellow americans/i).first()).toBeVisible();
      await page.keyboard.press('d');
      await page.locator('.doubts input[type=range]').fill('0.95');
    },
  },
  { name: 'subtitles', path: '/media/{film}?view=subtitles&t=2', ready: subtitles },
  {
    name: 'film',
    path: '/media/{film}?view=subtitles&t=2',
    ready: async (page) => {
      await subtitles(page);
      await page.getByRole('button', { name: /Film with|生成带字幕/ }).click();
      await expect(page.locator('dialog[open]')).toBeVisible();
    },
  },
  {
    name: 'shortcuts',
    path: '/media/{sample}',
    ready: async (page) => {
      await expect(page.getByText(/fellow americans/i).first()).toBeVisible();
      await page.keyboard.press('?');
      await expect(page.locator('dialog[open]')).toBeVisible();
    },
  },
  { name: 'settings', path: '/settings', ready: (page) => expect(page.locator('dl')).toBeVisible() },
  { name: 'system', path: '/system', ready: (page) => expect(page.locator('#checks')).toBeVisible() },
  { name: 'not-found', path: '/nowhere', ready: (page) => expect(page.getByRole('alert')).toBeVisible() },
  {
    name: 'unreachable',
    path: '/system',
    ready: async (page) => {
      await expect(page.locator('#checks')).toBeVisible();
      await page.context().setOffline(true);
      await page.locator('a.brand').click();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
];

async function add(
  request: APIRequestContext,
  name: string,
  path: string,
  job: object | null,
): Promise<string> {
  const file = { name, mimeType: 'application/octet-stream', buffer: readFileSync(path) };
  const media = await request.post('/api/v1/media', { multipart: { file } });
  expect(media.status()).toBe(201);
  const { id } = (await media.json()) as { id: string };
  if (job) {
    const answer = await request.post('/api/v1/jobs', { data: { media_id: id, ...job } });
    const { id: jobId } = (await answer.json()) as { id: string };
    const state = async () =>
      ((await (await request.get(`/api/v1/jobs/${jobId}`)).json()) as { state: string }).state;
    await expect.poll(state, { timeout: kTranscribeMs }).toMatch(/done|failed/);
  }
  return id;
}

let made: Made;

test.beforeAll(async ({ playwright }) => {
  test.setTimeout(4 * kTranscribeMs);
  mkdirSync(target, { recursive: true });
  const request = await playwright.request.newContext({ baseURL: process.env.ZIMU_URL });
  const folder = mkdtempSync(join(tmpdir(), 'zimu-screens-'));
  const ffmpeg = (...more: string[]) =>
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...more], { cwd: folder });
  const picture = 'gradients=s=640x360:c0=0x1f6f78:c1=0xe8a13a:c2=0x7a3b69:n=3:speed=0.02:d=9';
  ffmpeg('-f', 'lavfi', '-i', picture, '-i', sample, '-shortest', 'film.mp4');
  ffmpeg('-i', sample, '-t', '7', 'part.mp3');
  ffmpeg('-stream_loop', '3', '-i', sample, 'long.mp3');
  ffmpeg('-i', sample, '-t', '4', 'other.mp3');
  const list = async () =>
    (
      (await (await request.get('/api/v1/media')).json()) as {
        items: { id: string; job: { state: string } | null; has_poster: boolean }[];
      }
    ).items;
  await expect.poll(async () => (await list()).at(-1)?.job?.state, { timeout: kTranscribeMs }).toBe('done');
  const first = (await list()).at(-1)!.id;
  const film = await add(request, 'Panel discussion.mp4', join(folder, 'film.mp4'), {
    language: 'en',
    words: true,
  });
  const zh = await add(request, '采访：图书馆的一天.mp3', join(folder, 'part.mp3'), {
    language: 'en',
    words: true,
  });
  const lecture = await add(request, 'Lecture 4, history of radio.mp3', join(folder, 'long.mp3'), {
    language: 'en',
  });
  await add(request, 'Interview draft.mp3', join(folder, 'other.mp3'), null);
  await add(request, 'Interview draft (copy).mp3', join(folder, 'other.mp3'), null);
  const tag = (id: string, ...tags: string[]) => request.patch(`/api/v1/media/${id}`, { data: { tags } });
  await tag(film, 'conference');
  await tag(zh, '采访', 'library');
  await tag(lecture, 'lecture', 'spring term');
  made = { sample: first, film, lecture };
  await request.dispose();
});

for (const look of looks) {
  for (const screen of screens) {
    test(`${screen.name} ${look.name}`, async ({ browser }) => {
      const { colorScheme, locale, width, height } = look;
      const context = await browser.newContext({
        colorScheme,
        locale,
        viewport: { width, height },
        hasTouch: width < 640,
        reducedMotion: 'reduce',
        baseURL: screen.empty ? emptyUrl : process.env.ZIMU_URL,
        permissions: ['microphone'],
      });
      const stored = JSON.stringify({ guideDone: !screen.fresh });
      await context.addInitScript((settings) => localStorage.setItem('zimu.settings', settings), stored);
      const page = await context.newPage();
      await page.goto(screen.path.replace(/{(\w+)}/, (_whole, name: keyof Made) => made[name]));
      await expect(page.locator('.system .dot').first()).not.toHaveClass(/unknown/);
      await screen.ready(page);
      await page.evaluate(() => document.fonts.ready);
      await page.waitForTimeout(500); // Waveforms and posters.
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(tooWide, 'scrolls sideways').toBeLessThanOrEqual(0);
      await page.screenshot({ path: join(target, `${screen.name}-${look.name}.png`) });
      await context.close();
    });
  }
}
