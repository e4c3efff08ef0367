// Recognizes gestures on an element: pan and fling, long press and drag, pinch, double tap with two fingers.

export interface Point {
  /** CSS pixels in the window, as in a Touch. */
  x: number
  y: number
}

export interface GestureHandlers {
  /** The first finger is down. True: it stopped a motion, so it is not a tap. */
  touchDown(at: Point): boolean
  /** A finger lifted where it came down. True: handled, so it does not become a click. */
  tap(at: Point): boolean
  /** How far the content moves with the finger; positive: down and to the right. */
  pan(dx: number, dy: number, at: Point): void
  /** The finger lifted, at this speed in pixels per millisecond. */
  fling(vx: number, vy: number, at: Point): void
  /** A finger rests. True: moving it is a drag. */
  longPress(at: Point): boolean
  drag(at: Point): void
  dragEnd(): void
  pinchStart(at: Point): void
  /** `scale`: the distance between the fingers relative to the first; `at`: the point between them. */
  pinch(scale: number, at: Point): void
  pinchEnd(): void
  twoFingerDoubleTap(): void
  /** Whether panning sideways would move anything; if not, swipes from the edges are left to the browser. */
  canPanSideways(): boolean
}

/** Pixels. A finger that moves less is still a tap. */
const SLOP = 8
/** Shorter is a tap; longer feels as if nothing happens. */
const LONG_PRESS_MS = 450
/** The speed of a fling is measured over this time: one event alone says nothing. */
const SPEED_MS = 80
/** A finger that rested this long before it lifted does not fling. */
const REST_MS = 60
/** A pan that is this many times steeper than wide, or the other way round, moves in one direction only. */
const AXIS_RATIO = 2
/** Pixels from the side in which browsers take a swipe for Back. */
const EDGE = 20
/** Two fingers: how long they may be down, and the time between two such taps. */
const TAP_MS = 250
const DOUBLE_TAP_MS = 400

type Gesture =
  | { name: 'none' }
  | { name: 'pressed'; from: Point; at: number; stopped: boolean }
  | { name: 'pan'; last: Point; sideways: boolean; upright: boolean; trail: { point: Point; at: number }[] }
  | { name: 'drag' }
  | { name: 'pinch'; apart: number; at: number; from: Point; moved: boolean }
  /** The gesture is over, but fingers are still down: they mean nothing. */
  | { name: 'over' }

