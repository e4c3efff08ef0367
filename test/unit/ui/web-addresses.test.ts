import headless from '@xterm/headless'
import { describe, expect, it } from 'vitest'
import { addressAt, addressesOn } from '../../../ui/terminal/web-addresses.ts'

async function bufferOf(text: string, cols = 40) {
  const term = new headless.Terminal({ cols, rows: 20, allowProposedApi: true })
  await new Promise<void>(resolve => term.write(text, resolve))
  return term.buffer.active
}

const on = async (text: string, row = 0, cols = 40) =>
  addressesOn((await bufferOf(text, cols)) as never, cols, row).map(({ text }) => text)

const LOGIN =
  'https://claude.ai/oauth/authorize?code=true&client_id=9d1c250a-e61b-44d9-88ed&response_type=code&scope=org%3Acreate'

/** As a program breaks it at `width`, with what it writes before and behind each row. */
const broken = (text: string, width: number, before = '', behind = '') =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map(part => `${before}${part}${behind}`).join('\r\n')

describe('web addresses', () => {
  it.each([
    ['see https://example.com/a.', ['https://example.com/a']],
    ['(https://example.com/a_(b))', ['https://example.com/a_(b)']],
    ['<http://a.example>, "http://b.example"', ['http://a.example', 'http://b.example']],
    ['https://example.com/?q=1&r=[2]!', ['https://example.com/?q=1&r=[2]']],
    ['http://[::1]:8080/x', ['http://[::1]:8080/x']],
    ['https:// and ftp://a.example', []],
    ['漢字 https://例え.jp/漢字 end', ['https://例え.jp/漢字']],
    ['│ https://example.com/a │', ['https://example.com/a']],
  ])('%s', async (text, found) => {
    expect(await on(text)).toEqual(found)
  })

  it.each([40, 57, 80])('are whole where the terminal wraps them at %i columns', async cols => {
    for (const row of [0, 1]) expect(await on(`go: ${LOGIN} now`, row, cols)).toEqual([LOGIN])
  })

  it.each([
    ['at the edge', broken(LOGIN, 40)],
    ['with padding', broken(LOGIN, 36, '  ')],
    ['in a box', broken(LOGIN, 36, '│ ', ' │')],
    ['after a text', `Open: ${broken(`      ${LOGIN}`, 40).trimStart()}`],
    ['between texts', `Browser did not open? Use\r\n${broken(LOGIN, 40)}\r\n\r\nPaste code here`],
    ['before a text', `${broken(LOGIN, 40)}\r\nPaste code here if prompted`],
  ])('are whole where a program has broken them %s', async (_, text) => {
    const rows = text.split('\r\n')
    const own = rows.flatMap((row, y) => (/https|[%&]|^[│ ]*[\w-]+[ │]*$/.test(row) ? [y] : []))
    for (const y of own) expect(await on(text, y)).toEqual([LOGIN])
  })

  it.each([
    ['what follows is a sentence', `https://example.com/${'a'.repeat(20)}\r\nwas opened in the browser`],
    ['what follows is a word', `https://example.com/${'a'.repeat(20)}\r\ndone.`],
    ['what follows is another one', `https://example.com/${'a'.repeat(20)}\r\nhttps://example.org/b`],
    ['what follows is elsewhere', `https://example.com/${'a'.repeat(20)}\r\n           x=1`],
    ['it does not reach the edge', 'https://example.com/aaa\r\nb=1'],
  ])('end where %s', async (_, text) => {
    expect((await on(text))[0]).toBe(/^\S+/.exec(text)![0])
  })

  it('are found at their cells alone', async () => {
    const buffer = (await bufferOf('漢 https://example.com/a b')) as never
    expect(addressAt(buffer, 40, { x: 2, y: 0 })).toBeUndefined()
    expect(addressAt(buffer, 40, { x: 3, y: 0 })).toEqual({
      text: 'https://example.com/a',
      start: { x: 3, y: 0 },
      end: { x: 24, y: 0 },
    })
    expect(addressAt(buffer, 40, { x: 24, y: 0 })).toBeUndefined()
  })

  it('have a bound where rows never end', async () => {
    const term = new headless.Terminal({ cols: 10, rows: 5, scrollback: 5000, allowProposedApi: true })
    await new Promise<void>(resolve => term.write(`https://${'a'.repeat(40_000)}`, resolve))
    const [found] = addressesOn(term.buffer.active as never, 10, 2)
    expect(found!.text.length).toBeLessThan(1000)
  })
})
