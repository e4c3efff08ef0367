// `npm run check:reconnect`: a guided check by hand of what a phone sees when its network goes and comes back.
// Starts a host of its own in a temporary folder; nothing of it is left.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import QRCode from 'qrcode'
import { createHost, DEFAULT_PORT } from '../../main/host/host.ts'
import { packageRoot } from '../../main/host/package-root.ts'
import { loginShell } from '../../main/host/session/shell.ts'
import { answerPairingRequests, connectDesktop, pairingUrl } from '../support/pairing.ts'

const root = packageRoot()
const folder = mkdtempSync(join(tmpdir(), 'otg-check-'))
const host = await createHost({
  dataDir: join(folder, 'data'),
  webRoot: root.webRoot,
  version: root.version,
  shell: loginShell(process.env),
  home: homedir(),
  env: process.env,
  port: 0,
  bind: 'loopback',
  allow_hosts: [`127.0.0.1:${DEFAULT_PORT + 1}`],
})

/** What stands between the page and the host: passes, refuses, or swallows. */
let network: 'up' | 'down' | 'silent' = 'up'
const sockets = new Set<Socket>()
const proxy = createServer(near => {
  if (network === 'down') {
    near.destroy()
    return
  }
  const far = connect(host.port, '127.0.0.1')
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(from)
    from.on('data', chunk => {
      if (network !== 'silent') to.write(chunk)
    })
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.on('error', () => {})
  }
})

const terminal = createInterface({ input: process.stdin, output: process.stdout })
let passed = 0
let failed = 0

async function step(title: string, look: string[], before?: () => void): Promise<void> {
  console.log(`\n— ${title}`)
  before?.()
  for (const line of look) console.log(`    ${line}`)
  const answer = await terminal.question('  As described? [Y/n] ')
  if (/^n/i.test(answer.trim())) failed++
  else passed++
}

const drop = () => {
  network = 'down'
  for (const socket of sockets) socket.destroy()
}

try {
  await new Promise<void>((resolve, reject) => {
    proxy.once('error', reject)
    proxy.listen(DEFAULT_PORT + 1, '127.0.0.1', resolve)
  })
  // Who scans is let in: this is about what happens to a phone after that.
  const desktop = await connectDesktop(host)
  answerPairingRequests(desktop)
  const address = (await pairingUrl(desktop)).replace(`:${host.port}/`, `:${DEFAULT_PORT + 1}/`)
  console.log(await QRCode.toString(address, { type: 'terminal', small: true }))
  console.log(`Open this in a browser on this computer, best with a phone's viewport:\n\n  ${address}\n`)

  await step('A session', [
    'Start a session, run: seq 1 500',
    'Numbers up to 500 are there, and scrolling back shows all of them.',
  ])
  await step(
    'The network goes',
    [
      '"Connection lost – reconnecting…" shows within a second.',
      'The screen stays as it was, and can be scrolled.',
      'Type: echo typed-offline and Enter. It shows as pending.',
    ],
    drop,
  )
  await step(
    'and comes back',
    [
      '"Session restored" shows, with the age of the session.',
      'typed-offline ran once.',
      'Nothing was drawn twice; the scroll position did not jump.',
    ],
    () => {
      network = 'up'
    },
  )
  await step(
    'It goes silent without closing',
    [
      'Run: sleep 3; date',
      'Hide the page (another tab), wait five seconds, come back.',
      'Within two seconds the banner shows: the page noticed that nobody answers.',
    ],
    () => {
      network = 'silent'
    },
  )
  await step('and comes back', ['The date is there, once.'], () => {
    network = 'up'
    for (const socket of sockets) socket.destroy()
  })
  await step('A reload', [
    'Reload the page.',
    'The same session is there at once, with the same screen and its history.',
  ])
  console.log(`\n${passed} passed, ${failed} failed`)
} finally {
  terminal.close()
  drop()
  proxy.close()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed > 0 ? 1 : 0)
