// @vitest-environment happy-dom
import { cleanup, fireEvent, render } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { setShortcuts } from '../preference/theme'
import { type Handlers, useShortcuts } from './shortcuts'

function Keys({ handlers }: { handlers: Handlers }) {
  useShortcuts(handlers)
  return <input aria-label="text" />
}

const press = (key: string, target: Element | Window = window) => fireEvent.keyDown(target, { key })

afterEach(() => {
  cleanup()
  setShortcuts(true)
})

describe('useShortcuts', () => {
  it('tells a sequence from its second key', () => {
    const go = vi.fn()
    const approve = vi.fn()
    render(
      <>
        <Keys handlers={{ 'g a': go }} />
        <Keys handlers={{ a: approve }} />
      </>,
    )
    press('g')
    press('a')
    expect(go).toHaveBeenCalledTimes(1)
    expect(approve).not.toHaveBeenCalled()
    press('a')
    expect(approve).toHaveBeenCalledTimes(1)
  })

  it('does nothing while one types, with a modifier, when turned off, or after leaving', () => {
    const approve = vi.fn()
    const { getByLabelText, unmount } = render(<Keys handlers={{ a: approve }} />)
    press('a', getByLabelText('text'))
    fireEvent.keyDown(window, { key: 'a', ctrlKey: true })
    setShortcuts(false)
    press('a')
    setShortcuts(true)
    unmount()
    press('a')
    expect(approve).not.toHaveBeenCalled()
  })
})
