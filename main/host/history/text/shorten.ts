// Cuts text for messages.

/** At most `maxCharacters` and an ellipsis, never half of a surrogate pair. */
export function shorten(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, '')}…` : text
}
