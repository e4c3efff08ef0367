// The question before a link of a terminal is followed. Knows no terminals.
import { ConfirmDialog } from './dialog.tsx'

export interface OpenLinkDialogProps {
  /** http(s). What a link says may be anything; this shows where it leads. */
  target: string
  close: () => void
}

export function OpenLinkDialog({ target, close }: OpenLinkDialogProps) {
  return (
    <ConfirmDialog
      title="Open this link?"
      confirmLabel="Open"
      onClose={close}
      onConfirm={() => {
        window.open(target, '_blank', 'noopener,noreferrer')
        close()
      }}
    >
      <pre>{target}</pre>
    </ConfirmDialog>
  )
}
