import { expect, it } from 'vitest'
import { Pty } from '../../../main/host/session/pty.ts'

/** Runs a script to its end; `read` receives the number of bytes so far after each read. */
function run(
  script: string,
  read: (bytes: number, pty: Pty) => void = () => {},
): Promise<{ text: string; exitCode: number | null }> {
  return new Promise(resolve => {
    let output = Buffer.alloc(0)
    const env = { PATH: process.env.PATH ?? '' }
    const pty: Pty = new Pty(
      { command: ['/bin/sh', '-c', script], cwd: '/', env, cols: 80, rows: 24 },
      {
        data: bytes => {
          output = Buffer.concat([output, bytes])
          read(output.length, pty)
        },
        exit: exitCode => resolve({ text: output.toString(), exitCode }),
      },
    )
  })
}

const block = (milliseconds: number) => {
  for (const start = performance.now(); performance.now() - start < milliseconds; );
}

it('reads the last output of a program that has ended, however busy this process is', async () => {
  const expected = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('')
  // Towards the end every read takes longer than node-pty waits after the exit.
  const { text, exitCode } = await run('stty -opost; seq 1 100000; exit 7', bytes => block(bytes > 540_000 ? 300 : 1))
  expect(text === expected).toBe(true)
  expect(exitCode).toBe(7)
})

it('reports the end of a program that leaves another one printing on its terminal', async () => {
  const { text, exitCode } = await run('trap "" HUP; (while echo still here; do sleep 0.01; done) & exit 3')
  expect(exitCode).toBe(3)
  expect(text).toMatch(/^still here/)
})

it('reads a flood in large chunks, complete and in order, even when it is paused repeatedly', async () => {
  const expected = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('')
  const sizes: number[] = []
  let before = 0
  let paused = false
  let cameWhilePaused = 0
  const { text } = await run('stty -opost; exec seq 1 100000', (bytes, pty) => {
    sizes.push(bytes - before)
    before = bytes
    block(1)
    if (paused) cameWhilePaused++
    if (sizes.length % 3 > 0) return
    paused = true
    pty.pause()
    setTimeout(() => {
      paused = false
      pty.resume()
    }, 2)
  })
  expect(cameWhilePaused).toBe(0)
  expect(text === expected).toBe(true)
  // Linux returns a terminal's output in chunks of 4 KiB.
  if (process.platform === 'linux') expect(Math.max(...sizes)).toBeGreaterThan(8 * 1024)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(64 * 1024)
})

it.skipIf(process.platform === 'win32')(
  'removes a whole character at Backspace where a program reads lines without an editor of its own',
  async () => {
    let typed = false
    const { text } = await run('stty -echo; echo ready; IFS= read -r line; printf "<%s>" "$line"', (_bytes, pty) => {
      if (typed) return
      typed = true
      pty.write(Buffer.from('aé\x7fb漢字\x7f🙂\x7f\n'))
    })
    expect(text).toContain('<ab漢>')
  },
)

it('passes bytes on as they are, also those that are not UTF-8', async () => {
  let bytes = Buffer.alloc(0)
  await new Promise<void>(resolve => {
    new Pty(
      {
        ...{
          command: ['/bin/sh', '-c', "stty -opost; printf '\\303\\050\\377\\342\\202'"],
          cwd: '/',
          cols: 80,
          rows: 24,
        },
        env: { PATH: process.env.PATH ?? '' },
      },
      { data: data => (bytes = Buffer.concat([bytes, data])), exit: () => resolve() },
    )
  })
  expect(bytes.toString('hex')).toBe('c328ffe282')
})
