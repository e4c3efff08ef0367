// Fingers on the phone's glass, as Chromium's own touch input. Knows nothing of what is under them.
import type { CDPSession } from '@playwright/test'
import type { Phone } from './phone.ts'

export interface Spot {
  x: number
  y: number
}

/** Longer than any press that selects. */
const HOLD_MS = 600

export class Fingers {
  readonly #phone: Phone
  #cdp: CDPSession | undefined

  constructor(phone: Phone) {
    this.#phone = phone
  }

  async down(...spots: Spot[]): Promise<void> {
    await this.#send('touchStart', spots)
  }

  async to(...spots: Spot[]): Promise<void> {
    await this.#send('touchMove', spots)
  }

  async up(): Promise<void> {
    await this.#send('touchEnd', [])
  }

  /** One finger, in steps with this much time between them. */
  async go(from: Spot, to: Spot, { steps = 10, ms = 0 } = {}): Promise<void> {
    for (let step = 1; step <= steps; step++) {
      const part = step / steps
      await this.to({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part })
      if (ms > 0) await this.#phone.page.waitForTimeout(ms)
    }
  }

  /** One finger rests until it selects, and stays. */
  async hold(spot: Spot): Promise<void> {
    await this.down(spot)
    // The time that a finger rests is what is tested.
    await this.#phone.page.waitForTimeout(HOLD_MS)
  }

  /** Two fingers around a place come apart (or together) to `scale` times their distance; they stay. */
  async spread(at: Spot, scale: number, apart = 120): Promise<void> {
    const two = (width: number): [Spot, Spot] => [
      { x: at.x - width / 2, y: at.y },
      { x: at.x + width / 2, y: at.y },
    ]
    await this.down(...two(apart))
    for (let step = 1; step <= 8; step++) await this.to(...two(apart * (1 + ((scale - 1) * step) / 8)))
  }

  async twoTap(at: Spot): Promise<void> {
    await this.down({ x: at.x - 40, y: at.y }, { x: at.x + 40, y: at.y })
    await this.up()
  }

  async #send(type: 'touchStart' | 'touchMove' | 'touchEnd', spots: Spot[]): Promise<void> {
    this.#cdp ??= await this.#phone.page.context().newCDPSession(this.#phone.page)
    const touchPoints = spots.map(({ x, y }, id) => ({ x, y, id }))
    await this.#cdp.send('Input.dispatchTouchEvent', { type, touchPoints })
  }
}

/** The middle of the cell in which `text` begins on the screen, and so many characters further. */
export async function cellOf(phone: Phone, text: string, further = 0): Promise<Spot> {
  const rows = await phone.rows()
  const row = rows.findIndex(line => line.includes(text))
  if (row < 0) throw new Error(`${text} is not on the screen`)
  return cell(phone, rows[row]!.indexOf(text) + further, row)
}

export async function cell(phone: Phone, column: number, row: number): Promise<Spot> {
  const [cols, rows] = (await phone.ptySize()).split('x').map(Number) as [number, number]
  const { x, y, width, height } = (await phone.page.locator('.xterm-screen').boundingBox())!
  return { x: x + ((column + 0.5) / cols) * width, y: y + ((row + 0.5) / rows) * height }
}
