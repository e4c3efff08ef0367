/** A letter for each kind of character, in the order of KINDS, and for how many in a row, in base 36; alone without. */
export declare const KINDS: number[]
/** What `term.unicode.register` takes. */
export declare const CHARACTER_WIDTHS: {
  version: string
  charProperties(code: number, preceding: number): number
  wcwidth(code: number): 0 | 1 | 2
}
