// Output made to grow a terminal's state: what it can cost, and that its keyframe makes the same screen all the same.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PENDING_BYTES } from '../../../main/host/screen/pending.ts'
import { KEYFRAME_BYTES } from '../../../main/host/screen/reduced-state.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { coreOf } from '../../../main/host/screen/xterm-internals.ts'
import {
  CLUSTER_CHARACTERS,
  LINK_ID_CHARACTERS,
  LINK_URI_CHARACTERS,
  LINKS_CHARACTERS,
  MAX_LINKS,
  STRING_CHARACTERS,
  TITLE_CHARACTERS,
} from '../../../terminal/xterm-bounds.ts'
import { scaledRuns } from '../../support/repeat.ts'
import { ATTACKS, repeatedStreams } from '../../support/terminal/attacks.ts'
import { describeTerminal } from '../../support/terminal/compare-terminals.ts'
import { keyframeDifferences } from '../../support/terminal/cut-and-replay.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const SIZE = { cols: 80, rows: 24 }

function screenOf(output: string, size = SIZE): Screen {
  const screen = new Screen(size)
  screen.write(bytesOf(output))
  return screen
}

/** Its keyframe, in a new terminal. */
function restored(screen: Screen): Screen {
  const { vt, pending, cols, rows } = screen.keyframe()
  expect(vt.length).toBeLessThanOrEqual(KEYFRAME_BYTES)
  expect(pending.length).toBeLessThanOrEqual(PENDING_BYTES)
  const copy = new Screen({ cols, rows })
  copy.write(vt)
  copy.write(pending)
  return copy
}

describe('case 92: output made to grow a terminal', () => {
  it.each(ATTACKS.map(attack => [attack.name, attack] as const))(
    'leaves a bounded keyframe of the same screen: %s',
    (_name, { make }) => {
      const screen = screenOf(make(100_000))
      const copy = restored(screen)
      expect(copy.lines()).toEqual(screen.lines())
      expect(JSON.stringify(screen.view()).length).toBeLessThan(200_000)
      expect(screen.lastLine().length).toBeLessThanOrEqual(400)
    },
  )

  it('leaves a bounded keyframe whatever is repeated', () => {
    fc.assert(
      fc.property(repeatedStreams, make => {
        const screen = screenOf(make(50_000))
        const { vt, pending } = screen.keyframe()
        expect(vt.length).toBeLessThanOrEqual(KEYFRAME_BYTES)
        expect(pending.length).toBeLessThanOrEqual(PENDING_BYTES)
        screen.dispose()
      }),
      scaledRuns(40),
    )
  })

  it('makes the same terminal from a keyframe and from the whole log', () => {
    const before = ATTACKS.filter(({ name }) => /link|mark|title|OSC|DCS|palette/.test(name)).map(({ make }) =>
      make(20_000),
    )
    for (const output of before)
      expect(
        keyframeDifferences({
          size: SIZE,
          scrollback: 50,
          before: [output],
          after: ['\x1b\\more\r\n'],
          cut: 0,
          junk: [],
        }),
      ).toEqual([])
  })
})

