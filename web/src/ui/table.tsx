// Tables that become stacked cards on narrow screens. The roles are repeated because CSS that changes `display` would
// otherwise take the table's meaning from screen readers.
import { type ReactNode, useState } from 'react'

export interface Column<Row> {
  key: string
  label: string
  render: (row: Row) => ReactNode
  align?: 'right'
  head?: boolean // names the row
  sort?: (row: Row) => number | string | null
  wide?: boolean // takes a whole line when stacked
}

interface Sorting {
  key: string
  down: boolean
}

function compare(a: number | string | null, b: number | string | null): number {
  if (a === null) return b === null ? 0 : 1
  if (b === null) return -1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a).localeCompare(String(b), 'en', { numeric: true })
}

export function sortRows<Row>(rows: Row[], column: Column<Row> | undefined, down: boolean): Row[] {
  const by = column?.sort
  if (!by) return rows
  return [...rows].sort((a, b) => {
    const left = by(a)
    const right = by(b)
    // Missing values stay at the end whichever way the table is sorted.
    if (left === null || right === null) return compare(left, right)
    return down ? compare(right, left) : compare(left, right)
  })
}

function HeadCell<Row>({
  column,
  sorting,
  onSort,
}: {
  column: Column<Row>
  sorting: Sorting | null
  onSort: (key: string) => void
}) {
  const active = sorting?.key === column.key
  const order = active ? (sorting.down ? 'descending' : 'ascending') : undefined
  return (
    <th role="columnheader" scope="col" className={column.align ?? ''} aria-sort={order}>
      {column.sort ? (
        <button type="button" className="sort" onClick={() => onSort(column.key)}>
          {column.label}
          <span aria-hidden="true" className="sort-mark">
            {active ? (sorting.down ? '▾' : '▴') : ''}
          </span>
        </button>
      ) : (
        column.label
      )}
    </th>
  )
}

interface TableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  rowClass?: (row: Row) => string
  onRow?: (row: Row) => void
  dense?: boolean // many columns of short values
}

export function Table<Row>({ label, columns, rows, rowKey, rowClass, onRow, dense }: TableProps<Row>) {
  const [sorting, setSorting] = useState<Sorting | null>(null)
  const onSort = (key: string) =>
    setSorting((old) => (old?.key !== key ? { key, down: false } : old.down ? null : { key, down: true }))
  const sorted = sorting
    ? sortRows(
        rows,
        columns.find((c) => c.key === sorting.key),
        sorting.down,
      )
    : rows
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" aria-label={label} tabIndex={0}>
      <table role="table" className={dense ? 'table dense' : 'table'}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <HeadCell key={column.key} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sorted.map((row) => (
            <tr role="row" key={rowKey(row)} className={rowClass?.(row) ?? ''} onClick={onRow && (() => onRow(row))}>
              {columns.map((column) => {
                const Cell = column.head ? 'th' : 'td'
                return (
                  <Cell
                    key={column.key}
                    role={column.head ? 'rowheader' : 'cell'}
                    scope={column.head ? 'row' : undefined}
                    className={`${column.align ?? ''} ${column.wide ? 'wide' : ''}`}
                    data-label={column.label}
                  >
                    {column.render(row)}
                  </Cell>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
