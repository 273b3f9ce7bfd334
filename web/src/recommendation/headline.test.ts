import { describe, expect, it } from 'vitest'
import type { Change, Recommendation } from '../api/types'
import { changesText, headline } from './headline'

const change = (parameter: string, rest: Partial<Change> = {}): Change => ({
  parameter,
  unit: 'MiB',
  current: 1024,
  proposed: 768,
  edited: null,
  skipped: false,
  effective: 768,
  effect: 'restart',
  why: '',
  ...rest,
})
const made = (changes: Change[], saving: number, kind = 'exploit') =>
  ({ changes, kind, cost: { currency: 'EUR', current: 100, proposed: 100 - saving, saving } }) as Recommendation

describe('headline', () => {
  it('says what it is worth and what it changes', () => {
    expect(headline(made([change('jvm.heap')], 20))).toBe('Save €20.00/month (−20 %): JVM heap')
    expect(headline(made([change('jvm.heap')], -5))).toBe('Spend €5.00/month (+5 %): JVM heap')
    expect(headline(made([change('jvm.heap')], 0))).toBe('Change JVM heap')
    expect(
      headline(
        made(
          ['a', 'b', 'c', 'd'].map((n) => change(n)),
          20,
        ),
      ),
    ).toBe('Save €20.00/month (−20 %): a, b and 2 more')
    expect(headline(made([change('jvm.heap')], -5, 'return'))).toBe('Return to safety: JVM heap')
  })
  it('leaves out what is skipped or edited back', () => {
    const changes = [
      change('a', { skipped: true, effective: 1024 }),
      change('b', { edited: 1024, effective: 1024 }),
      change('c'),
    ]
    expect(headline(made(changes, 0))).toBe('Change c')
    expect(changesText(made(changes, 0))).toBe('c 1,024 → 768 MiB')
    expect(changesText(made(changes.slice(0, 1), 0))).toBe('no change left')
  })
})
