// Finds the numbered options of a question among lines that may contain other lists: in the command that it is about, or in text
// that an agent, a folder's name or a web page put into an option's label. What belongs to a label stands below its key and
// deeper; a real list has one column, and counts. Where more than one list could be the real one, none is offered: a person who
// presses "No" must never approve (case 151). Pure.

/** A line that looks like an option. */
interface Candidate {
  /** Its line. */
  at: number
  key: number
  /** Of its key. */
  column: number
}

/** Unicode blocks Box Drawing and Block Elements: frames. */
const BLANK_LINE = /^[\s\u2500-\u259f]*$/
const TEXT = /[^\s\u2500-\u259f]/

/**
 * The lines of the options, from the first one at or after `begin`; undefined: it is not certain which lines they are. `option`:
 * group 1 is the key, a digit. `skip`: lines between options that are none. `isAligned`: labels go on at the column of their key,
 * and an option whose label does stands one column further left (Copilot CLI); then the keys alone have to tell.
 */
export function findNumberedList(
  lines: readonly string[],
  begin: number,
  option: RegExp,
  skip: RegExp | undefined,
  isAligned = false,
): number[] | undefined {
  const tolerance = isAligned ? 1 : 0
  const candidates: Candidate[] = []
  for (let at = begin; at < lines.length; at++) {
    const line = lines[at]!
    const key = option.exec(line)?.[1]
    if (key !== undefined) candidates.push({ at, key: Number(key), column: line.indexOf(key) })
  }
  const lists = listsOf(lines, candidates, skip, tolerance)
  const last = lists.at(-1)
  if (!last) return undefined
  const { column } = last[0]!
  // A list in a command is above the real one, and never further left: what is further right than an earlier list may be a part
  // of its last label.
  if (lists.some(list => list[0]!.column < column)) return undefined
  if (isAligned && lists.length > 1) return undefined
  // Below the real list there is none, and its keys count from 1.
  if (candidates.some(one => one.at > last.at(-1)!.at && one.column <= column + tolerance)) return undefined
  if (!countsFromOne(lines, last, skip)) return undefined
  return last.map(one => one.at)
}

/** Whether the keys of a list count from 1, with those of its lines that are skipped: a field for a text among boxes has a key, too. */
function countsFromOne(lines: readonly string[], list: readonly Candidate[], skip: RegExp | undefined): boolean {
  let next = 1
  let from = list[0]!.at
  for (const { at, key, column } of list) {
    for (const line of lines.slice(from, at)) if (skip?.test(line) && line.slice(column).startsWith(`${next}.`)) next++
    if (key !== next++) return false
    from = at + 1
  }
  return true
}

/** Runs of options in one column, with nothing between them that ends a list. What is deeper belongs to the label above. */
function listsOf(
  lines: readonly string[],
  candidates: readonly Candidate[],
  skip: RegExp | undefined,
  tolerance: number,
): Candidate[][] {
  const lists: Candidate[][] = []
  for (const one of candidates) {
    const list = lists.at(-1)
    if (list && isContinued(lines, list, one, skip, tolerance)) {
      // Further right: text of the label above. Further left: a new list.
      if (Math.abs(one.column - list[0]!.column) <= tolerance) list.push(one)
      else if (one.column < list[0]!.column) lists.push([one])
    } else lists.push([one])
  }
  return lists
}

function isContinued(
  lines: readonly string[],
  list: readonly Candidate[],
  one: Candidate,
  skip: RegExp | undefined,
  tolerance: number,
): boolean {
  for (let at = list.at(-1)!.at + 1; at < one.at; at++) {
    const line = lines[at]!
    if (skip?.test(line)) continue
    if (BLANK_LINE.test(line) || line.search(TEXT) < list[0]!.column - tolerance) return false
  }
  return true
}
