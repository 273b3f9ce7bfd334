// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { type Column, Table } from './table'

interface Row {
  name: string
  cost: number | null
}
const columns: Column<Row>[] = [
  { key: 'name', label: 'Name', head: true, render: (r) => r.name },
  { key: 'cost', label: 'Cost', sort: (r) => r.cost, render: (r) => r.cost ?? '–' },
]
const rows: Row[] = [
  { name: 'b', cost: 2 },
  { name: 'none', cost: null },
  { name: 'a', cost: 10 },
]
afterEach(cleanup)

const order = () => screen.getAllByRole('rowheader').map((cell) => cell.textContent)

describe('Table', () => {
  it('sorts up, down and not at all, with what is missing always last', () => {
    render(<Table label="Costs" columns={columns} rows={rows} rowKey={(r) => r.name} />)
    const button = screen.getByRole('button', { name: /Cost/ })
    expect(order()).toEqual(['b', 'none', 'a'])
    fireEvent.click(button)
    expect(order()).toEqual(['b', 'a', 'none'])
    expect(screen.getByRole('columnheader', { name: /Cost/ }).getAttribute('aria-sort')).toBe('ascending')
    fireEvent.click(button)
    expect(order()).toEqual(['a', 'b', 'none'])
    fireEvent.click(button)
    expect(order()).toEqual(['b', 'none', 'a'])
  })
})
