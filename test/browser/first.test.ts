// A shell in a phone's browser: started, typed into, used with real programs. Knows nothing of drops or hostile input.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from './phone.ts'

test('an address opens the list, and one tap starts a shell that can be typed into', async ({ phone }) => {
  await phone.open()
  await phone.picture('sessions-empty')
  await phone.newSession()
  await phone.run('echo $((6 * 7)) answers')
  await phone.shows('42 answers')
  await phone.picture('shell')
})
