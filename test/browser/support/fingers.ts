// Touch input with several fingers, through Chromium's own protocol.
import type { CDPSession } from '@playwright/test'
import type { Phone } from './phone.ts'

export interface Point {
  x: number
  y: number
}

/** Longer than a long press. */
const HOLD_MS = 600

/** The time between two touch events, as on a 60 Hz screen. */
const FRAME_MS = 16

/** Events carry their own timestamps, so that velocities do not depend on the machine's speed. */
export class Fingers {
  readonly #phone: Phone
  #cdp: CDPSession | undefined
  #now = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(phone: Phone) {
    this.#phone = phone
  }

  /** Returns before the page has handled it: on a slow machine, waiting would turn a short touch into a long press. */
  async down(...spots: Point[]): Promise<void> {
    this.#cdp ??= await this.#phone.page.context().newCDPSession(this.#phone.page)
    this.#now = Math.max(this.#now, Date.now())
    this.#send('touchStart', spots)
  }

  /** Waits until the page has handled all events. */
  async handled(): Promise<void> {
    await this.#last
  }

  async moveTo(...spots: Point[]): Promise<void> {
    this.#now += FRAME_MS
    await this.#send('touchMove', spots)
  }

  /** `rested`: milliseconds without movement before the fingers are lifted. `remaining`: the fingers that stay down. */
  async up({ rested = 8, remaining = [] }: { rested?: number; remaining?: Point[] } = {}): Promise<void> {
    this.#now += rested
    await this.#send('touchEnd', remaining)
  }

  /** Moves one finger, one frame per step. */
  async move(from: Point, to: Point, { steps = 10 } = {}): Promise<void> {
    for (let step = 1; step <= steps; step++) {
      const part = step / steps
      await this.moveTo({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part })
    }
  }

  /** Holds one finger for a long press; it stays down. */
  async hold(spot: Point): Promise<void> {
    await this.down(spot)
    await this.#last
    // The duration of the press is what is tested.
    await this.#phone.page.waitForTimeout(HOLD_MS)
    this.#now += HOLD_MS
  }

  /** Pinches around `at` to `scale` times the initial distance; the fingers stay down. */
  async spread(at: Point, scale: number, apart = 120): Promise<void> {
    const two = (width: number): [Point, Point] => [
      { x: at.x - width / 2, y: at.y },
      { x: at.x + width / 2, y: at.y },
    ]
    await this.down(...two(apart))
    for (let step = 1; step <= 8; step++) await this.moveTo(...two(apart * (1 + ((scale - 1) * step) / 8)))
  }

  /** Taps twice with two fingers. */
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

/** The center of the cell where `text` begins on the screen, plus `further` cells. */
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
