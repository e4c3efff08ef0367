interface Point {
  x: number
  y: number
}
interface Box extends Point {
  width: number
  height: number
}
/**
 * Beside the icon, where the system says where that is; else at the pointer that chose it in a menu; else, where a program is
 * told of neither (Linux under Wayland says 0, 0), in the corner that has the panel. Always within the display's work area.
 */
export declare function popoverPlace(options: {
  icon?: Box | undefined
  pointer: Point
  size: {
    width: number
    height: number
  }
  display: {
    bounds: Box
    workArea: Box
  }
}): Point
