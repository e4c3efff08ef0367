// Prints figures as tables.

/** What was measured, its figure, a comparison, and a note, all as printed. */
export type Row = [what: string, figure: string, comparison?: string | undefined, note?: string]

const WIDTHS = [52, 14, 20]

export function printTable(title: string, rows: Row[]): void {
  console.log(`\n${title}`)
  for (const row of rows) {
    const cells = row.map((cell = '', i) =>
      i === 0 ? `  ${cell}`.padEnd(WIDTHS[0]!) : i === 3 ? `  ${cell}` : cell.padStart(WIDTHS[i]!),
    )
    console.log(cells.join('').trimEnd())
  }
}

export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
export const seconds = (value: number) => `${value.toFixed(2)} s`
export const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
export const mbs = (value: number) => `${value.toFixed(1)} MB/s`
export const ratio = (a: number, b: number) => `${(a / b).toFixed(2)} x`

export function median(values: number[]): number {
  return percentile(values, 0.5)
}

export function percentile(values: number[], fraction: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * fraction))]!
}

/** The median, and the extremes if there is more than one value. */
export function spread(values: number[], show: (value: number) => string): [figure: string, extremes: string] {
  const extremes = values.length > 1 ? `${show(Math.min(...values))}–${show(Math.max(...values))}` : ''
  return [show(median(values)), extremes]
}
