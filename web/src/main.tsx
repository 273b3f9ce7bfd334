import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { takeTokenFromAddress } from './access/token'
import { startEvents } from './api/events'
import { createQueryClient } from './api/queries'
import { App } from './app'
import { startRouter } from './route/router'
import './style/index.css'

takeTokenFromAddress()
window.addEventListener('hashchange', takeTokenFromAddress)
startRouter()
const client = createQueryClient()
startEvents(client)

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  )
}
