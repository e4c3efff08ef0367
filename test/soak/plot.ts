// Draws measurements over time as an SVG: one chart below the other, each with its own scale.

export interface Chart {
  title: string
  unit: string
  lines: { name: string; color: string; values: readonly (readonly [minutes: number, value: number])[] }[]
}

const WIDTH = 900
const CHART_HEIGHT = 130
const GAP = 46
const LEFT = 70
const RIGHT = 20
const TOP = 60

export function plot(title: string, charts: readonly Chart[]): string {
  const minutes = Math.max(1e-9, ...charts.flatMap(({ lines }) => lines.flatMap(({ values }) => values.map(v => v[0]))))
  const height = TOP + charts.length * (CHART_HEIGHT + GAP)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="26" font-size="16">${escaped(title)}</text>`,
  ]
  for (const [i, chart] of charts.entries()) parts.push(drawChart(chart, TOP + i * (CHART_HEIGHT + GAP), minutes))
  return `${parts.join('\n')}\n</svg>\n`
}

function drawChart({ title, unit, lines }: Chart, top: number, minutes: number): string {
  const highest = roundUp(Math.max(0, ...lines.flatMap(({ values }) => values.map(([, value]) => value))))
  const bottom = top + CHART_HEIGHT
  const x = (minute: number) => (LEFT + (minute / minutes) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (value: number) => (bottom - (value / highest) * CHART_HEIGHT).toFixed(1)
  const parts = [`<text x="${LEFT}" y="${top - 8}" font-weight="bold">${escaped(title)} (${unit})</text>`]
  for (const share of [0, 0.5, 1]) {
    const at = y(highest * share)
    parts.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#ddd"/>`)
    parts.push(`<text x="${LEFT - 8}" y="${Number(at) + 4}" text-anchor="end" fill="#555">${highest * share}</text>`)
  }
  for (let tick = 0; tick <= 4; tick++) {
    const minute = (minutes * tick) / 4
    const label = `${minutes < 10 ? minute.toFixed(1) : Math.round(minute)} min`
    parts.push(`<text x="${x(minute)}" y="${bottom + 15}" text-anchor="middle" fill="#555">${label}</text>`)
  }
  let legend = WIDTH - RIGHT
  for (const { name, color, values } of lines) {
    const points = values.map(([minute, value]) => `${x(minute)},${y(value)}`).join(' ')
    parts.push(`<polyline points="${points}" fill="none" stroke="${color}" stroke-width="1.3"/>`)
    if (lines.length === 1) continue
    parts.push(`<text x="${legend}" y="${top - 8}" text-anchor="end" fill="${color}">${escaped(name)}</text>`)
    legend -= 8 * name.length + 12
  }
  return parts.join('\n')
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function roundUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value)!
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}
