import base from '../../playwright.config';
import { defineConfig } from '@playwright/test';

// Used by tools/screens.sh alone.
export default defineConfig({
  ...base,
  testDir: '.',
  use: {
    ...base.use,
    launchOptions: {
      ...base.use?.launchOptions,
      args: [...(base.use?.launchOptions?.args ?? []), '--use-fake-device-for-media-stream'],
    },
  },
});
