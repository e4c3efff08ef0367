// What a line editor makes of the bytes it is sent. Knows no keyboard.

/** As readline: DEL takes a character that has a width, with what follows it and has none. Enter stays as `\r`. */
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
