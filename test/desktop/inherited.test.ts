// What programs of the app's sessions inherit from Electron: case 85 of docs/security-cases.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectPrompt, expectShown, startSession, test } from './support/app.ts'

test('case 85: a session has descriptors 0, 1 and 2 only, no blocked or ignored signals, and may gain privileges', async ({
  start,
  dataDir,
}) => {
  test.skip(process.platform === 'win32', 'Windows has neither')
  const script = join(dataDir, 'inherited.sh')
  // For `sh -c`: interactive shells, and those that run a file, have descriptors that they do not hand on.
  writeFileSync(
    script,
    `n=0
while [ $n -lt 500 ]; do [ -e /dev/fd/$n ] && echo $n; n=$((n + 1)); done
[ -e /proc/self/status ] && grep -E '^(SigBlk|SigIgn|NoNewPrivs):.*[1-9a-f]' /proc/self/status
true`,
  )
  const app = await start()
  const page = await app.firstWindow()
  // The second session is started while the host has the master of the first.
  for (let n = 0; n < 2; n++) {
    await startSession(page)
    await expectPrompt(page)
    const file = join(dataDir, `inherited-${n}`)
    await page.keyboard.type(`sh -c "$(cat ${script})" >${file}; echo written ${n}\n`)
    await expectShown(page, new RegExp(`^written ${n}`, 'm'))
    expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual(['0', '1', '2'])
  }
})
