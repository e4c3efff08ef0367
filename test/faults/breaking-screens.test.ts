// Sessions that break the worker thread in which other sessions' screens are.
import { afterEach, expect, it } from 'vitest'
import { openPool, TOO_MUCH } from '../support/broken-screens.ts'
import { bytesOf, cleanUp, until } from '../support/host.ts'

afterEach(cleanUp)

it('case 127: sessions that break the worker of others, once each, cost those nothing', async () => {
  const open = openPool(16)
  const good = open()
  good.write(bytesOf('still here'))
  for (let attack = 1; attack <= 11; attack++) {
    const bad = open(1000, 500)
    for (let i = 0; i < 40; i++) bad.write(TOO_MUCH)
    await until(() => good.heard.rebuilt >= attack || good.heard.failed.length > 0)
    bad.screen.close()
    expect([attack, good.heard.failed]).toEqual([attack, []])
    expect((await good.screen.text()).lines[0]).toBe('still here')
  }
})
