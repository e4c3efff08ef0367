// What the terminal that was left showed last: it lies over the next one until that has something to show, so that a
// switch is one change to the eye. Knows no sessions.

/** Longer than this nobody is shown something that is not so any more. */
const MOST_MS = 1_000

interface Picture {
  element: HTMLElement
  dispose: () => void
}

let picture: Picture | undefined

/** `box` leaves the page; whoever comes next may show it for a moment. `dispose` is called when nobody does any more. */
export function leavePicture(box: HTMLElement, dispose: () => void): void {
  drop()
  const { clientWidth, clientHeight } = box
  // Its size stays, also in a stage that is a line lower: it is a picture now, and is not laid out again.
  box.style.inset = '0 auto auto 0'
  box.style.width = `${clientWidth}px`
  box.style.height = `${clientHeight}px`
  box.classList.add('last-picture')
  box.inert = true
  const left: Picture = { element: box, dispose }
  picture = left
  // What comes in its place does so in this same task.
  queueMicrotask(() => {
    if (picture === left && !box.isConnected) drop()
  })
}

/** Puts it over what is in `stage` until `shown` has come to an end, whichever. */
export function coverWithPicture(stage: HTMLElement, shown: Promise<unknown>): void {
  const mine = picture
  if (!mine) return
  stage.append(mine.element)
  const done = () => picture === mine && drop()
  const timer = setTimeout(done, MOST_MS)
  const seen = () => {
    clearTimeout(timer)
    done()
  }
  // Drawn in the frame after the one in which it is told.
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(seen))
  shown.then(drawn, drawn)
}

function drop(): void {
  const gone = picture
  picture = undefined
  gone?.element.remove()
  gone?.dispose()
}
