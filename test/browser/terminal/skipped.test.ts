// A page that cannot keep up with a session's output.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../support/phone.ts'

test('a page that fell behind skips to the present screen, and says how much it did not show', async ({
  phone,
  host,
}) => {
  await phone.open()
  await phone.newSession()
  await phone.run('until [ -e go ]; do sleep 0.02; done; seq 500000; echo all printed; touch printed')
  const debug = await phone.page.context().newCDPSession(phone.page)
  await debug.send('Debugger.enable')
  const paused = new Promise(resolve => debug.once('Debugger.paused', resolve))
  await debug.send('Debugger.pause')
  writeFileSync(join(host.home, 'go'), '')
  await paused
  await expect.poll(() => existsSync(join(host.home, 'printed')), { timeout: 30_000 }).toBe(true)
  await debug.send('Debugger.resume')
  await debug.detach()
  await phone.shows(/^all printed$/m)
  await expect(
    phone.page.getByText(
      /^\d.* of output came too fast to be shown here and was skipped\. The session’s recording has it\.$/,
    ),
  ).toBeVisible()
  await phone.screenshot('skipped')
  await phone.page.getByRole('button', { name: 'Dismiss' }).tap()
  await expect(phone.page.getByText('was skipped')).toHaveCount(0)
})
