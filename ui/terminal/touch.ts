// What fingers do on an element: pan and let go, hold and drag, pinch, tap twice with two. Knows no terminal: who owns the
// element says what comes of it.

export interface Point {
  /** As in a touch: CSS pixels in the window. */
  x: number
  y: number
}

export interface GestureHandlers {
  /** The first finger is down. True: it stopped something that moved, so it is no tap. */
  touchDown(at: Point): boolean
  /** A finger left where it had come down. True: that was for us, and becomes no click. */
  tap(at: Point): boolean
  /** How far the content goes along with the finger; positive: down and to the right. */
  pan(dx: number, dy: number, at: Point): void
  /** The finger left, at this speed in pixels a millisecond. */
  fling(vx: number, vy: number, at: Point): void
  /** A finger rests. True: it drags from here on. */
  longPress(at: Point): boolean
  drag(at: Point): void
  dragEnd(): void
  pinchStart(at: Point): void
  /** `scale`: how much wider the fingers are apart than at first; `at`: between them. */
  pinch(scale: number, at: Point): void
  pinchEnd(): void
  /** Two fingers, twice. */
  twoFingerDoubleTap(): void
  /** Whether a pan to the side would move anything; at the edges of a phone the browser has its own use for one. */
  canPanSideways(): boolean
}

/** A finger that moves less than this still taps. */
const SLOP = 8
/** Shorter is a tap, longer makes people wonder whether anything happens. */
const HOLD_MS = 450
/** What a finger did just before it left says how fast it was; one event alone says nothing. */
const SPEED_MS = 80
/** A finger that rested this long before it left wants no momentum. */
const REST_MS = 60
/** A pan that is so much steeper than wide (or the other way round) goes one way only. */
const ONE_WAY = 2
/** Where browsers take a swipe from the side for Back. */
const EDGE = 20
/** Two fingers: how long they may be down, and how long until they are down again. */
const TAP_MS = 250
const TWICE_MS = 400

type Gesture =
  | { name: 'none' }
  | { name: 'pressed'; from: Point; at: number; stopped: boolean }
  | { name: 'pan'; last: Point; sideways: boolean; upright: boolean; trail: { point: Point; at: number }[] }
  | { name: 'drag' }
  | { name: 'pinch'; apart: number; at: number; from: Point; moved: boolean }
  /** The rest of a gesture that is over: fingers that still lie there mean nothing. */
  | { name: 'over' }

export function onGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  let gesture: Gesture = { name: 'none' }
  let holdTimer: ReturnType<typeof setTimeout> | undefined
  let twoTapped = Number.NEGATIVE_INFINITY

  const start = (event: TouchEvent) => {
    clearTimeout(holdTimer)
    const { touches } = event
    if (touches.length === 1) {
      const from = point(touches[0]!)
      const stopped = handlers.touchDown(from)
      gesture = { name: 'pressed', from, at: event.timeStamp, stopped }
      if (stopped) return
      holdTimer = setTimeout(() => {
        if (gesture.name === 'pressed' && handlers.longPress(from)) gesture = { name: 'drag' }
      }, HOLD_MS)
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
        clearTimeout(holdTimer)
        const steep = Math.abs(dy) > ONE_WAY * Math.abs(dx)
        const flat = Math.abs(dx) > ONE_WAY * Math.abs(dy)
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
    // From here on it is no tap: no emulated mouse, no focus, no keyboard.
    event.preventDefault()
    pan.trail.push({ point: here, at: event.timeStamp })
    while (pan.trail.length > 2 && event.timeStamp - pan.trail[0]!.at > SPEED_MS) pan.trail.shift()
    const dx = pan.sideways ? here.x - pan.last.x : 0
    const dy = pan.upright ? here.y - pan.last.y : 0
    pan.last = here
    handlers.pan(dx, dy, here)
  }

  const end = (event: TouchEvent) => {
    clearTimeout(holdTimer)
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
        // A tap that stopped a glide, or that somebody took, becomes no click.
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
        const twice = event.timeStamp - twoTapped < TWICE_MS
        twoTapped = twice ? Number.NEGATIVE_INFINITY : event.timeStamp
        if (twice) handlers.twoFingerDoubleTap()
      }
    }
  }

  // The menu that a browser opens at a long press, and xterm's own answer to it.
  const noMenu = (event: Event) => {
    if (gesture.name === 'none') return
    event.preventDefault()
    event.stopPropagation()
  }
  // Safari pinches the page whatever its style says.
  const noZoom = (event: Event) => event.preventDefault()

  element.addEventListener('touchstart', start, { passive: true })
  element.addEventListener('touchmove', move, { passive: false })
  element.addEventListener('touchend', end, { passive: false })
  element.addEventListener('touchcancel', end, { passive: false })
  element.addEventListener('contextmenu', noMenu, { capture: true })
  element.addEventListener('gesturestart', noZoom)
  return () => {
    clearTimeout(holdTimer)
    element.removeEventListener('touchstart', start)
    element.removeEventListener('touchmove', move)
    element.removeEventListener('touchend', end)
    element.removeEventListener('touchcancel', end)
    element.removeEventListener('contextmenu', noMenu, { capture: true })
    element.removeEventListener('gesturestart', noZoom)
  }
}

/** Pixels a millisecond, of a finger that leaves `now`. */
export function speed(trail: readonly { point: Point; at: number }[], now: number): [number, number] {
  // Where events come seldom the last two have to do.
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
