// otg pair: shows the code that lets a phone in, and asks whether it may. Knows no other command.
import { constants } from 'node:os'
import type { HostClient } from '../../../protocol/client/client.ts'
import type { Command, Context } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { canPrompt, type PairingEnd, pairOnScreen } from '../pairing/pairing-screen.ts'
import { addressText, chosenAddress, formatCode, outcomeText, requesterText } from '../pairing/pairing-text.ts'
import { PairingWatch } from '../pairing/pairing-watch.ts'

const FAILED = 1
/** A shell's code for a program that ended by signal n is this and n (POSIX, XCU 2.8.2). */
const BY_SIGNAL = 128

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

interface Asked {
  yes: boolean
  read_only: boolean
  address: string | undefined
}

export const pair: Command = async (context, parsed) => {
  const asked = {
    yes: parsed.flags.yes === true,
    read_only: parsed.flags['read-only'] === true,
    address: parsed.values.address,
  }
  const leave = new AbortController()
  const listeners = SIGNALS.map(signal => [signal, () => leave.abort(signal)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  try {
    return await withHost(context, client => {
      if (context.json) return pairForScript(client, asked, context, leave.signal)
      if (canPrompt(context)) return pairInTerminal(client, asked, context, leave.signal)
      return pairInLines(client, asked, context, leave.signal)
    })
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

async function pairInTerminal(
  client: HostClient,
  asked: Asked,
  { output }: Context,
  signal: AbortSignal,
): Promise<number> {
  const end: PairingEnd = await pairOnScreen(client, { ...asked, leaveHint: 'Ctrl-C: end', signal })
  for (const sentence of end.news) output.line(sentence)
  switch (end.why) {
    case 'allowed':
      return 0
    case 'interrupted':
    case 'left':
      return BY_SIGNAL + constants.signals.SIGINT
    case 'aborted':
      return signalled(signal)
    case 'failed':
      throw end.error
  }
}

/** The addresses in one line, first of all the best or the one that was asked for, and in another one what became of the first phone that asked. */
function pairForScript(client: HostClient, asked: Asked, { output }: Context, signal: AbortSignal): Promise<number> {
  return follow(client, asked, signal, async (watch, ended) => {
    const { addresses, expires_at } = await watch.start()
    output.json({ url: chosenAddress(addresses, asked.address).url, addresses, expires_at })
    const end = (outcome: { outcome: string; device?: object }) => {
      clearTimeout(over)
      output.json(outcome)
      ended(outcome.outcome === 'allowed' ? 0 : FAILED)
    }
    const over = setTimeout(() => {
      // Who has used the address still gets an answer, or none in time.
      if (watch.requests.every(request => watch.isEarly(request))) end({ outcome: 'expired' })
    }, expires_at - Date.now())
    watch.on('resolved', ending => {
      if (watch.isEarly(ending.request)) return
      if (ending.how !== 'allowed') return end({ outcome: ending.how })
      const { device_id, name, read_only, address } = ending.device
      end({ outcome: 'allowed', device: { device_id, name, read_only, address } })
    })
  })
}

/** For a file or a pipe: the addresses whenever there are others, and what happens. */
function pairInLines(
  client: HostClient,
  asked: Asked,
  { output, program }: Context,
  signal: AbortSignal,
): Promise<number> {
  return follow(client, asked, signal, async (watch, ended) => {
    let shown = ''
    let reached = ''
    const show = () => {
      const { addresses, reached: came } = watch.pairing!
      const these = asked.address === undefined ? addresses : [chosenAddress(addresses, asked.address)]
      const urls = these.map(({ url }) => url).join('\n')
      if (urls !== shown) output.line(urls)
      shown = urls
      if (came && came.address !== reached)
        output.note(`A browser at ${addressText(came.address)} has opened the page.`)
      reached = came?.address ?? reached
    }
    watch.on('requested', request => {
      if (asked.yes) return
      const how = `answer it in the app, or with ${program} pair in a terminal`
      output.note(`${requesterText(request)} asks to be let in. Code ${formatCode(request.code)}; ${how}.`)
    })
    watch.on('resolved', ending => {
      output.line(outcomeText(ending))
      if (ending.how === 'allowed') ended(0)
    })
    await watch.start()
    show()
    watch.on('changed', show)
  })
}

/** Until `ended` is called, a signal comes or the host goes. With `yes`, the first who asks from now on is let in. */
async function follow(
  client: HostClient,
  { yes, read_only }: Asked,
  signal: AbortSignal,
  begin: (watch: PairingWatch, ended: (code: number) => void) => Promise<void>,
): Promise<number> {
  const watch = new PairingWatch(client)
  try {
    return await new Promise<number>((resolve, reject) => {
      let answered = false
      watch.on('requested', request => {
        if (!yes || answered || watch.isEarly(request)) return
        answered = true
        watch.answer(request, { allow: true, read_only }).catch(reject)
      })
      watch.on('closed', error => reject(error))
      signal.addEventListener('abort', () => resolve(signalled(signal)))
      if (signal.aborted) resolve(signalled(signal))
      begin(watch, resolve).catch(reject)
    })
  } finally {
    await watch.stop()
  }
}

function signalled({ reason }: AbortSignal): number {
  return BY_SIGNAL + (constants.signals[reason as NodeJS.Signals] ?? constants.signals.SIGHUP)
}
