// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest'
import { currentAccess, setAccess, takeTokenFromAddress } from './token'

describe('takeTokenFromAddress', () => {
  beforeEach(() => {
    setAccess({ token: '', actor: '' })
    window.history.replaceState(null, '', '/')
  })

  it('keeps the token for the session and takes it out of the address', () => {
    window.history.replaceState(null, '', '/studies?x=1#token=abc%2B1')
    takeTokenFromAddress()
    expect(currentAccess().token).toBe('abc+1')
    expect(sessionStorage.getItem('trimtab.token')).toBe('abc+1')
    expect(localStorage.getItem('trimtab.token')).toBeNull()
    expect(window.location.href).toMatch(/\/studies\?x=1$/)
  })

  it('leaves other fragments alone', () => {
    setAccess({ token: 'kept' })
    window.history.replaceState(null, '', '/#evidence')
    takeTokenFromAddress()
    expect(window.location.hash).toBe('#evidence')
    expect(currentAccess().token).toBe('kept')
  })

  it('forgets', () => {
    setAccess({ token: 'abc' })
    setAccess({ token: '' })
    expect(sessionStorage.getItem('trimtab.token')).toBeNull()
  })
})
