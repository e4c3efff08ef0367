// The last frame of the terminal that was left. It covers the next terminal until that has content, so that a switch is a
// single visual change.

/** Milliseconds after which an outdated frame is removed. */
const MAX_MS = 1_000

interface LastFrame {
  element: HTMLElement
  dispose: () => void
}

let frame: LastFrame | undefined

/** Keeps `box`, which leaves the page, for the next terminal. `dispose` is called when it is no longer shown. */
export function keepLastFrame(box: HTMLElement, dispose: () => void): void {
  drop()
  const { clientWidth, clientHeight } = box
  // Keeps its size in a stage of another height: it is not laid out again.
  box.style.inset = '0 auto auto 0'
  box.style.width = `${clientWidth}px`
  box.style.height = `${clientHeight}px`
  box.classList.add('last-frame')
  box.inert = true
  const kept: LastFrame = { element: box, dispose }
  frame = kept
  // The next terminal is mounted in this same task.
  queueMicrotask(() => {
    if (frame === kept && !box.isConnected) drop()
  })
}

/** Covers `stage` with it until `shown` settles. */
export function coverWithLastFrame(stage: HTMLElement, shown: Promise<unknown>): void {
  const mine = frame
  if (!mine) return
  stage.append(mine.element)
  const done = () => frame === mine && drop()
  const timer = setTimeout(done, MAX_MS)
  const seen = () => {
    clearTimeout(timer)
    done()
  }
  // The content is drawn in the frame after the one that reports it.
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(seen))
  shown.then(drawn, drawn)
}

function drop(): void {
  const dropped = frame
  frame = undefined
  dropped?.element.remove()
  dropped?.dispose()
}
