// Writes down what @xterm/addon-unicode-graphemes knows of every character, as terminal/character-runs.ts. To be run when
// that add-on is renewed: `node assets/make-widths.ts`. Knows nothing of terminals.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const LINE = 110

export interface Provider {
  version: string
  charProperties(code: number, preceding: number): number
  wcwidth(code: number): number
}

/** The add-on's own. It reads its table through `.buffer` without `byteOffset` (0.4): not to come from Buffer's pool. */
export function addonProvider(): Provider {
  const size = Buffer.poolSize
  Buffer.poolSize = 0
  try {
    const require = createRequire(import.meta.url)
    const { UnicodeGraphemesAddon } = require('@xterm/addon-unicode-graphemes') as {
      UnicodeGraphemesAddon: new () => { activate(terminal: object): void }
    }
    const found: Provider[] = []
    new UnicodeGraphemesAddon().activate({ unicode: { register: (one: Provider) => found.push(one) } })
    return found.find(({ version }) => version === '15-graphemes')!
  } finally {
    Buffer.poolSize = size
  }
}

if (process.argv[1] === import.meta.filename) {
  const provider = addonProvider()
  // After nothing it returns all that its table says, beside the width.
  const kindOf = (code: number) => provider.charProperties(code, 0) >> 3
  const kinds: number[] = []
  let runs = ''
  for (let code = 0; code < 0x110000; ) {
    const kind = kindOf(code)
    if (!kinds.includes(kind)) kinds.push(kind)
    let end = code + 1
    while (end < 0x110000 && kindOf(end) === kind) end++
    runs += String.fromCharCode(65 + kinds.indexOf(kind)) + (end - code > 1 ? (end - code).toString(36) : '')
    code = end
  }
  if (kinds.length > 26) throw new Error('there are more kinds than letters')
  const lines = runs.match(new RegExp(`.{1,${LINE}}`, 'g'))!
  const text = `// Every character's kind, as runs; character-widths.ts reads them. Written by assets/make-widths.ts.

/** What A, B and so on stand for. */
export const CHARACTER_KINDS = [${kinds.join(', ')}]

/** A letter for the kind, and in base 36 for how many characters in a row; a letter alone is for one. */
export const CHARACTER_RUNS =
${lines.map(line => `  '${line}'`).join(' +\n')}
`
  writeFileSync(join(import.meta.dirname, '..', 'terminal', 'character-runs.ts'), text)
  console.log(`${runs.length} characters`)
}
