// Reports what a session's program does to its host. Agents run this at every step of theirs and wait for it. Loading a file
// takes a millisecond, so it writes the few frames itself: `otg notify` takes little longer than Node.
import { connect } from 'node:net'
import type { ActivityState } from '../../../protocol/messages.ts'
import { VERSIONS } from '../../../protocol/versions.ts'
import { defaultDataDir, readHostInfo } from '../../host/files/host-info.ts'
import { eventNameIn, type Report, reportOf } from './hook-event.ts'
import { readInput } from './input.ts'

export interface NotifyOptions {
  state?: string | undefined
  text?: string | undefined
  agent?: string | undefined
  /** The hook's event, for agents that leave it out of the JSON. */
  event?: string | undefined
  dataDir?: string | undefined
  /** The hook's JSON as an argument: Codex appends it to its `notify` command. */
  json?: string | undefined
  /** Write why nothing was reported to standard error. */
  verbose: boolean
}

/** The protocol's limits for the texts of `report_activity`. */
const TEXT_CHARACTERS = 1000
const AGENT_CHARACTERS = 64

/** A host that does not answer must not hold up an agent. */
const HOST_MS = 1_000

const STATES: readonly string[] = ['working', 'blocked', 'done', 'idle'] satisfies ActivityState[]

/** `otg notify` with the arguments after it. Never rejects: a hook must not fail. */
export async function notifyFromArguments(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  await notify(parseNotify(args), env)
}

/** Reports the state to the host of the session. Never rejects. */
export async function notify(options: NotifyOptions, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    const { OTG_SESSION_ID } = env
    if (!OTG_SESSION_ID) throw new Error('not inside a session: OTG_SESSION_ID is not set')
    const report = await findReport(options)
    if (!report) throw new Error('the hook’s JSON says nothing about the state')
    const socket = readHostInfo(options.dataDir ?? defaultDataDir(env))?.socket
    if (typeof socket !== 'string') throw new Error('no host is running')
    await send(socket, {
      type: 'report_activity',
      request_id: 1,
      session_id: OTG_SESSION_ID,
      state: report.state,
      text: cut(report.text, TEXT_CHARACTERS),
      agent: cut(options.agent ?? '', AGENT_CHARACTERS),
    })
  } catch (error) {
    if (options.verbose) process.stderr.write(`otg: ${error instanceof Error ? error.message : error}\n`)
  }
}

/** Lenient: what is not known is left out. */
export function parseNotify(args: string[]): NotifyOptions {
  const values: Record<string, string> = {}
  const options: NotifyOptions = { verbose: false }
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    const [, name, value] = /^--(state|text|agent|event|data-dir)(?:=(.*))?$/s.exec(arg) ?? []
    if (arg === '--verbose') options.verbose = true
    else if (name) values[name] = value ?? args[++at] ?? ''
    else if (arg.startsWith('{')) options.json = arg
  }
  const { state, text, agent, event, 'data-dir': dataDir } = values
  return { ...options, state, text, agent, event, ...(dataDir && { dataDir }) }
}

/** What the options say, and where they are silent the hook's JSON. Throws if the state is none. */
async function findReport({ state, text, event, json }: NotifyOptions): Promise<Report | undefined> {
  if (state !== undefined && !STATES.includes(state)) throw new Error(`--state takes ${STATES.join(', ')}`)
  // A state and a text need no input; whatever writes it does not count on a reader then.
  const input = json ?? (state !== undefined && text !== undefined ? '' : await readInput())
  const found = input?.trim() === '' && !event ? { state: 'done' as const, text: '' } : readReport(input ?? '', event)
  if (state === undefined) return found && { state: found.state, text: text ?? found.text }
  return { state: state as ActivityState, text: text ?? found?.text ?? '' }
}

function readReport(json: string, event: string | undefined): Report | undefined {
  let payload: unknown
  try {
    payload = JSON.parse(json)
  } catch {
    return reportOf(undefined, eventNameIn(json) || event)
  }
  return reportOf(payload, event)
}

/** Says hello, waits for the welcome, reports, and waits until the host has it: hooks that follow each other stay in order. */
function send(path: string, message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('the host does not answer')), HOST_MS).unref()
    const socket = connect(path)
    let received = Buffer.alloc(0)
    const receive = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const { frames, rest } = splitFrames(received)
      received = rest
      for (const frame of frames) {
        const answer = JSON.parse(frame.toString('utf8', FRAME_HEADER)) as {
          type: string
          message?: string
        }
        if (answer.type === 'welcome') socket.write(frameOf(message))
        if (answer.type === 'ok') resolve()
        if (answer.type === 'error') reject(new Error(answer.message))
      }
    }
    socket.on('data', chunk => {
      try {
        receive(chunk)
      } catch (error) {
        reject(error)
      }
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the host closed the connection')))
    socket.write(frameOf({ type: 'hello', versions: VERSIONS, client: { kind: 'script', name: 'hook' } }))
  })
}

/** A frame's kind and flags, both 0 for a short JSON message (protocol/frames.ts). */
const FRAME_HEADER = 2
/** Before each frame (listen/stream-transport.ts). */
const LENGTH_HEADER = 4

/** One short JSON message as it goes over the local socket. */
function frameOf(message: object): Buffer {
  const json = Buffer.from(JSON.stringify(message))
  const header = Buffer.alloc(LENGTH_HEADER + FRAME_HEADER)
  header.writeUInt32BE(FRAME_HEADER + json.length)
  return Buffer.concat([header, json])
}

/** The whole frames at the beginning of the bytes. */
function splitFrames(bytes: Buffer): { frames: Buffer[]; rest: Buffer<ArrayBuffer> } {
  const frames: Buffer[] = []
  let at = 0
  while (bytes.length - at >= LENGTH_HEADER) {
    const end = at + LENGTH_HEADER + bytes.readUInt32BE(at)
    if (end > bytes.length) break
    frames.push(bytes.subarray(at + LENGTH_HEADER, end))
    at = end
  }
  return { frames, rest: Buffer.from(bytes.subarray(at)) }
}

/** At most this many UTF-16 units, without half a character at the end. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
