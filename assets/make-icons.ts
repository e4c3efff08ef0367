// Draws every PNG in this folder from its SVG, in Chromium: `node assets/make-icons.ts [path of a Chromium]`.
// Knows nothing of who uses them; run it after changing an SVG and commit what it wrote.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'

const here = import.meta.dirname

// electron-builder takes Linux icons from a folder by these names, and makes .icns and .ico from the largest.
const drawn: [svg: string, png: string, size: number][] = [16, 22, 24, 32, 48, 64, 128, 256, 512, 1024].map(size => [
  'icon.svg',
  `icons/${size}x${size}.png`,
  size,
])
drawn.push(['icon.svg', 'icon.png', 512])
// Electron finds the larger ones for denser screens by the ending of their names.
drawn.push(['tray/tray.svg', 'tray/tray.png', 24], ['tray/tray.svg', 'tray/tray@2x.png', 48])
drawn.push(['tray/trayTemplate.svg', 'tray/trayTemplate.png', 16])
drawn.push(['tray/trayTemplate.svg', 'tray/trayTemplate@2x.png', 32])
// With a mark: a session rang, or a phone waits.
drawn.push(['tray/trayAttention.svg', 'tray/trayAttention.png', 24], ['tray/trayAttention.svg', 'tray/trayAttention@2x.png', 48])
drawn.push(['tray/trayAttentionTemplate.svg', 'tray/trayAttentionTemplate.png', 16])
drawn.push(['tray/trayAttentionTemplate.svg', 'tray/trayAttentionTemplate@2x.png', 32])

// The phone's page, for home screens: by themselves, and filling whatever shape a system cuts out.
const page_icons = '../web-client/public/icons'
drawn.push(['icon.svg', `${page_icons}/192.png`, 192], ['icon.svg', `${page_icons}/512.png`, 512])
drawn.push(['icon-full.svg', `${page_icons}/maskable.png`, 512], ['icon-full.svg', `${page_icons}/apple-touch-icon.png`, 180])

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage()
mkdirSync(join(here, 'icons'), { recursive: true })
for (const [svg, png, size] of drawn) {
  await page.setViewportSize({ width: size, height: size })
  const image = readFileSync(join(here, svg)).toString('base64')
  await page.setContent(
    `<style>body{margin:0}img{display:block;width:${size}px;height:${size}px}</style><img src="data:image/svg+xml;base64,${image}">`,
  )
  await page.locator('img').evaluate(img => (img as HTMLImageElement).decode())
  await page.screenshot({ path: join(here, png), omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } })
}
await browser.close()