describe('a terminal keeps', () => {
  const links = (screen: Screen) =>
    [...coreOf(screen.terminal)._oscLinkService._dataByLinkId.values()].map(({ data }) => data)

  it('the links that VTE does, and no longer ones', () => {
    const uri = (length: number) => `http://${'u'.repeat(length - 7)}`
    const open = (length: number, id = '') => `\x1b]8;${id};${uri(length)}\x07x\x1b]8;;\x07`
    expect(links(screenOf(open(LINK_URI_CHARACTERS)))).toHaveLength(1)
    expect(links(screenOf(open(LINK_URI_CHARACTERS + 1)))).toHaveLength(0)
    expect(links(screenOf(open(50, `id=${'i'.repeat(LINK_ID_CHARACTERS - 3)}`)))).toHaveLength(1)
    expect(links(screenOf(open(50, `id=${'i'.repeat(LINK_ID_CHARACTERS)}`)))).toHaveLength(0)
    // A link that is too long ends the one before it.
    const screen = screenOf(`\x1b]8;;http://a\x07a\x1b]8;;${uri(5000)}\x07b`)
    expect(describeTerminal(screen.terminal)['normal[0]']).toMatch(/a1\(.*http:\/\/a\) b1 _1/)
  })

  it('a bounded number of links', () => {
    const many = screenOf(Array.from({ length: 5000 }, (_, i) => `\x1b]8;;http://${i}\x07x`).join(''))
    expect(links(many)).toHaveLength(MAX_LINKS)
    expect(links(many).at(-1)!.uri).toBe('http://4999')
    const long = screenOf(
      Array.from({ length: 1000 }, (_, i) => `\x1b]8;;http://${i}${'u'.repeat(2000)}\x07x`).join(''),
    )
    expect(links(long).reduce((sum, { uri }) => sum + uri.length, 0)).toBeLessThanOrEqual(LINKS_CHARACTERS)
    many.write(bytesOf('\x1bc'))
    expect(links(many)).toHaveLength(0)
  })

  it('titles, clusters and strings of bounded length', () => {
    const screen = screenOf(`\x1b]0;${'t'.repeat(5000)}\x07a${'\u0301'.repeat(1000)}`)
    const { _windowTitle, _iconName } = coreOf(screen.terminal)._inputHandler
    expect([_windowTitle.length, _iconName.length]).toEqual([TITLE_CHARACTERS, TITLE_CHARACTERS])
    expect(screen.lines()[0]!.length).toBeLessThanOrEqual(CLUSTER_CHARACTERS + 1)
    const title = (length: number) =>
      coreOf(screenOf(`\x1b]2;${'t'.repeat(length)}\x07`).terminal)._inputHandler._windowTitle
    expect(title(STRING_CHARACTERS - 2)).not.toBe('')
    expect(title(STRING_CHARACTERS + 1)).toBe('')
  })
})

describe('a keyframe that would be too long', () => {
  const huge = (one: (i: number) => string, size = { cols: 400, rows: 200 }, rows = 1200) =>
    screenOf(Array.from({ length: size.cols * rows }, (_, i) => one(i)).join(''), size)
  const colors = (screen: Screen) => {
    const described = describeTerminal(screen.terminal)
    const isColored = (y: number) => String(described[`normal[${y}]`]).includes('(')
    return { scrollback: isColored(0), screen: isColored(Number(described['normal.lines']) - 1) }
  }
  const linkCount = (screen: Screen) => coreOf(screen.terminal)._oscLinkService._dataByLinkId.size
  const rowsAbove = (screen: Screen) => coreOf(screen.terminal)._bufferService.buffers.normal.ybase

  it('loses links first', () => {
    const uri = `http://${'u'.repeat(2000)}`
    const copy = restored(screenOf(`\x1b[32m${`\x1b]8;id=a;${uri}\x07x\x1b]8;;\x07y`.repeat(3000)}`))
    expect([linkCount(copy), colors(copy), rowsAbove(copy) > 0]).toEqual([0, { scrollback: true, screen: true }, true])
  })

  it('loses the colors of the scrollback next', () => {
    const copy = restored(
      huge(
        i => `\x1b[38;2;${i % 256};${(i >> 8) % 256};9;48;2;${i % 255};9;9m${i % 10}`,
        { cols: 200, rows: 50 },
        2000,
      ),
    )
    expect([colors(copy), rowsAbove(copy)]).toEqual([{ scrollback: false, screen: true }, 1000])
  })

  it('then the scrollback', () => {
    const copy = restored(
      huge(
        i => `\x1b[38;2;${i % 256};${(i >> 8) % 256};9m${i % 10}${'\u0301'.repeat(12)}`,
        { cols: 400, rows: 50 },
        1100,
      ),
    )
    expect([colors(copy), rowsAbove(copy)]).toEqual([{ scrollback: true, screen: true }, 0])
  })

  it('and at last the colors and combining marks of the screen, but none of its text', () => {
    const bare = huge(
      i => `\x1b[3${i % 8};4:3;58;5;${i % 256}m${i % 10}${'\u0301'.repeat(31)}`,
      { cols: 1000, rows: 100 },
      100,
    )
    const copy = restored(bare)
    expect(colors(copy).screen).toBe(false)
    expect(copy.lines()[50]!.replace(/\u0301/g, '')).toBe(bare.lines()[50]!.replace(/\u0301/g, ''))
  })

  it('is restored on the alternate screen too', () => {
    const uri = `http://${'u'.repeat(2000)}`
    const screen = screenOf(`\x1b[?1049h${`\x1b]8;id=a;${uri}\x07x\x1b]8;;\x07y`.repeat(960)}`.repeat(3), {
      cols: 200,
      rows: 60,
    })
    const copy = restored(screen)
    expect(copy.altScreen).toBe(true)
    expect(copy.lines()).toEqual(screen.lines())
  })
})
