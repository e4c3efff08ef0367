// Texts that were composed on this phone: what was sent to a host, and what is still being written for a session. Knows
// nothing of how they are written or sent. What is typed in a terminal never comes here: it may be a password.
import { quietly } from './address.ts'

const SENT = 'otg.sent.'
const DRAFT = 'otg.draft.'

/** As many as anybody looks through. */
export const MOST_SENT = 50
/** The longest that is kept: a long prompt. All of them together stay far below an origin's 5 million characters. */
export const MOST_CHARACTERS = 20_000
/** Sessions whose draft is kept; the one that was written at longest ago is forgotten first. */
const MOST_DRAFTS = 20

/** What was sent to the host called `host_id`, the latest first. */
export function sentTexts(host_id: string): string[] {
  const texts: unknown = quietly(() => JSON.parse(window.localStorage.getItem(SENT + host_id) ?? '[]'))
  return Array.isArray(texts) ? texts.filter(text => typeof text === 'string') : []
}

/** Sent again it is not there twice. */
export function keepSent(host_id: string, text: string): void {
  if (text.trim() === '' || text.length > MOST_CHARACTERS) return
  writeSent(host_id, [text, ...sentTexts(host_id).filter(one => one !== text)].slice(0, MOST_SENT))
}

export function forgetSent(host_id: string, text: string): void {
  writeSent(
    host_id,
    sentTexts(host_id).filter(one => one !== text),
  )
}

export function forgetAllSent(host_id: string): void {
  writeSent(host_id, [])
}

/** All of it: this phone has been shut out, or belongs to another host now. */
export function forgetTexts(): void {
  quietly(() => {
    const storage = window.localStorage
    for (const key of Object.keys(storage)) if (key.startsWith(SENT) || key.startsWith(DRAFT)) storage.removeItem(key)
  })
}

function writeSent(host_id: string, texts: string[]): void {
  quietly(() => {
    if (texts.length === 0) window.localStorage.removeItem(SENT + host_id)
    else window.localStorage.setItem(SENT + host_id, JSON.stringify(texts))
  })
}

interface Draft {
  text: string
  at: number
}

export function readDraft(session_id: string): string {
  return draftAt(DRAFT + session_id)?.text ?? ''
}

/** One that is too long to be kept is not kept in part. */
export function keepDraft(session_id: string, text: string): void {
  const key = DRAFT + session_id
  quietly(() => {
    const storage = window.localStorage
    if (text === '' || text.length > MOST_CHARACTERS) return storage.removeItem(key)
    if (storage.getItem(key) === null) makeRoom(storage)
    storage.setItem(key, JSON.stringify({ text, at: Date.now() } satisfies Draft))
  })
}

function draftAt(key: string): Draft | undefined {
  const found: unknown = quietly(() => JSON.parse(window.localStorage.getItem(key) ?? 'null'))
  const { text, at } = (found ?? {}) as Partial<Record<keyof Draft, unknown>>
  return typeof text === 'string' && typeof at === 'number' ? { text, at } : undefined
}

function makeRoom(storage: Storage): void {
  const ages = Object.keys(storage)
    .filter(key => key.startsWith(DRAFT))
    .map(key => ({ key, at: draftAt(key)?.at ?? 0 }))
    .sort((one, other) => other.at - one.at)
  for (const { key } of ages.slice(MOST_DRAFTS - 1)) storage.removeItem(key)
}
