// Exported recordings in asciinema's own player.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../support/phone.ts'

const PLAYER = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'asciinema-player', 'dist', 'bundle')

for (const format of ['cast', 'cast3'] as const)
  test(`a session exported as ${format} plays in asciinema-player to its last screen`, async ({ host, page }) => {
    const { desktop } = host
    const command = ['/bin/sh', '-c', 'printf "\\033[1;32mgrün\\033[m …\\r\\n"; sleep 0.3; echo "└─ the last line"']
    const { session_id } = await desktop.create({ command, size: { cols: 60, rows: 8 } })
    const state = async () => (await desktop.list()).find(one => one.session_id === session_id)?.state
    await expect.poll(state).toBe('exited')
    const parts: Uint8Array[] = []
    await desktop.history.export(session_id, { format }, part => void parts.push(part))
    const data = Buffer.concat(parts).toString()

    await page.setContent('<!doctype html><div id="player"></div>')
    await page.addStyleTag({ content: readFileSync(join(PLAYER, 'asciinema-player.css'), 'utf8') })
    await page.addScriptTag({ path: join(PLAYER, 'asciinema-player.min.js') })
    await page.evaluate(text => {
      const { AsciinemaPlayer } = window as unknown as { AsciinemaPlayer: Player }
      const player = AsciinemaPlayer.create({ data: text }, document.getElementById('player')!, {
        speed: 10,
        terminalFontFamily: 'monospace',
      })
      const ended = new Promise<void>(resolve => player.addEventListener('ended', resolve))
      Object.assign(window, { player, ended })
      void player.play()
    }, data)
    await page.evaluate(() => (window as unknown as { ended: Promise<void> }).ended)
    expect(await page.evaluate(() => (window as unknown as { player: Playing }).player.getDuration())).toBeGreaterThan(
      0.2,
    )
    // The player draws in the next frame.
    const lines = async () => {
      const all = await page.locator('#player .ap-line').allTextContents()
      return all.map(line => line.trimEnd()).filter(line => line !== '')
    }
    await expect.poll(lines).toEqual(['grün …', '└─ the last line'])
    await expect(page.locator('#player .ap-line .ap-bold')).toHaveText('grün ')
  })

interface Playing {
  addEventListener(name: string, listener: () => void): void
  play(): Promise<void>
  getDuration(): number
}
interface Player {
  create(source: { data: string }, element: HTMLElement, options: object): Playing
}
