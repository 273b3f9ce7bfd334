import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// The page is served by the binary itself: absolute base, hashed names (cached for ever), no inline scripts.
export default defineConfig({
  plugins: [react()],
  base: '/',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { host: '127.0.0.1', proxy: { '/api': process.env.TRIMTAB_API ?? 'http://127.0.0.1:8099' } },
  test: { include: ['src/**/*.test.{ts,tsx}'] },
})
