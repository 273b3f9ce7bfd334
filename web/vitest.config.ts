import { defineConfig } from 'vitest/config'

// Apart from vite.config.ts, because the build of the product installs no test tools.
export default defineConfig({
  test: { include: ['src/**/*.test.{ts,tsx}'] },
})
