import { expect, test, type Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

// The page "System" against a real server whose hub is slow:
//   ZIMU_MODEL     a model that can be fetched; a job has failed for want of it
//   ZIMU_NO_MODEL  one of the catalogue that the hub does not have
//   ZIMU_SHOTS     a folder for screenshots; none are taken without it
const model = process.env.ZIMU_MODEL ?? '';
const absent = process.env.ZIMU_NO_MODEL ?? '';
const shots = process.env.ZIMU_SHOTS ?? '';
const kFetchMs = 150_000;

async function shoot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

const row = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test.skip(!model, 'ZIMU_MODEL names no model');
test.describe.configure({ mode: 'serial' });

test('a model is fetched, cancelled and fetched again, by keyboard', async ({ page, browser }) => {
  await page.goto('/');
  await page.getByRole('button', { name: /System status/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Models, storage and more' }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/system$/);
  await expect(page.getByRole('heading', { level: 1, name: 'System' })).toBeVisible();
  await expect(row(page, 'base').first()).toContainText('default');
  await expect(page.getByRole('img', { name: /used,.*free/ })).toBeVisible();

  // One that the hub does not have says so, with what to do.
  await button(page, `Fetch the model ${absent}`).focus();
  await page.keyboard.press('Enter');
  await expect(row(page, absent).getByText(/could not be fetched/)).toBeVisible({ timeout: 60_000 });
  await expect(button(page, `Try to fetch the model ${absent} again`)).toBeVisible();

  await button(page, `Fetch the model ${model}`).focus();
  await page.keyboard.press('Enter');
  const bar = page.getByRole('progressbar', { name: `Progress of the model ${model}` });
  await expect(bar).toBeVisible();
  await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(5);
  await shoot(page, 'system-light');
  await button(page, `Do not fetch the model ${model}`).focus();
  await page.keyboard.press('Enter');
  await expect(button(page, `Fetch the model ${model}`)).toBeVisible();

  await button(page, `Fetch the model ${model}`).click();
  await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(5);
  const looks = [
    { name: 'system-dark', colorScheme: 'dark' as const, locale: 'en-US', width: 1440, height: 900 },
    { name: 'system-phone', colorScheme: 'light' as const, locale: 'en-US', width: 360, height: 780 },
    { name: 'system-phone-dark-zh', colorScheme: 'dark' as const, locale: 'zh-CN', width: 360, height: 780 },
    { name: 'system-zh', colorScheme: 'light' as const, locale: 'zh-CN', width: 1440, height: 900 },
  ];
  for (const { name, colorScheme, locale, width, height } of looks) {
    const context = await browser.newContext({ colorScheme, locale, viewport: { width, height } });
    const other = await context.newPage();
    await other.goto('/system');
    await expect(other.getByRole('listitem').filter({ hasText: 'base' }).first()).toBeVisible();
    const tooWide = await other.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(tooWide, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
    await shoot(other, name);
    await context.close();
  }
  // It comes over the event stream: the page is not loaded again.
  await expect(button(page, `Remove the model ${model}`)).toBeVisible({ timeout: kFetchMs });
});

test('a model is removed after a question', async ({ page }) => {
  await page.goto('/system');
  await button(page, `Remove the model ${model}`).click();
  const dialog = page.getByRole('dialog', { name: `Remove the model ${model}?` });
  await expect(dialog).toContainText('become free');
  await shoot(page, 'system-remove');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(button(page, `Remove the model ${model}`)).toBeVisible();
  await button(page, 'Remove the model base').click();
  await expect(page.getByRole('dialog')).toContainText('It is the default');
  await page.keyboard.press('Escape');
  await button(page, `Remove the model ${model}`).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(button(page, `Fetch the model ${model}`)).toBeVisible();
});

test('a job that lacks its model offers to fetch it, then goes on', async ({ page }) => {
  await page.goto('/');
  await button(page, `Fetch model ${model}`).click();
  await expect(page.getByRole('link', { name: /Fetching/ })).toBeVisible();
  await shoot(page, 'library-fetching');
  const again = page.getByRole('button', { name: /Try the transcription|^Try again$/ });
  await expect(again).toBeVisible({ timeout: kFetchMs });
  await again.click();
  await expect(page.getByText('Done', { exact: true })).toBeVisible({ timeout: kFetchMs });
});

test('says when the system cannot be loaded', async ({ page }) => {
  await page.route('**/api/v1/system', (route) => route.abort());
  await page.goto('/system');
  await expect(page.getByRole('alert')).toContainText('The state of the system could not be loaded');
  await shoot(page, 'system-error');
  await page.unroute('**/api/v1/system');
  await button(page, 'Try again').click();
  await expect(page.getByRole('heading', { name: 'Models' })).toBeVisible();
});
