// otg pair: shows the pairing code and asks whether a phone may pair.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { Command, Context } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { exitCodeOfSignal, FAILED, INTERRUPTED, OK } from '../command/exit-codes.ts'
import { canPrompt, type PairingEnd, pairOnScreen } from '../pairing/pairing-screen.ts'
import {
  CODES_EXHAUSTED,
  chosenAddress,
  formatCode,
  NO_ADDRESS,
  outcomeText,
  reachedText,
  requesterText,
} from '../pairing/pairing-text.ts'
import { PairingWatch } from '../pairing/pairing-watch.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

interface PairOptions {
  yes: boolean
  read_only: boolean
  address: string | undefined
}

export const pair: Command = async (context, parsed) => {
  const options = {
    yes: parsed.flags.yes === true,
    read_only: parsed.flags['read-only'] === true,
    address: parsed.values.address,
  }
  const leave = new AbortController()
  const listeners = SIGNALS.map(signal => [signal, () => leave.abort(signal)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  try {
    return await withHost(context, client => {
      if (context.json) return pairForScript(client, options, context, leave.signal)
      if (canPrompt(context)) return pairInTerminal(client, options, context, leave.signal)
      return pairInLines(client, options, context, leave.signal)
    })
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

async function pairInTerminal(
  client: LocalClient,
  options: PairOptions,
  { output }: Context,
  signal: AbortSignal,
): Promise<number> {
  const end: PairingEnd = await pairOnScreen(client, { ...options, leaveHint: 'Ctrl-C: cancel', signal })
  for (const sentence of end.messages) output.line(sentence)
  switch (end.why) {
    case 'allowed':
      return OK
    case 'interrupted':
    case 'left':
      return INTERRUPTED
    case 'aborted':
      return exitCodeOfAbort(signal)
    case 'failed':
      throw end.error
  }
}

/** Prints one line with the addresses (`url`: the best one, or --address; null: there is none) and one with the outcome for the first phone. */
function pairForScript(
  client: LocalClient,
  options: PairOptions,
  { output }: Context,
  signal: AbortSignal,
): Promise<number> {
  return follow(client, options, signal, async (watch, ended) => {
    const { addresses, expires_at } = await watch.start()
    output.json({ url: chosenAddress(addresses, options.address)?.url ?? null, addresses, expires_at })
    const end = (outcome: { outcome: string; device?: object }) => {
      clearTimeout(expiry)
      output.json(outcome)
      ended(outcome.outcome === 'allowed' ? OK : FAILED)
    }
    const expiry = setTimeout(() => {
      // A phone that has used the address is still waiting for an answer.
      if (watch.requests.every(request => watch.isEarly(request))) end({ outcome: 'expired' })
    }, expires_at - Date.now())
    watch.on('resolved', outcome => {
      if (watch.isEarly(outcome.request)) return
      if (outcome.how !== 'allowed') return end({ outcome: outcome.how })
      const { device_id, name, read_only, address } = outcome.device
      end({ outcome: 'allowed', device: { device_id, name, read_only, address } })
    })
  })
}

/** For a file or a pipe: prints the addresses whenever they change, and each event. */
function pairInLines(
  client: LocalClient,
  options: PairOptions,
  { output, program }: Context,
  signal: AbortSignal,
): Promise<number> {
  return follow(client, options, signal, async (watch, ended) => {
    let shownUrls: string | undefined
    let shownBrowser = ''
    const show = () => {
      const { addresses, reached, exhausted } = watch.pairing!
      if (exhausted) {
        output.note(`${CODES_EXHAUSTED} For another code, run ${program} pair again.`)
        return ended(FAILED)
      }
      const chosen = chosenAddress(addresses, options.address)
      const shown = options.address === undefined || !chosen ? addresses : [chosen]
      const urls = shown.map(({ url }) => url).join('\n')
      if (urls !== shownUrls && urls === '') output.note(NO_ADDRESS)
      else if (urls !== shownUrls) output.line(urls)
      shownUrls = urls
      if (reached && reached.address !== shownBrowser) output.note(reachedText(reached.address))
      shownBrowser = reached?.address ?? shownBrowser
    }
    watch.on('requested', request => {
      if (options.yes) return
      const how = `answer in the app, or with ${program} pair in a terminal`
      output.note(`${requesterText(request)} wants to pair. Digits ${formatCode(request.code)}; ${how}.`)
    })
    watch.on('resolved', outcome => {
      output.line(outcomeText(outcome))
      if (outcome.how === 'allowed') ended(OK)
    })
    await watch.start()
    show()
    watch.on('changed', show)
  })
}

/** Runs until `ended` is called, a signal arrives or the host stops. With `yes`, allows the first phone that asks from now on. */
async function follow(
  client: LocalClient,
  { yes, read_only }: PairOptions,
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
      signal.addEventListener('abort', () => resolve(exitCodeOfAbort(signal)))
      if (signal.aborted) resolve(exitCodeOfAbort(signal))
      begin(watch, resolve).catch(reject)
    })
  } finally {
    await watch.stop()
  }
}

function exitCodeOfAbort({ reason }: AbortSignal): number {
  return exitCodeOfSignal(typeof reason === 'string' ? reason : 'SIGHUP')
}
