// The terminal's font: its family, loading it, and noticing when more of it has loaded. Its files are listed in fonts.css.
import './fonts.css'

const FAMILY = '"On the Go Mono"'

/** Our font; until it is loaded, or if it cannot be, the system's monospace font, from Apple's to Android's. */
export const FONT_FAMILY = `${FAMILY}, ui-monospace, "SF Mono", Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Roboto Mono", monospace`

/** How long to wait for the font. If it loads later, text is drawn again then. */
const MAX_WAIT_MS = 300

let loading: Promise<void> | undefined
let ready: Promise<void> | undefined

/**
 * Loads the files that every terminal needs. Call it before creating one: then it is not laid out twice. Resolves when
 * Latin text and box drawing are loaded.
 */
export function loadFont(): Promise<void> {
  if (!loading) {
    loading = load(14, 'W─')
    // Not waited for, but probably loaded when the first bold text is printed.
    void load('bold 14', 'W')
  }
  return loading
}

/** Resolves when the font is loaded or MAX_WAIT_MS have passed: a cell has its size then. */
export function waitForFont(): Promise<void> {
  // Counted from the first call; the page has requested the files before.
  ready ??= Promise.race([loadFont(), new Promise<void>(resolve => setTimeout(resolve, MAX_WAIT_MS))])
  return ready
}

async function load(font: string | number, text: string): Promise<void> {
  await document.fonts.load(`${font}px ${FAMILY}`, text).catch(() => {}) // The system's font is used.
}

/** Calls `listener` whenever files of the font have loaded: text measured or drawn before may look different now. */
export function onFontLoaded(listener: () => void): () => void {
  const loaded = (event: FontFaceSetLoadEvent) => {
    if (event.fontfaces.some(({ family }) => FAMILY.includes(family.replaceAll('"', '')))) listener()
  }
  document.fonts.addEventListener('loadingdone', loaded)
  return () => document.fonts.removeEventListener('loadingdone', loaded)
}

/** The width of a character at font size 1. */
export function characterAdvance(family: string): number {
  const context = document.createElement('canvas').getContext('2d')
  if (!context) return 0.6
  context.font = `100px ${family}`
  return context.measureText('W').width / 100
}