/** Returns a function that removes the listeners. */
export function onGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  let gesture: Gesture = { name: 'none' }
  let pressTimer: ReturnType<typeof setTimeout> | undefined
  let twoFingerTapAt = Number.NEGATIVE_INFINITY

  const start = (event: TouchEvent) => {
    clearTimeout(pressTimer)
    const { touches } = event
    if (touches.length === 1) {
      const from = point(touches[0]!)
      const stopped = handlers.touchDown(from)
      gesture = { name: 'pressed', from, at: event.timeStamp, stopped }
      if (stopped) return
      pressTimer = setTimeout(() => {
        if (gesture.name === 'pressed' && handlers.longPress(from)) gesture = { name: 'drag' }
      }, LONG_PRESS_MS)
      return
    }
    if (gesture.name === 'drag') handlers.dragEnd()
    if (gesture.name === 'pinch') handlers.pinchEnd()
    gesture = { name: 'over' }
    if (touches.length !== 2) return
    const from = middle(touches)
    gesture = { name: 'pinch', apart: Math.max(1, apart(touches)), at: event.timeStamp, from, moved: false }
    handlers.pinchStart(from)
  }

  const move = (event: TouchEvent) => {
    const touch = event.touches[0]
    if (!touch) return
    const here = point(touch)
    switch (gesture.name) {
      case 'pressed': {
        const dx = here.x - gesture.from.x
        const dy = here.y - gesture.from.y
        if (Math.hypot(dx, dy) < SLOP) return
        clearTimeout(pressTimer)
        const steep = Math.abs(dy) > AXIS_RATIO * Math.abs(dx)
        const flat = Math.abs(dx) > AXIS_RATIO * Math.abs(dy)
        if (flat && !handlers.canPanSideways() && atEdge(gesture.from)) {
          gesture = { name: 'over' }
          return
        }
        gesture = {
          name: 'pan',
          last: gesture.from,
          sideways: !steep,
          upright: !flat,
          trail: [{ point: gesture.from, at: gesture.at }],
        }
        return panTo(gesture, here, event)
      }
      case 'pan':
        return panTo(gesture, here, event)
      case 'drag':
        event.preventDefault()
        return handlers.drag(here)
      case 'pinch': {
        event.preventDefault()
        if (event.touches.length < 2) return
        const between = middle(event.touches)
        const width = apart(event.touches)
        gesture.moved ||=
          Math.abs(width - gesture.apart) > SLOP ||
          Math.hypot(between.x - gesture.from.x, between.y - gesture.from.y) > SLOP
        if (gesture.moved) handlers.pinch(width / gesture.apart, between)
        return
      }
      case 'over':
      case 'none':
    }
  }

  const panTo = (pan: Extract<Gesture, { name: 'pan' }>, here: Point, event: TouchEvent) => {
    // From here on it is not a tap: no emulated mouse events, no focus, no keyboard.
    event.preventDefault()
    pan.trail.push({ point: here, at: event.timeStamp })
    while (pan.trail.length > 2 && event.timeStamp - pan.trail[0]!.at > SPEED_MS) pan.trail.shift()
    const dx = pan.sideways ? here.x - pan.last.x : 0
    const dy = pan.upright ? here.y - pan.last.y : 0
    pan.last = here
    handlers.pan(dx, dy, here)
  }

  const end = (event: TouchEvent) => {
    clearTimeout(pressTimer)
    const was = gesture
    gesture = event.touches.length === 0 ? { name: 'none' } : { name: 'over' }
    switch (was.name) {
      case 'none':
        return
      case 'over':
        if (event.cancelable) event.preventDefault()
        return
      case 'pressed':
        if (was.stopped) handlers.fling(0, 0, was.from)
        // A tap that stopped a fling or was handled does not become a click.
        if ((event.type === 'touchcancel' || was.stopped || handlers.tap(was.from)) && event.cancelable)
          event.preventDefault()
        return
      case 'drag':
        event.preventDefault()
        return handlers.dragEnd()
      case 'pan': {
        event.preventDefault()
        const [vx, vy] = speed(was.trail, event.timeStamp)
        return handlers.fling(was.sideways ? vx : 0, was.upright ? vy : 0, was.last)
      }
      case 'pinch': {
        event.preventDefault()
        handlers.pinchEnd()
        if (was.moved || event.type === 'touchcancel' || event.timeStamp - was.at > TAP_MS) return
        const twice = event.timeStamp - twoFingerTapAt < DOUBLE_TAP_MS
        twoFingerTapAt = twice ? Number.NEGATIVE_INFINITY : event.timeStamp
        if (twice) handlers.twoFingerDoubleTap()
      }
    }
  }

  // The browser's menu at a long press, and xterm.js's handling of it.
  const noMenu = (event: Event) => {
    if (gesture.name === 'none') return
    event.preventDefault()
    event.stopPropagation()
  }
  // Safari zooms the page whatever its style says.
  const noZoom = (event: Event) => event.preventDefault()

  element.addEventListener('touchstart', start, { passive: true })
  element.addEventListener('touchmove', move, { passive: false })
  element.addEventListener('touchend', end, { passive: false })
  element.addEventListener('touchcancel', end, { passive: false })
  element.addEventListener('contextmenu', noMenu, { capture: true })
  element.addEventListener('gesturestart', noZoom)
  return () => {
    clearTimeout(pressTimer)
    element.removeEventListener('touchstart', start)
    element.removeEventListener('touchmove', move)
    element.removeEventListener('touchend', end)
    element.removeEventListener('touchcancel', end)
    element.removeEventListener('contextmenu', noMenu, { capture: true })
    element.removeEventListener('gesturestart', noZoom)
  }
}

/** Speed in pixels per millisecond of a finger that lifts at `now`. */
export function speed(trail: readonly { point: Point; at: number }[], now: number): [number, number] {
  // If events are rare, the last two have to do.
  const first = trail.find(({ at }, index) => now - at <= SPEED_MS || index === trail.length - 2)
  const last = trail.at(-1)
  if (!first || !last || now - last.at > REST_MS || last.at <= first.at) return [0, 0]
  const ms = last.at - first.at
  return [(last.point.x - first.point.x) / ms, (last.point.y - first.point.y) / ms]
}

function point({ clientX, clientY }: Touch): Point {
  return { x: clientX, y: clientY }
}

function middle(touches: TouchList): Point {
  const [a, b] = [touches[0]!, touches[1]!]
  return { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 }
}

function apart(touches: TouchList): number {
  const [a, b] = [touches[0]!, touches[1]!]
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)
}

function atEdge({ x }: Point): boolean {
  return x < EDGE || x > document.documentElement.clientWidth - EDGE
}
