import { defineConfig } from 'vitest/config';

// Assets are named relative to the page, so that the app works below any path.
export default defineConfig({
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0 },
  test: { include: ['src/**/*.test.ts'] },
});
