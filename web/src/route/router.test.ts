// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applicationPath, matchPath, startRouter } from './router'

describe('matchPath', () => {
  it('finds parameters and decodes them', () => {
    expect(matchPath('/applications/:name', '/applications/a%20b')).toEqual({ name: 'a b' })
    expect(matchPath('/applications/:name', '/applications')).toBeNull()
    expect(matchPath('/audit', '/audit/')).toEqual({})
    expect(matchPath('/applications/:name', '/applications/%E0%A4%A')).toBeNull()
  })
  it('is the inverse of the paths', () => {
    const path = applicationPath('shop/eu 1', 'load')
    expect(path).toBe('/applications/shop%2Feu%201?tab=load')
    expect(matchPath('/applications/:name', path.split('?')[0] ?? '')).toEqual({ name: 'shop/eu 1' })
  })
})

describe('clicks on links', () => {
  let stop: () => void
  beforeEach(() => {
    window.history.replaceState(null, '', '/')
    stop = startRouter()
  })
  afterEach(() => {
    stop()
    document.body.replaceChildren()
  })
  const click = (attributes: Record<string, string>, init: MouseEventInit = {}) => {
    const link = document.createElement('a')
    for (const [name, value] of Object.entries(attributes)) link.setAttribute(name, value)
    document.body.append(link)
    const event = new MouseEvent('click', { bubbles: true, cancelable: true, ...init })
    // Nothing is followed for real; what the page left to the browser is noted before that.
    let prevented = false
    window.addEventListener(
      'click',
      (e) => {
        prevented = e.defaultPrevented
        e.preventDefault()
      },
      { once: true },
    )
    link.dispatchEvent(event)
    return { defaultPrevented: prevented }
  }
  it('change the place without loading', () => {
    expect(click({ href: '/studies/x' }).defaultPrevented).toBe(true)
    expect(window.location.pathname).toBe('/studies/x')
  })
  it('are left to the browser when they leave the page or open elsewhere', () => {
    expect(click({ href: 'https://example.org/' }).defaultPrevented).toBe(false)
    expect(click({ href: '/api/v1/openapi.json' }).defaultPrevented).toBe(false)
    expect(click({ href: '/x' }, { ctrlKey: true }).defaultPrevented).toBe(false)
    expect(click({ href: '/x', target: '_blank' }).defaultPrevented).toBe(false)
    expect(click({ href: '#main' }).defaultPrevented).toBe(false)
  })
})
