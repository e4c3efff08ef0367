// A Chromium without Playwright, which makes all pages visible, while Chromium freezes only hidden ones. Implements the small
// part of the DevTools protocol that the tests need.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'

interface Reply {
  id?: number
  result?: Record<string, unknown>
  error?: { message: string }
}

export class PlainBrowser {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #pending = new Map<number, (reply: Reply) => void>()
  #socket: WebSocket | undefined
  #nextId = 1

  private constructor(executable: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'otg-chromium-'))
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-3d-apis', '--no-first-run']
    const rest = ['--remote-debugging-port=0', `--user-data-dir=${this.#folder}`, 'about:blank']
    this.#process = spawn(executable, [...flags, ...rest], { stdio: ['ignore', 'ignore', 'pipe'] })
  }

  static async start(executable: string): Promise<PlainBrowser> {
    const browser = new PlainBrowser(executable)
    const url = await new Promise<string>((resolve, reject) => {
      let output = ''
      browser.#process.stderr?.on('data', (bytes: Buffer) => {
        output += bytes.toString()
        const found = /DevTools listening on (ws:\S+)/.exec(output)
        if (found) resolve(found[1]!)
      })
      browser.#process.once('exit', () => reject(new Error(`Chromium did not start: ${output}`)))
    })
    const socket = new WebSocket(url)
    await new Promise(resolve => socket.once('open', resolve))
    socket.on('message', (bytes: Buffer) => {
      const reply = JSON.parse(bytes.toString()) as Reply
      if (reply.id !== undefined) browser.#pending.get(reply.id)?.(reply)
    })
    browser.#socket = socket
    return browser
  }

  /** Opens a page and brings it to the front. */
  async open(url: string): Promise<PlainPage> {
    const { targetId } = await this.send('Target.createTarget', { url })
    await this.send('Target.activateTarget', { targetId })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    return new PlainPage(this, targetId as string, sessionId as string)
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, ({ result, error }) => {
        this.#pending.delete(id)
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result ?? {})
      })
      this.#socket?.send(JSON.stringify({ id, method, params, sessionId }))
    })
  }

  async stop(): Promise<void> {
    this.#socket?.close()
    const exited = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await exited
    // Its helper processes may still write files.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

export class PlainPage {
  readonly #browser: PlainBrowser
  readonly #target: string
  readonly #session: string

  constructor(browser: PlainBrowser, target: string, session: string) {
    this.#browser = browser
    this.#target = target
    this.#session = session
  }

  /** The value of an expression in the page; undefined while it cannot be evaluated. */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, returnByValue: true, awaitPromise: true, userGesture: true }
    const sent = this.#browser.send('Runtime.evaluate', params, this.#session)
    const reply = await sent.catch((error: Error) => {
      if (error.message.includes('execution context')) return undefined
      throw error
    })
    return (reply?.result as { value?: unknown } | undefined)?.value
  }

  /** Types into the focused element. */
  async type(text: string): Promise<void> {
    for (const character of text) {
      const key =
        character === '\n'
          ? { key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 }
          : character === '\u0004'
            ? { key: 'd', code: 'KeyD', modifiers: 2, windowsVirtualKeyCode: 68 }
            : { key: character, text: character }
      await this.#browser.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key }, this.#session)
      await this.#browser.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key, text: undefined }, this.#session)
    }
  }

  /** Taps the middle of the first element that matches, where a finger would. */
  async tap(selector: string): Promise<void> {
    const middle = `(() => {
      const { left, top, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect()
      return { x: left + width / 2, y: top + height / 2 }
    })()`
    const point = await this.evaluate(middle)
    await this.#browser.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] }, this.#session)
    await this.#browser.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] }, this.#session)
  }

  async toFront(): Promise<void> {
    await this.#browser.send('Target.activateTarget', { targetId: this.#target })
  }

  async lifecycle(state: 'frozen' | 'active'): Promise<void> {
    await this.#browser.send('Page.setWebLifecycleState', { state }, this.#session)
  }

  /** The terminal's rows, without trailing blanks. */
  async screen(): Promise<string> {
    const rows = (await this.evaluate(
      "[...document.querySelectorAll('.xterm-rows > div')].map(row => row.textContent)",
    )) as string[]
    return rows
      .map(row => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd()
  }
}
