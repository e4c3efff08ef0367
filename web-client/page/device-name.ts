// What a person would call this phone, as far as its browser tells: a proposal, which the desktop shows and may change.
// Knows nothing of pairing.
import { oneLine } from '../../protocol/one-line.ts'

/** A hello carries no more. */
const CHARACTERS = 64

/** Some browsers ask somebody before they tell; nobody is waited for. */
const MODEL_MS = 500

export interface Told {
  userAgent: string
  /** A Mac has none; an iPad says that it is a Mac, and has some. */
  maxTouchPoints: number
  /** Like `Pixel 7`; told on secure origins by some browsers. */
  model?: string | undefined
}

/** Names that stand beside others in an agent come first: Edge says Chrome, Chrome says Safari. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(OPR|OPT|OPX)\//, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bDuckDuckGo\/|\bDdg\//, 'DuckDuckGo'],
  [/\b(Firefox|FxiOS|Focus)\//, 'Firefox'],
  [/\b(Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const THINGS: readonly [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/iPod/, 'iPod'],
  [/Android/, 'Android'],
  [/CrOS/, 'Chromebook'],
  [/Windows/, 'Windows'],
  [/Macintosh/, 'Mac'],
  [/Linux|X11/, 'Linux'],
]

/** Like `Chrome on Pixel 7`, `Safari on iPad`. */
export function deviceName({ userAgent, maxTouchPoints, model = '' }: Told): string {
  const first = (names: readonly [RegExp, string][]) => names.find(([sign]) => sign.test(userAgent))?.[1]
  const said = first(THINGS)
  // iPadOS asks for desktop pages (since 13); no Mac has a touch screen.
  const thing = model || (said === 'Mac' && maxTouchPoints > 1 ? 'iPad' : said)
  const browser = first(BROWSERS)
  return oneLine(browser && thing ? `${browser} on ${thing}` : (thing ?? browser ?? 'Browser'), CHARACTERS)
}

interface AgentData {
  getHighEntropyValues?(hints: string[]): Promise<{ model?: unknown }>
}

export async function thisDevice(): Promise<string> {
  const { userAgent, maxTouchPoints, userAgentData } = navigator as Navigator & { userAgentData?: AgentData }
  const asked = userAgentData?.getHighEntropyValues?.(['model']).catch(() => undefined)
  const late = new Promise<undefined>(resolve => setTimeout(resolve, MODEL_MS))
  const model = (await Promise.race([asked, late]))?.model
  return deviceName({ userAgent, maxTouchPoints, model: typeof model === 'string' ? model : undefined })
}
