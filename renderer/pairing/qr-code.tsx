// Draws a QR code. The only file in the renderer that imports qrcode.

import { useMemo } from 'preact/hooks'
import qrcode from 'qrcode'

/** Light modules around the code, which cameras need to find it (ISO/IEC 18004: four). */
const QUIET = 4

/** Dark on light in every theme, because not every reader accepts inverted codes. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => draw(text), [text])
  const whole = size + 2 * QUIET
  return (
    <svg class="qr-code" viewBox={`0 0 ${whole} ${whole}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={whole} height={whole} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

function draw(text: string): { size: number; path: string } {
  const { modules } = qrcode.create(text, { errorCorrectionLevel: 'M' })
  const { size, data } = modules
  let path = ''
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (data[y * size + x]) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`
    }
  }
  return { size, path }
}
