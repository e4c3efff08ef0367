// The name of the program in the foreground, by its command line as Linux has it.
import { describe, expect, it } from 'vitest'
import { programOf } from '../../../main/host/session/activity/foreground.ts'

/** Of a path, in characters: with a time that grows with its square, this takes minutes. */
const LONGEST = 1_000_000

describe('the name of a program', () => {
  const modules = '/home/me/.npm/lib/node_modules'
  it.each([
    ['gemini', ['node', `${modules}/.bin/gemini`]],
    ['gemini', ['node', '--no-warnings=DEP0040', '--max-old-space-size=4096', '/usr/local/bin/gemini', '-m', 'pro']],
    ['gemini', ['/usr/bin/node', `${modules}/@google/gemini-cli/bundle/gemini.js`]],
    ['gemini-cli', ['/usr/bin/node', `${modules}/@google/gemini-cli/dist/index.js`]],
    ['inner', ['node', `${modules}/outer/node_modules/inner/index.js`]],
    ['outer', ['node', `${modules}/outer/node_modules/index.js`]],
    ['index', ['node', 'node_modules/index.js']],
    ['index', ['node', 'index.js']],
    ['index', ['node', '/index.js']],
    ['gemini-cli', ['npm exec @google/gemini-cli']],
    ['gemini-cli', ['npm exec @google/gemini-cli@latest']],
    ['codex', ['npm exec @openai/codex exec']],
    ['opencode', ['opencode', '--continue']],
    ['opencode', [`${modules}/opencode-linux-x64/bin/opencode`]],
    ['opencode-ai', ['npm exec opencode-ai']],
    ['copilot', ['node', `${modules}/.bin/copilot`]],
    ['aider', ['/usr/bin/python3', '/home/me/.local/bin/aider', '--model', 'x']],
    ['aider', ['/home/me/.local/share/uv/tools/aider-chat/bin/python', '/home/me/.local/bin/aider']],
    ['npm run build', ['npm run build']],
    ['npm exec', ['npm exec']],
    ['bash', ['-bash']],
    ['python3', ['python3', '-m', 'aider']],
  ])('is %s for %j', (name, argv) => {
    expect(programOf(argv)).toBe(name)
  })

  // What a program makes of its own command line must not hold up the host: it is looked at again and again.
  it.each([
    ['of folders', 'node_modules/@'.repeat(LONGEST / 14)],
    ['of packages without a name', 'node_modules/'.repeat(LONGEST / 13)],
    ['of slashes', '/'.repeat(LONGEST)],
    ['of letters', 'x'.repeat(LONGEST)],
    ['of dots', '.'.repeat(LONGEST)],
    ['of minus signs', '-'.repeat(LONGEST)],
    ['of npm exec', 'npm exec @'.repeat(LONGEST / 10)],
  ])('is found at once in a megabyte %s', (_what, long) => {
    for (const argv of [[long], ['node', `x${long}`], ['node', `x${long}/index.js`], ['node', `x${long}/index`]])
      expect(typeof programOf(argv)).toBe('string')
  })
})
