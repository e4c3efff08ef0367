// What a line editor's line contains after it received some input.

/** Like readline: DEL deletes the last character that has a width, with the zero-width ones after it. Enter is kept as `\r`. */
export function editedLine(sent: string): string {
  let line: string[] = []
  for (const character of sent) {
    if (character !== '\x7f') line.push(character)
    else {
      const at = line.findLastIndex(one => !/[\p{Mn}\p{Me}\p{Cf}]/u.test(one))
      line = line.slice(0, Math.max(0, at))
    }
  }
  return line.join('')
}
