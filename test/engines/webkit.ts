// Debian's WebKitGTK over plain WebDriver: the closest to iOS Safari on Linux.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Engine, HOLD_MS, until } from './engine.ts'

export const WEBKIT_DRIVER = process.env.OTG_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver'
export const minibrowser = (): string | undefined =>
  process.env.OTG_MINIBROWSER ?? globSync('/usr/lib/*/webkit2gtk-4.1/MiniBrowser').find(path => existsSync(path))

/** WebDriver's code for the Enter key. */
const ENTER = '\ue007'

export class WebKit implements Engine {
  readonly name = 'webkit'
  /** WebDriver reports none. */
  readonly problems = []
  readonly #driver: ChildProcess
  readonly #session: string

  private constructor(driver: ChildProcess, session: string) {
    this.#driver = driver
    this.#session = session
  }

  static async start(): Promise<WebKit> {
    const port = await freePort()
    const driver = spawn(WEBKIT_DRIVER, [`--port=${port}`, '--host=127.0.0.1'], { stdio: 'ignore' })
    // An aborted test run must not leave a browser behind.
    process.once('exit', () => driver.kill())
    const root = `http://127.0.0.1:${port}`
    try {
      await until('WebKitWebDriver answers', () =>
        fetch(`${root}/status`).then(
          answer => answer.ok,
          () => false,
        ),
      )
      const options = { binary: minibrowser(), args: ['--automation'] }
      const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } }
      const { sessionId } = (await ask('POST', `${root}/session`, { capabilities })) as { sessionId: string }
      const webkit = new WebKit(driver, `${root}/session/${sessionId}`)
      // As narrow as a window can be without a window manager.
      await webkit.#ask('POST', '/window/rect', { width: 412, height: 839 })
      return webkit
    } catch (error) {
      driver.kill()
      throw error
    }
  }

  #ask(method: string, path: string, body?: object): Promise<unknown> {
    return ask(method, `${this.#session}${path}`, body)
  }

  async goto(url: string): Promise<void> {
    await this.#ask('POST', '/url', { url })
  }

  async reload(): Promise<void> {
    await this.#ask('POST', '/refresh', {})
  }

  async evaluate<T, A extends unknown[]>(run: (...args: A) => T, ...args: A): Promise<T> {
    const script = `return (${run}).apply(null, arguments)`
    return (await this.#ask('POST', '/execute/sync', { script, args })) as T
  }

  async tapAt(x: number, y: number): Promise<void> {
    const actions = [
      { type: 'pointerMove', x, y, duration: 0 },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ]
    const pointer = { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }
    await this.#ask('POST', '/actions', { actions: [pointer] })
  }

  async type(text: string): Promise<void> {
    const actions = [...text].flatMap(value => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ])
    await this.#ask('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
  }

  async enter(): Promise<void> {
    await this.type(ENTER)
  }

  /** There is no touch screen, so the page is told that there is one. */
  async hold(x: number, y: number): Promise<void> {
    const tell = (type: string, x: number, y: number, down: boolean) => {
      const target = document.elementFromPoint(x, y)
      const finger = { identifier: 1, target, clientX: x, clientY: y, pageX: x, pageY: y, screenX: x, screenY: y }
      const touches = down ? [finger] : []
      const event = new Event(type, { bubbles: true, cancelable: true, composed: true })
      target?.dispatchEvent(Object.assign(event, { touches, targetTouches: touches, changedTouches: [finger] }))
    }
    await this.evaluate(tell, 'touchstart', x, y, true)
    await pause(HOLD_MS)
    await this.evaluate(tell, 'touchend', x, y, false)
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from((await this.#ask('GET', '/screenshot')) as string, 'base64')
  }

  async close(): Promise<void> {
    await this.#ask('DELETE', '').finally(() => this.#driver.kill())
  }
}

async function ask(method: string, url: string, body?: object): Promise<unknown> {
  const answer = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
  const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null }
  if (!answer.ok) throw new Error(`${method} ${url}: ${value?.error}: ${value?.message}`)
  return value
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
