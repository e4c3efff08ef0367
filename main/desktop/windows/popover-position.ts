// Computes the popover's position on the screen.

interface Point {
  x: number
  y: number
}

interface Box extends Point {
  width: number
  height: number
}

/** Pixels between the popover and the icon, or the edge of the screen. */
const GAP = 6

/**
 * At the tray icon if the system reports its position; else at the pointer that chose a menu item; else, if the system
 * reports neither (Wayland says 0, 0), in the corner next to the panel. Always within the display's work area.
 */
export function popoverPosition(options: {
  icon?: Box | undefined
  pointer: Point
  size: { width: number; height: number }
  display: { bounds: Box; workArea: Box }
}): Point {
  const { icon, pointer, size, display } = options
  const { bounds, workArea } = display
  const right = workArea.x + workArea.width
  const bottom = workArea.y + workArea.height
  const within = ({ x, y }: Point): Point => ({
    x: Math.round(Math.max(workArea.x + GAP, Math.min(x, right - size.width - GAP))),
    y: Math.round(Math.max(workArea.y + GAP, Math.min(y, bottom - size.height - GAP))),
  })
  const beside = (box: Box): Point => ({
    x: box.x + box.width / 2 - size.width / 2,
    // Away from the screen edge that the icon is at.
    y: box.y + box.height / 2 > bounds.y + bounds.height / 2 ? box.y - size.height - GAP : box.y + box.height + GAP,
  })
  if (icon && icon.width > 0) return within(beside(icon))
  if (pointer.x !== 0 || pointer.y !== 0) return within(beside({ ...pointer, width: 0, height: 0 }))
  return within({ x: right, y: workArea.y > bounds.y ? workArea.y : bottom })
}
