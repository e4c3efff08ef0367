// Texts composed on this phone: those sent to a host, and drafts per session. Keys typed into a terminal are never
// stored here: they may be a password.
import { tryStorage } from './storage.ts'

const SENT = 'otg.sent.'
const DRAFT = 'otg.draft.'

/** More than a user scrolls through. */
export const MAX_SENT = 50
/** Longer texts are not stored. All of them together stay far below an origin's limit of 5 million characters. */
export const MAX_CHARACTERS = 20_000
/** Sessions with a stored draft; the oldest draft is removed first. */
const MAX_DRAFTS = 20

/** The texts sent to a host, newest first. */
export function sentTexts(host_id: string): string[] {
  const texts: unknown = tryStorage(() => JSON.parse(window.localStorage.getItem(SENT + host_id) ?? '[]'))
  return Array.isArray(texts) ? texts.filter(text => typeof text === 'string') : []
}

/** A text sent again moves to the front. */
export function saveSent(host_id: string, text: string): void {
  if (text.trim() === '' || text.length > MAX_CHARACTERS) return
  writeSent(host_id, [text, ...sentTexts(host_id).filter(one => one !== text)].slice(0, MAX_SENT))
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

/** Removes all texts and drafts: access was revoked, or the phone was paired with another host. */
export function forgetAllTexts(): void {
  tryStorage(() => {
    const storage = window.localStorage
    for (const key of Object.keys(storage)) if (key.startsWith(SENT) || key.startsWith(DRAFT)) storage.removeItem(key)
  })
}

function writeSent(host_id: string, texts: string[]): void {
  tryStorage(() => {
    if (texts.length === 0) window.localStorage.removeItem(SENT + host_id)
    else window.localStorage.setItem(SENT + host_id, JSON.stringify(texts))
  })
}

interface Draft {
  text: string
  at: number
}

export function readDraft(session_id: string): string {
  return parseDraft(DRAFT + session_id)?.text ?? ''
}

/** A draft that is too long is not stored at all. */
export function saveDraft(session_id: string, text: string): void {
  const key = DRAFT + session_id
  tryStorage(() => {
    const storage = window.localStorage
    if (text === '' || text.length > MAX_CHARACTERS) return storage.removeItem(key)
    if (storage.getItem(key) === null) makeRoom(storage)
    storage.setItem(key, JSON.stringify({ text, at: Date.now() } satisfies Draft))
  })
}

function parseDraft(key: string): Draft | undefined {
  const found: unknown = tryStorage(() => JSON.parse(window.localStorage.getItem(key) ?? 'null'))
  const { text, at } = (found ?? {}) as Partial<Record<keyof Draft, unknown>>
  return typeof text === 'string' && typeof at === 'number' ? { text, at } : undefined
}

function makeRoom(storage: Storage): void {
  const ages = Object.keys(storage)
    .filter(key => key.startsWith(DRAFT))
    .map(key => ({ key, at: parseDraft(key)?.at ?? 0 }))
    .sort((one, other) => other.at - one.at)
  for (const { key } of ages.slice(MAX_DRAFTS - 1)) storage.removeItem(key)
}
