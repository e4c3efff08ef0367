// The terminal's font: its name, when its letters are there, and when more of it came. Its files stand in fonts.css; knows
// nothing of terminals.
import './fonts.css'

const FAMILY = '"On the Go Mono"'

/** Ours, and until it is there, or where it cannot be had, what the system calls its own monospace, from Apple's to Android's. */
export const FONT_FAMILY = `${FAMILY}, ui-monospace, "SF Mono", Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Roboto Mono", monospace`

/** Letters that come later than this are not waited for; they take their place when they are there. */
const WAIT_MS = 300

let coming: Promise<void> | undefined
let ready: Promise<void> | undefined

/**
 * Asks for what every terminal is drawn with. Whoever does so before there is one spares it a second look at its letters.
 * Resolves when letters and lines are loaded.
 */
export function loadFont(): Promise<void> {
  if (!coming) {
    coming = load(14, 'W─')
    // Not waited for, but there when something bold is printed first.
    void load('bold 14', 'W')
  }
  return coming
}

/** Resolves when letters and lines are loaded, or after a moment without them: a cell has its extent then. */
export function waitForFont(): Promise<void> {
  // Counted from the first who waits; the page has asked for the files before.
  ready ??= Promise.race([loadFont(), new Promise<void>(resolve => setTimeout(resolve, WAIT_MS))])
  return ready
}

async function load(font: string | number, text: string): Promise<void> {
  await document.fonts.load(`${font}px ${FAMILY}`, text).catch(() => {}) // what the system has is drawn
}

/** Calls whenever files of the font have come: what was measured or drawn before may look different now. */
export function onFontLoaded(listener: () => void): () => void {
  const loaded = (event: FontFaceSetLoadEvent) => {
    if (event.fontfaces.some(({ family }) => FAMILY.includes(family.replaceAll('"', '')))) listener()
  }
  document.fonts.addEventListener('loadingdone', loaded)
  return () => document.fonts.removeEventListener('loadingdone', loaded)
}

/** A letter's width at font size 1. */
export function characterAdvance(family: string): number {
  const context = document.createElement('canvas').getContext('2d')
  if (!context) return 0.6
  context.font = `100px ${family}`
  return context.measureText('W').width / 100
}
