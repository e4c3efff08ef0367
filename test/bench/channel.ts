// What encryption costs: the channel's functions alone, and echo and throughput with and without them in the same run.
import { NATIVE_SUITE } from '../../main/host/access/native-suite.ts'
import { acceptChannel, openChannel } from '../../protocol/channel/channel.ts'
import { generateKeyPair } from '../../protocol/channel/keys.ts'
import { SUITE, type Suite } from '../../protocol/channel/noise.ts'
import { transportPair } from '../../protocol/transport.ts'
import { CAT_BYTES, stackCat } from './cat.ts'
import { MB } from './support/files.ts'
import { BenchHost } from './support/host.ts'
import { mbs, median, ms, percentile, printTable, ratio } from './support/table.ts'
import { stackEcho } from './typing.ts'

const ROUNDS = 3
const SUITES = { native: NATIVE_SUITE, JavaScript: SUITE }

export async function channel(): Promise<void> {
  const rows: Parameters<typeof printTable>[1] = []
  for (const [name, suite] of Object.entries(SUITES)) {
    const { encrypt, decrypt } = suiteRates(suite)
    rows.push([`${name}: encrypt 48 KiB`, mbs(encrypt)], [`${name}: decrypt 48 KiB`, mbs(decrypt)])
    rows.push([`${name}: reconnect handshake, both ends`, ms(await handshake(suite))])
  }
  printTable('channel functions alone, on one core', rows)

  const [echoes, rates] = [
    { clear: [] as number[], encrypted: [] as number[] },
    { clear: [] as number[], encrypted: [] as number[] },
  ]
  for (let round = 0; round < ROUNDS; round++)
    // Alternating, so that a machine that becomes slower affects both.
    for (const kind of ['clear', 'encrypted'] as const) {
      const host = await BenchHost.start({ clear: kind === 'clear' })
      echoes[kind].push(...(await stackEcho(host)))
      rates[kind].push((await stackCat(host, CAT_BYTES)).rate)
      await host.stop()
    }
  const compared = (of: (values: number[]) => number, values: typeof echoes) =>
    ratio(of(values.encrypted), of(values.clear))
  const p99 = (values: number[]) => percentile(values, 0.99)
  printTable(`with encryption, compared with an unencrypted channel (${ROUNDS} rounds)`, [
    [
      'keystroke to echo, p50',
      ms(median(echoes.encrypted)),
      compared(median, echoes),
      `of ${ms(median(echoes.clear))}`,
    ],
    ['p99', ms(p99(echoes.encrypted)), compared(p99, echoes), `of ${ms(p99(echoes.clear))}`],
    [
      `cat of ${CAT_BYTES / MB} MB`,
      mbs(median(rates.encrypted)),
      compared(median, rates),
      `of ${mbs(median(rates.clear))}`,
    ],
  ])
}

/** MB/s for frames of the size that a flood produces. */
function suiteRates(suite: Suite): { encrypt: number; decrypt: number } {
  const [key, ad, frame] = [new Uint8Array(32).fill(7), new Uint8Array(0), new Uint8Array(48 * 1024).fill(65)]
  const rate = (work: (n: bigint) => void) => {
    for (let i = 0n; i < 50n; i++) work(i)
    const start = performance.now()
    for (let i = 0n; i < 400n; i++) work(i)
    return (400 * frame.length) / MB / ((performance.now() - start) / 1000)
  }
  const encrypt = rate(n => void suite.encrypt(key, n, ad, frame))
  const message = suite.encrypt(key, 1n, ad, frame)
  return { encrypt, decrypt: rate(() => void suite.decrypt(key, 1n, ad, message)) }
}

/** Median milliseconds of a reconnect, from the first handshake message to the first frame that decrypts, both ends in this process. */
async function handshake(suite: Suite): Promise<number> {
  const [host, phone] = [generateKeyPair(), generateKeyPair()]
  const once = () =>
    new Promise<void>(resolve => {
      const [near, far] = transportPair()
      acceptChannel({
        transport: far,
        staticKey: host,
        suite,
        secrets: () => [],
        knows: () => true,
        authenticated: () => resolve(),
      })
      const opened = openChannel({
        transport: near,
        mode: 'return',
        staticKey: phone,
        remoteStatic: host.publicKey,
        suite,
      })
      opened.send(new Uint8Array(8))
    })
  const times: number[] = []
  for (let i = 0; i < 40; i++) {
    const start = performance.now()
    await once()
    times.push(performance.now() - start)
  }
  return median(times)
}
