// The name of the program in the foreground, by its command line as Linux has it.
import { describe, expect, it } from 'vitest'
import { programOf } from '../../../main/host/session/activity/foreground.ts'

describe('the name of a program', () => {
  const modules = '/home/me/.npm/lib/node_modules'
  it.each([
    ['gemini', ['node', `${modules}/.bin/gemini`]],
    ['gemini', ['node', '--no-warnings=DEP0040', '--max-old-space-size=4096', '/usr/local/bin/gemini', '-m', 'pro']],
    ['gemini', ['/usr/bin/node', `${modules}/@google/gemini-cli/bundle/gemini.js`]],
    ['gemini-cli', ['/usr/bin/node', `${modules}/@google/gemini-cli/dist/index.js`]],
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
})
