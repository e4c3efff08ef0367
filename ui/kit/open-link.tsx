// The question before a link of a terminal is followed. Knows no terminals.
import { Question } from './dialog.tsx'

export interface OpenLinkProps {
  /** http(s). What a link says may be anything; this shows where it leads. */
  target: string
  close: () => void
}

export function OpenLink({ target, close }: OpenLinkProps) {
  return (
    <Question
      title="Open this link?"
      yes="Open"
      onClose={close}
      onYes={() => {
        window.open(target, '_blank', 'noopener,noreferrer')
        close()
      }}
    >
      <pre>{target}</pre>
    </Question>
  )
}
