// Draws all PNG icons from their SVGs in Chromium. Run `node assets/make-icons.ts [path of a Chromium]` after changing an
// SVG, and commit the result.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'

const here = import.meta.dirname

// electron-builder finds Linux icons by these names, and makes .icns and .ico from the largest.
const icons: [svg: string, png: string, size: number][] = [16, 22, 24, 32, 48, 64, 128, 256, 512, 1024].map(size => [
  'icon.svg',
  `icons/${size}x${size}.png`,
  size,
])
icons.push(['icon.svg', 'icon.png', 512])
// Electron chooses the larger ones for dense screens by the suffix of their names.
icons.push(['tray/tray.svg', 'tray/tray.png', 24], ['tray/tray.svg', 'tray/tray@2x.png', 48])
icons.push(['tray/trayTemplate.svg', 'tray/trayTemplate.png', 16])
icons.push(['tray/trayTemplate.svg', 'tray/trayTemplate@2x.png', 32])
// With a dot: a session needs attention, or a phone waits for approval.
icons.push(['tray/trayAttention.svg', 'tray/trayAttention.png', 24], ['tray/trayAttention.svg', 'tray/trayAttention@2x.png', 48])
icons.push(['tray/trayAttentionTemplate.svg', 'tray/trayAttentionTemplate.png', 16])
icons.push(['tray/trayAttentionTemplate.svg', 'tray/trayAttentionTemplate@2x.png', 32])

// Home screen icons of the phone's page: plain, and full-bleed for systems that cut out a shape.
const pageIcons = '../web-client/public/icons'
icons.push(['icon.svg', `${pageIcons}/192.png`, 192], ['icon.svg', `${pageIcons}/512.png`, 512])
icons.push(['icon-full.svg', `${pageIcons}/maskable.png`, 512], ['icon-full.svg', `${pageIcons}/apple-touch-icon.png`, 180])

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage()
mkdirSync(join(here, 'icons'), { recursive: true })
for (const [svg, png, size] of icons) {
  await page.setViewportSize({ width: size, height: size })
  const image = readFileSync(join(here, svg)).toString('base64')
  await page.setContent(
    `<style>body{margin:0}img{display:block;width:${size}px;height:${size}px}</style><img src="data:image/svg+xml;base64,${image}">`,
  )
  await page.locator('img').evaluate(img => (img as HTMLImageElement).decode())
  await page.screenshot({ path: join(here, png), omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } })
}
await browser.close()
