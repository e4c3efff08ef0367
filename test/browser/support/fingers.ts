// Fingers on the phone's glass, as Chromium's own touch input. Knows nothing of what is under them.
import type { CDPSession } from '@playwright/test'
import type { Phone } from './phone.ts'

export interface Point {
  x: number
  y: number
}

/** Longer than any press that selects. */
const HOLD_MS = 600

/** A screen's time between two places of a finger. */
const FRAME_MS = 16

/** Fingers have a clock of their own: how fast they were is told by their events, however slow the machine is. */
export class Fingers {
  readonly #phone: Phone
  #cdp: CDPSession | undefined
  #now = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(phone: Phone) {
    this.#phone = phone
  }

  /** Returns before the page has heard of it, or a slow machine would make a long press of what only moves a moment later. */
  async down(...spots: Point[]): Promise<void> {
    this.#cdp ??= await this.#phone.page.context().newCDPSession(this.#phone.page)
    this.#now = Math.max(this.#now, Date.now())
    this.#send('touchStart', spots)
  }

  /** Until the page has dealt with what they did. */
  async handled(): Promise<void> {
    await this.#last
  }

  async moveTo(...spots: Point[]): Promise<void> {
    this.#now += FRAME_MS
    await this.#send('touchMove', spots)
  }

  /** `rested`: milliseconds for which they did not move before they left. */
  async up({ rested = 8 } = {}): Promise<void> {
    this.#now += rested
    await this.#send('touchEnd', [])
  }

  /** One finger, a frame for each step. */
  async move(from: Point, to: Point, { steps = 10 } = {}): Promise<void> {
    for (let step = 1; step <= steps; step++) {
      const part = step / steps
      await this.moveTo({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part })
    }
  }

  /** One finger rests until it selects, and stays. */
  async hold(spot: Point): Promise<void> {
    await this.down(spot)
    await this.#last
    // The time that a finger rests is what is tested.
    await this.#phone.page.waitForTimeout(HOLD_MS)
    this.#now += HOLD_MS
  }

  /** Two fingers around a place come apart (or together) to `scale` times their distance; they stay. */
  async spread(at: Point, scale: number, apart = 120): Promise<void> {
    const two = (width: number): [Point, Point] => [
      { x: at.x - width / 2, y: at.y },
      { x: at.x + width / 2, y: at.y },
    ]
    await this.down(...two(apart))
    for (let step = 1; step <= 8; step++) await this.moveTo(...two(apart * (1 + ((scale - 1) * step) / 8)))
  }

  /** Two fingers, twice. */
  async twoFingerDoubleTap(at: Point): Promise<void> {
    for (let times = 0; times < 2; times++) {
      this.#now += 100
      await this.down({ x: at.x - 40, y: at.y }, { x: at.x + 40, y: at.y })
      await this.up()
    }
  }

  #send(type: 'touchStart' | 'touchMove' | 'touchEnd', spots: Point[]): Promise<unknown> {
    const touchPoints = spots.map(({ x, y }, id) => ({ x, y, id }))
    const sent = this.#cdp!.send('Input.dispatchTouchEvent', { type, touchPoints, timestamp: this.#now / 1000 })
    this.#last = sent
    return sent
  }
}

/** The middle of the cell in which `text` begins on the screen, and so many characters further. */
export async function cellOf(phone: Phone, text: string, further = 0): Promise<Point> {
  const rows = await phone.rows()
  const row = rows.findIndex(line => line.includes(text))
  if (row < 0) throw new Error(`${text} is not on the screen`)
  return cell(phone, rows[row]!.indexOf(text) + further, row)
}

export async function cell(phone: Phone, column: number, row: number): Promise<Point> {
  const [cols, rows] = (await phone.ptySize()).split('x').map(Number) as [number, number]
  const { x, y, width, height } = (await phone.page.locator('.xterm-screen').boundingBox())!
  return { x: x + ((column + 0.5) / cols) * width, y: y + ((row + 0.5) / rows) * height }
}
