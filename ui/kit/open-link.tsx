// Confirms opening a link from a terminal.
import { ConfirmDialog } from './dialog.tsx'

export interface OpenLinkDialogProps {
  /** http(s). A link's text may say anything; this is where it leads. */
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
