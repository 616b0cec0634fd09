import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const server = process.env.ZIMU_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) },
    // Under Vitest the browser build of Svelte is the one that has working effects.
    conditions: process.env.VITEST ? ['browser'] : undefined,
  },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy allows no data: fonts or scripts, so assets stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: false },
      '/v1': { target: server, changeOrigin: false },
    },
  },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
});
