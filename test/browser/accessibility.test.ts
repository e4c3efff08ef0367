// What axe finds on the phone's screens. Knows no programs.
import { faults } from './faults.ts'
import { expect, test } from './phone.ts'

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds nothing serious on any screen, ${colorScheme}`, async ({ phone, host }) => {
    const { page } = phone
    await page.emulateMedia({ colorScheme })
    const seen: Record<string, string[]> = {}
    const look = async (screen: string) => {
      seen[screen] = await faults(page)
    }
    await host.answers('by_hand')
    await phone.scan()
    await phone.says('Waiting for your computer')
    await look('waiting')
    await host.desktop.answerPairing((await host.request()).pairing_id, { allow: false })
    await phone.says('Your computer said no')
    await look('said no')
    await host.answers('yes')
    await phone.open()
    await look('no sessions')
    await phone.newSession()
    await look('terminal')
    await page.getByRole('button', { name: 'Menu' }).tap()
    await look('menu')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Sessions' }).tap()
    await phone.says('Sessions')
    await look('sessions')
    const [device] = (await host.desktop.devices()).devices
    await host.desktop.updateDevice(device!.device_id, { read_only: true })
    await expect(page.getByText('This phone may look at sessions')).toBeVisible()
    await look('sessions, looking only')
    await host.desktop.revokeDevice(device!.device_id)
    await phone.says('This phone is not let in any more')
    await look('revoked')
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })
