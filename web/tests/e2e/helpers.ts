import AxeBuilder from '@axe-core/playwright';
import { expect, type APIRequestContext, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';

// What several of the specs here need.
//   ZIMU_URL     where the server listens
//   ZIMU_SAMPLE  Kennedy's sentence of 1961, samples/jfk.mp3 of whisper.cpp
export const sample = process.env.ZIMU_SAMPLE ?? '';
export const kTranscribeMs = 120_000;

/** A refused style or script, a request to anywhere else, or an uncaught error fails the test. */
export function watch(page: Page): void {
  page.on('request', (request) => {
    const url = new URL(request.url());
    const host = new URL(page.url() === 'about:blank' ? request.url() : page.url()).host;
    if (url.protocol.startsWith('http')) expect(url.host, 'no request leaves the machine').toBe(host);
  });
  page.on('console', (message) => {
    expect(message.text(), 'content security policy').not.toMatch(/Content Security Policy/i);
  });
  page.on('pageerror', (error) => {
    throw error;
  });
}

export interface Stored {
  id: string;
  title: string;
  duplicate_of: string | null;
  tags: string[];
}

/** A recording, without a transcription. */
export async function addMedia(request: APIRequestContext, title: string, path = sample): Promise<Stored> {
  const name = `${title}${path.slice(path.lastIndexOf('.'))}`;
  const answer = await request.post('/api/v1/media', {
    multipart: { file: { name, mimeType: 'audio/mpeg', buffer: readFileSync(path) } },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as Stored;
}

export async function createJob(request: APIRequestContext, mediaId: string, more = {}): Promise<string> {
  const answer = await request.post('/api/v1/jobs', { data: { media_id: mediaId, ...more } });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

export async function jobDone(request: APIRequestContext, jobId: string): Promise<void> {
  const state = async () =>
    ((await (await request.get(`/api/v1/jobs/${jobId}`)).json()) as { state: string }).state;
  await expect.poll(state, { timeout: kTranscribeMs }).toBe('done');
}

export const row = (page: Page, title: string) => page.getByRole('listitem').filter({ hasText: title });

/** Everything on the page against the WCAG rules of axe. */
export async function accessible(page: Page, what: string): Promise<void> {
  // Colours that are still fading in are not those that people read.
  await page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter((each) => Number.isFinite(Number(each.effect?.getComputedTiming().endTime)));
    return Promise.all(ending.map((each) => each.finished.catch(() => {})));
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(' | ')}`);
  expect(told, what).toEqual([]);
}

export async function fitsSideways(page: Page, what: string): Promise<void> {
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(tooWide, `${what} scrolls sideways`).toBeLessThanOrEqual(0);
}
