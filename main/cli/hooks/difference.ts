// The difference between two versions of a file, in the lines of a unified diff without line numbers.

const CONTEXT_LINES = 2
/** Above this many comparisons, everything between the first and the last changed line counts as changed. */
const MAX_CELLS = 4_000_000

/** Lines that begin with `-`, `+` or a blank, and `…` where equal lines are left out. */
export function difference(before: string, after: string): string[] {
  const old = linesOf(before)
  const fresh = linesOf(after)
  let head = 0
  while (head < Math.min(old.length, fresh.length) && old[head] === fresh[head]) head++
  let tail = 0
  while (tail < Math.min(old.length, fresh.length) - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++
  const changed = compare(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail))
  const all = [
    ...old.slice(0, head).map(line => ` ${line}`),
    ...changed,
    ...old.slice(old.length - tail).map(line => ` ${line}`),
  ]
  return withoutEqual(all)
}

function linesOf(text: string): string[] {
  if (text === '') return []
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map(line => line.replace(/\r$/, ''))
}

/** By the longest common subsequence. */
function compare(old: string[], fresh: string[]): string[] {
  if (old.length * fresh.length > MAX_CELLS) return [...old.map(line => `-${line}`), ...fresh.map(line => `+${line}`)]
  const width = fresh.length + 1
  const common = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j]!
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      common[i * width + j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push(` ${old[i++]}`)
      j++
    } else if (j === fresh.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${old[i++]}`)
    else lines.push(`+${fresh[j++]}`)
  }
  return lines
}

function withoutEqual(lines: string[]): string[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(line => !line.startsWith(' ')),
  )
  const kept: string[] = []
  for (const [at, line] of lines.entries()) {
    if (isNear[at]) kept.push(line)
    else if (kept.at(-1) !== '…') kept.push('…')
  }
  return kept
}
