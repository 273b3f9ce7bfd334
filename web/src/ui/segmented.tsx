// A choice of one among a few, side by side: radio buttons underneath, so arrow keys work.
import { useId } from 'react'

interface Option<V extends string> {
  value: V
  text: string
  title?: string
}

interface SegmentedProps<V extends string> {
  label: string
  value: V
  options: Option<V>[]
  onChange: (value: V) => void
  disabled?: boolean
}

export function Segmented<V extends string>({ label, value, options, onChange, disabled }: SegmentedProps<V>) {
  const name = useId()
  return (
    <fieldset className="segmented" disabled={disabled}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} title={option.title} className={option.value === value ? 'chosen' : ''}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.text}
        </label>
      ))}
    </fieldset>
  )
}
