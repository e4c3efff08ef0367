import { expectShown, shownText, screenshots, test } from './support/app.ts'
test('debug', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  page.on('console', m => console.log('console', m.text()))
  page.on('pageerror', e => console.log('pageerror', e.stack))
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectShown(page, /\$/)
  await page.keyboard.type('echo hi\n')
  await page.waitForTimeout(1000)
  console.log(await page.evaluate(() => document.activeElement?.outerHTML), JSON.stringify(await shownText(page)))
  console.log((await page.locator('.pane').innerHTML()).slice(0, 3000))
  await page.screenshot({ path: `${screenshots}/debug.png` })
})
