// What the tests need from a browser engine.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findTerminal } from '../support/terminal/cells.ts'

const SCREENSHOTS = join(import.meta.dirname, '..', '..', 'test-output', 'screenshots')

/** A browser with one window. */
export interface Engine {
  readonly name: string
  /** Errors in the page's console, as far as the engine reports them. */
  readonly problems: string[]
  goto(url: string): Promise<void>
  reload(): Promise<void>
  /** Runs in the page; arguments and result are JSON. */
  evaluate<T, A extends unknown[]>(run: (...args: A) => T, ...args: A): Promise<T>
  /** Taps or clicks at this point of the page, whichever the engine supports. */
  tapAt(x: number, y: number): Promise<void>
  type(text: string): Promise<void>
  enter(): Promise<void>
  /** A long press at this point. */
  hold(x: number, y: number): Promise<void>
  /** A screenshot of the page, as PNG. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

/** Longer than a long press. */
export const HOLD_MS = 800

/** How long to wait for something to appear. */
const PATIENCE_MS = 15_000

/** Waits until the condition is true; `what` names it in the error. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    if (await isTrue()) return
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await pause(50)
  }
}

/** The phone's page in one of the engines. */
export class EnginePhone {
  readonly engine: Engine

  constructor(engine: Engine) {
    this.engine = engine
  }

  /** Opens a pairing address and waits for access. */
  async open(address: string): Promise<void> {
    await this.engine.goto(address)
    await this.sees('New session')
  }

  /** Waits until the page shows this text, or a button with this name. */
  async sees(text: string): Promise<void> {
    let page = ''
    try {
      await until(`the page says ${text}`, async () => {
        page = await this.engine.evaluate(() => {
          const names = [...document.querySelectorAll('button')].map(button => button.ariaLabel ?? '')
          return `${document.body.innerText}\n${names.join('\n')}`
        })
        return page.includes(text)
      })
    } catch (cause) {
      throw new Error(`the page never said "${text}" but:\n${page}`, { cause })
    }
  }

  /** Taps the button with this name once it is enabled, and rests where it is seen: dialogs slide in, and what is above it may grow. */
  async tap(name: string): Promise<void> {
    let at: { x: number; y: number } | null = null
    await until(`there is a button ${name}`, async () => {
      const before: { x: number; y: number } | null = at
      at = await this.engine.evaluate(name => {
        for (const button of document.querySelectorAll('button')) {
          if ((button.ariaLabel ?? button.innerText).trim() !== name || button.disabled) continue
          const { left, top, width, height } = button.getBoundingClientRect()
          const x = Math.round(left + width / 2)
          const y = Math.round(top + height / 2)
          if (width > 0 && button.contains(document.elementFromPoint(x, y))) return { x, y }
        }
        return null
      }, name)
      return at !== null && before !== null && at.x === before.x && at.y === before.y
    })
    const { x, y } = at as unknown as { x: number; y: number }
    await this.engine.tapAt(x, y)
  }

  /** Makes the page treat the engine's mouse as a touch screen, in style sheets and scripts. */
  async takesFingers(): Promise<void> {
    await this.engine.evaluate(() => {
      if (matchMedia('(pointer: coarse)').matches) return
      const finger = (media: string) =>
        media
          .replaceAll(/\((?:any-)?(?:hover: none|pointer: coarse)\)/g, '(min-width: 0)')
          .replaceAll(/\((?:any-)?(?:hover: hover|pointer: fine)\)/g, '(max-width: 0)')
      const ask = matchMedia.bind(window)
      window.matchMedia = media => ask(finger(media))
      for (const { cssRules } of document.styleSheets)
        for (const rule of cssRules)
          if (rule instanceof CSSMediaRule) rule.media.mediaText = finger(rule.media.mediaText)
    })
  }

  async newSession(): Promise<void> {
    await this.tap('New session')
    await this.shows('$')
  }

  async tapTerminal(): Promise<void> {
    const { x, y } = await this.engine.evaluate(() => {
      const { left, top } = document.querySelector('.xterm-screen')!.getBoundingClientRect()
      return { x: Math.round(left + 60), y: Math.round(top + 60) }
    })
    await this.engine.tapAt(x, y)
  }

  /** A point within the first letters of the last line that begins like this. */
  async placeOf(text: string): Promise<{ x: number; y: number }> {
    const row = (await this.screen()).split('\n').findLastIndex(line => line.startsWith(text))
    return this.engine.evaluate(row => {
      const { left, top, width, height } = document.querySelector('.xterm-screen')!.getBoundingClientRect()
      const { cols, rows } = window.otgTerminal!
      return { x: Math.round(left + (2.5 * width) / cols), y: Math.round(top + ((row + 0.5) * height) / rows) }
    }, row)
  }

  async run(command: string): Promise<void> {
    await this.engine.type(command)
    await this.engine.enter()
  }

  /** The terminal's rows, however the engine renders them; empty while they are hidden. */
  async screen(): Promise<string> {
    const isSeen = await this.engine.evaluate(
      () => document.querySelector('.xterm') !== null && document.querySelector('.catching-up') === null,
    )
    if (!isSeen || !(await this.engine.evaluate(findTerminal))) return ''
    return this.engine.evaluate(() => {
      const { buffer, rows } = window.otgTerminal!
      const { active } = buffer
      const lines = Array.from({ length: rows }, (_, y) =>
        active.getLine(active.viewportY + y)!.translateToString(true),
      )
      return lines
        .map(line => line.trimEnd())
        .join('\n')
        .trimEnd()
    })
  }

  async shows(what: string | RegExp): Promise<void> {
    let screen = ''
    try {
      await until('', async () => {
        screen = await this.screen()
        return typeof what === 'string' ? screen.includes(what) : what.test(screen)
      })
    } catch (cause) {
      throw new Error(`the terminal never showed ${what} but:\n${screen}`, { cause })
    }
  }

  /** Waits until the screen is exactly this text. */
  async showsExactly(wanted: string): Promise<void> {
    let screen = ''
    try {
      await until('', async () => {
        screen = await this.screen()
        return screen === wanted
      })
    } catch (cause) {
      throw new Error(`the terminal never showed:\n${wanted}\n--- but:\n${screen}`, { cause })
    }
  }

  async picture(name: string): Promise<void> {
    await until('what moves has come to rest', () =>
      this.engine.evaluate(() =>
        document
          .getAnimations()
          .every(
            one =>
              one.playState !== 'running' || one.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY,
          ),
      ),
    )
    mkdirSync(SCREENSHOTS, { recursive: true })
    writeFileSync(join(SCREENSHOTS, `${this.engine.name}-${name}.png`), await this.engine.screenshot())
  }
}
