// Accessibility of the phone's screens, checked by axe.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessibilityViolations } from '../support/accessibility.ts'
import { expect, test } from '../support/phone.ts'

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds no serious violation on any screen, ${colorScheme}`, async ({ phone, host }) => {
    const { page } = phone
    await page.emulateMedia({ colorScheme })
    const seen: Record<string, string[]> = {}
    const look = async (screen: string) => {
      seen[screen] = await accessibilityViolations(page)
    }
    await host.setApproval('manual')
    await phone.scan()
    await phone.showsHeading('Waiting for your computer')
    await look('waiting')
    await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: false })
    await phone.showsHeading('Your computer declined')
    await look('declined')
    await host.setApproval('automatic')
    await phone.open()
    await look('no sessions')
    await phone.newSession()
    await look('terminal')
    await page.getByRole('button', { name: 'Menu' }).tap()
    await look('menu')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Sessions' }).tap()
    await phone.showsHeading('Sessions')
    await look('sessions')
    const [device] = (await host.desktop.devices()).devices
    await host.desktop.updateDevice(device!.device_id, { read_only: true })
    await expect(page.getByText('This phone can view sessions')).toBeVisible()
    await look('sessions, looking only')
    await host.desktop.revokeDevice(device!.device_id)
    await phone.showsHeading('This phone no longer has access')
    await look('revoked')
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds no serious violation where trouble of the host is shown, ${colorScheme}`, async ({ phone, host }) => {
    const { page } = phone
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width: 320, height: 568 })
    const seen: Record<string, string[]> = {}
    const look = async (screen: string) => {
      seen[screen] = await accessibilityViolations(page)
      await phone.fits()
    }
    await host.stopProcess()
    const troubles = ['history_lost', 'copy_failed'].map(kind => ({
      kind,
      since: Date.now(),
      sessions: [],
      path: '/x',
    }))
    writeFileSync(join(host.dataDir, 'health.json'), JSON.stringify({ troubles }))
    await host.startProcess()
    await phone.open()
    await look('list')
    await phone.newSession()
    await look('terminal')
    await page.getByRole('button', { name: /^The history is gone/ }).tap()
    await look('dialog')
    await page.getByRole('button', { name: 'Close' }).tap()
    await page.getByRole('button', { name: 'Hide' }).tap()
    await look('mark')
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds no serious violation in the sheets over a terminal, ${colorScheme}`, async ({ phone, host }) => {
    const { page } = phone
    await page.emulateMedia({ colorScheme })
    const seen: Record<string, string[]> = {}
    const look = async (screen: string) => {
      seen[screen] = await accessibilityViolations(page)
      await phone.screenshot(`axe-${screen.replaceAll(' ', '-')}-${colorScheme}`)
      await phone.fits()
    }
    await page.setViewportSize({ width: 320, height: 568 })
    await phone.open()
    await phone.newSession()
    for (const name of ['symbols', 'moves', 'functions']) {
      await page.getByRole('button', { name: /^More keys/ }).tap()
      await look(`keys ${name}`)
    }
    await page.getByRole('button', { name: 'Menu' }).tap()
    await look('menu with input')
    await page.getByRole('button', { name: 'Compose' }).tap()
    const field = page.getByRole('textbox', { name: 'Text to send' })
    await expect(field).toBeFocused()
    await look('compose empty')
    await field.fill('seq 1 3')
    await look('compose')
    await page.getByRole('button', { name: 'Send', exact: true }).tap()
    await phone.shows('1\n2\n3')
    await phone.keys('Compose')
    await page.getByRole('button', { name: 'Show sent texts' }).tap()
    await look('sent before')
    await page.getByRole('button', { name: 'Close', exact: true }).last().tap()
    await page.getByRole('button', { name: 'Close', exact: true }).tap()
    await page.locator('.xterm-helper-textarea').evaluate(element => {
      const clipboardData = new DataTransfer()
      const lines = Array.from({ length: 60 }, (_, index) => `line ${index}\t\x1b[31m`)
      clipboardData.setData('text/plain', lines.join('\n'))
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })
    await expect(page.getByRole('dialog', { name: 'Paste 60 lines?' })).toBeVisible()
    await look('paste question')
    await page.getByRole('button', { name: 'Cancel' }).tap()
    await host.network('down')
    await expect(page.getByText('Connection lost')).toBeVisible()
    await phone.type('what waits')
    await expect(page.getByRole('button', { name: 'Discard' })).toBeVisible()
    await look('pending')
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })
