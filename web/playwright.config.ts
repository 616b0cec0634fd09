import { defineConfig } from '@playwright/test';

const phone = /[/\\]phone\.spec\.ts$/;

// Drives a running server: ZIMU_URL=http://127.0.0.1:8080 ZIMU_SAMPLE=…/jfk.mp3 npm run e2e
// No browser is downloaded; ZIMU_CHROMIUM names the one to use.
export default defineConfig({
  testDir: 'tests/e2e',
  timeout: 180_000,
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: process.env.ZIMU_URL ?? 'http://127.0.0.1:8080',
    locale: 'en-US',
    launchOptions: {
      executablePath: process.env.ZIMU_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
    },
  },
  projects: [
    { name: 'desktop', testIgnore: phone, use: { viewport: { width: 1440, height: 900 } } },
    {
      name: 'phone',
      testMatch: phone,
      use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    },
  ],
});
