// Proposes a name for this phone from what its browser reports. The desktop shows it and can change it.
import { oneLine } from '../../protocol/one-line.ts'

/** The limit of a `hello` message. */
const MAX_CHARACTERS = 64

/** How long to wait for the model: some browsers ask the user before they report it. */
const MODEL_MS = 500

export interface BrowserInfo {
  userAgent: string
  /** 0 on a Mac; more on an iPad, which reports itself as a Mac. */
  maxTouchPoints: number
  /** Like `Pixel 7`; some browsers report it on secure origins. */
  model?: string | undefined
}

/** Most specific first: Edge's user agent contains "Chrome", Chrome's contains "Safari". */
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

const DEVICES: readonly [RegExp, string][] = [
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
export function deviceName({ userAgent, maxTouchPoints, model = '' }: BrowserInfo): string {
  const first = (names: readonly [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent))?.[1]
  const device = first(DEVICES)
  // iPadOS requests desktop pages (since 13); no Mac has a touch screen.
  const deviceLabel = model || (device === 'Mac' && maxTouchPoints > 1 ? 'iPad' : device)
  const browser = first(BROWSERS)
  return oneLine(
    browser && deviceLabel ? `${browser} on ${deviceLabel}` : (deviceLabel ?? browser ?? 'Browser'),
    MAX_CHARACTERS,
  )
}

interface UserAgentData {
  getHighEntropyValues?(hints: string[]): Promise<{ model?: unknown }>
}

export async function proposeDeviceName(): Promise<string> {
  const { userAgent, maxTouchPoints, userAgentData } = navigator as Navigator & { userAgentData?: UserAgentData }
  const hints = userAgentData?.getHighEntropyValues?.(['model']).catch(() => undefined)
  const timeout = new Promise<undefined>(resolve => setTimeout(resolve, MODEL_MS))
  const model = (await Promise.race([hints, timeout]))?.model
  return deviceName({ userAgent, maxTouchPoints, model: typeof model === 'string' ? model : undefined })
}
