// What a keyframe leaves out that would be too long, in steps: each leaves out what those before it do, too.
import type { Core, CoreBuffer, Line } from './xterm-internals.ts'

/**
 * The longest keyframe, uncompressed: the scrollback of a wide window in which every word has a color of its own has about
 * this much. A phone paints it in half a second.
 */
export const KEYFRAME_BYTES = 4 * 1024 * 1024

/** In this order. Without all of them, the largest screen is at most 4 bytes a cell. */
export const REDUCTIONS = ['links', 'scrollback_colors', 'scrollback', 'colors', 'combining_marks'] as const

export type Reduction = (typeof REDUCTIONS)[number]

const FG = 1
const BG = 2
const COMBINED = 0x200000
const CONTENT = 0x3fffff

/** The same terminal as far as a snapshot reads it, without what the first `steps` reductions leave out. Its cells are copies. */
export function reducedState(core: Core, steps: number): Core {
  if (steps === 0) return core
  const left = new Set<Reduction>(REDUCTIONS.slice(0, steps))
  const { buffers } = core._bufferService
  const normal = reducedBuffer(buffers.normal, left)
  const alt = reducedBuffer(buffers.alt, left)
  const active = buffers.active === buffers.alt ? alt : normal
  return derived(core, {
    _bufferService: derived(core._bufferService, { buffers: { normal, alt, active } }),
    _oscLinkService: { _dataByLinkId: new Map() }, // a link that is not there is drawn as plain text
  })
}

function reducedBuffer(buffer: CoreBuffer, left: ReadonlySet<Reduction>): CoreBuffer {
  const { lines, ybase, savedY } = buffer
  const skip = left.has('scrollback') ? ybase : 0
  return derived(buffer, {
    lines: {
      length: lines.length - skip,
      maxLength: lines.maxLength,
      get: (index: number) => {
        const line = lines.get(index + skip)
        const isPlain = left.has('colors') || (left.has('scrollback_colors') && index + skip < ybase)
        return line && isPlain ? reducedLine(line, left.has('combining_marks')) : line
      },
    },
    ybase: ybase - skip,
    savedY: Math.max(0, savedY - skip),
  })
}

function reducedLine(line: Line, isBare: boolean): Line {
  const data = line._data.slice()
  for (let cell = 0; cell < data.length; cell += 3) {
    data[cell + FG] = 0
    data[cell + BG] = 0
    const content = data[cell]!
    if (isBare && content & COMBINED)
      data[cell] = (content & ~CONTENT) | (line._combined[cell / 3]?.codePointAt(0) ?? 0)
  }
  return derived(line, { _data: data, _extendedAttrs: {} })
}

/** `changes` over `original`. */
function derived<T extends object>(original: T, changes: Partial<T>): T {
  return Object.defineProperties(Object.create(original), Object.getOwnPropertyDescriptors(changes)) as T
}
