// The terminal drawn with WebGL, and with the DOM after the phone took the context away.

import config from '../playwright.config.ts'
import { expect, test } from '../support/phone.ts'

const launch = config.use?.launchOptions ?? {}

// One device pixel per CSS pixel: xterm.js's WebGL renderer misjudges an emulated scale.
test.use({
  deviceScaleFactor: 1,
  launchOptions: {
    ...launch,
    args: [
      ...(launch.args ?? []).filter(one => !/disable-3d-apis|disable-gpu/.test(one)),
      '--force-device-scale-factor=1',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--ignore-gpu-blocklist',
    ],
  },
})

test('draws with WebGL if it is available, and with the DOM after its context was lost', async ({ phone }) => {
  // WebGL is emulated here, which the page would reject as slow.
  await phone.page.addInitScript(() => {
    const original = HTMLCanvasElement.prototype.getContext
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, options?: object) {
      return original.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false })
    } as typeof original
  })
  await phone.open()
  await phone.page.getByRole('button', { name: 'New session' }).tap()
  const canvas = phone.page.locator('.xterm-screen > canvas:not(.xterm-link-layer)')
  await expect(canvas).toHaveCount(1)
  await expect(phone.page.locator('.catching-up')).toHaveCount(0)
  await phone.run('seq 1 5; printf "\\e[42m drawn by WebGL \\e[0m\\n"')
  await phone.page.waitForTimeout(1000)
  const [cols] = (await phone.ptySize()).split('x').map(Number)
  expect(cols, 'measured with the cells of this renderer').toBe(51)
  await phone.screenshot('webgl')
  await canvas.evaluate((element: HTMLCanvasElement) =>
    element.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext(),
  )
  await phone.shows('drawn by WebGL')
  await expect(canvas).toHaveCount(0)
  await phone.matchesHost()
})
