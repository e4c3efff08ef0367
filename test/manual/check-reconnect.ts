// `npm run check:reconnect`: a guided manual check of what a phone shows when its network fails and recovers.
// Uses its own host in a temporary folder, which it removes at the end.
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

/** The state of the proxy between the page and the host: it forwards data, refuses connections, or discards data. */
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

async function step(title: string, instructions: string[], before?: () => void): Promise<void> {
  console.log(`\n— ${title}`)
  before?.()
  for (const line of instructions) console.log(`    ${line}`)
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
  // Every phone is approved: the check is about what follows.
  const desktop = await connectDesktop(host)
  answerPairingRequests(desktop)
  const address = (await pairingUrl(desktop)).replace(`:${host.port}/`, `:${DEFAULT_PORT + 1}/`)
  console.log(await QRCode.toString(address, { type: 'terminal', small: true }))
  console.log(`Open this address in a browser on this computer, preferably with a phone's viewport:\n\n  ${address}\n`)

  await step('Start a session', [
    'Start a session and run: seq 1 500',
    'The numbers end at 500, and scrolling back shows all of them.',
  ])
  await step(
    'The network fails',
    [
      '"Connection lost - reconnecting…" appears within a second.',
      'The screen stays as it was and can be scrolled.',
      'Type: echo typed-offline, then Enter. It is shown as pending.',
    ],
    drop,
  )
  await step(
    'The network recovers',
    [
      '"Reconnected" appears, with how long the connection was lost.',
      'typed-offline was printed once.',
      'Nothing was drawn twice, and the scroll position did not jump.',
    ],
    () => {
      network = 'up'
    },
  )
  await step(
    'The connection goes silent without closing',
    [
      'Run: sleep 3; date',
      'Hide the page (switch to another tab), wait five seconds, return.',
      'Within two seconds the banner appears: the page noticed that the host does not respond.',
    ],
    () => {
      network = 'silent'
    },
  )
  await step('The network recovers', ['The date is printed once.'], () => {
    network = 'up'
    for (const socket of sockets) socket.destroy()
  })
  await step('Reload', ['Reload the page.', 'The same session appears at once, with the same screen and its history.'])
  console.log(`\n${passed} passed, ${failed} failed`)
} finally {
  terminal.close()
  drop()
  proxy.close()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed > 0 ? 1 : 0)
