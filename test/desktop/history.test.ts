// The history in the window: what was printed is found, sessions are listed and filtered. Knows no player.
import { expect, expectShown, picture, startSession, test } from './support/app.ts'

test('what was printed is found with what is around it, and its moment is shown', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  await page.keyboard.type(
    'for i in 1 2 3 4 5 6 7 8; do echo "step $i of the build"; sleep 0.2; done; clear; echo done\n',
  )
  await expectShown(page, /^done/)
  await page.keyboard.press('Control+Shift+H')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await picture(page, 'history')
  await page.keyboard.type('step 5')
  const hit = page.locator('.hit').first()
  await expect(hit).toContainText('step 5 of the build')
  await picture(page, 'history-found')
  await hit.click()
  await expectShown(page, /step 5 of the build/)
  await page.screenshot({ path: 'test-output/rec.png' })
  await picture(page, 'recording')
})
