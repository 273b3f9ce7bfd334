import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Where `npm run dev` finds the API: the stand-in (npm run mock) or a real server.
// The server takes changes only from a page of its own, so the browser's idea of the host is passed on.
const proxy = { '/api': { target: process.env.TRIMTAB_API ?? 'http://127.0.0.1:8099', changeOrigin: false } }

// The page is served by the binary itself: absolute base, hashed names (cached for ever), no inline scripts.
export default defineConfig({
  plugins: [react()],
  base: '/',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
})
