// States in which a program that died leaves a terminal, and how the host ends them: in its screen, in every client's, in keyframes.
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { bytesOf, cleanUp, localClient, Recorder, sharedHost, until } from '../support/host.ts'

afterEach(cleanUp)

const host = sharedHost(() => ({ shell: ['/bin/bash', '--norc', '--noprofile', '-i'] }))

interface Opened {
  client: LocalClient
  session_id: string
  shown: Recorder
  type(text: string): void
  screen(): Promise<string>
}

async function open(command?: string[]): Promise<Opened> {
  const client = localClient(host())
  const { session_id } = await client.create(command ? { command } : {})
  const shown = new Recorder()
  const view = client.attach(session_id, shown)
  return {
    client,
    session_id,
    shown,
    type: text => view.type(bytesOf(text)),
    screen: async () => (await client.screen(session_id)).lines.join('\n'),
  }
}

/** What a client that attaches now is sent first. */
async function keyframe({ client, session_id }: Opened): Promise<string> {
  const shown = new Recorder()
  const view = client.attach(session_id, shown, { history_bytes: 0 })
  await new Promise<void>(resolve => view.on('caught_up', () => resolve()))
  client.detach(view)
  return shown.text
}

describe.skipIf(process.platform === 'win32')('a string sequence without an end', () => {
  // Plain prompts: those of readline begin with a sequence, which ends any string.
  const BEGINNINGS = {
    OSC: '\\033]0;title',
    DCS: '\\033Pq',
    APC: '\\033_G',
    PM: '\\033^x',
    SOS: '\\033Xx',
    'C1 OSC': '\\302\\2352;x',
  }

  it('swallows what follows for some seconds only, everywhere alike', { timeout: 40_000 }, async () => {
    const opened = await Promise.all(
      Object.values(BEGINNINGS).map(begin =>
        open(['/bin/sh', '-c', `printf '${begin}'; echo swallowed; read line; printf 'after %s' "$line"; cat`]),
      ),
    )
    await Promise.all(
      opened.map(async one => {
        await one.shown.shows('swallowed')
        await one.shown.shows('\x18')
        one.type('this\r')
        await until(async () => /after this/.test(await one.screen()), 'what follows')
        expect(await keyframe(one)).toContain('after this')
        expect(one.shown.text.match(/\x18/g)).toHaveLength(1)
      }),
    )
  })

  it('is not cut while it is being sent slowly', { timeout: 40_000 }, async () => {
    const piece = `head -c 6000 /dev/zero | tr '\\0' x`
    const one = await open([
      '/bin/sh',
      '-c',
      `printf '\\033]1337;'; ${piece}; sleep 4; ${piece}; sleep 4; printf '\\007end'; cat`,
    ])
    await until(async () => /end/.test(await one.screen()), 'the end')
    expect(await one.screen()).toMatch(/^end/)
    expect(one.shown.text).not.toContain('\x18')
  })
})

describe.skipIf(process.platform === 'win32')('synchronized output', () => {
  it('ends after a second without its end, and is in no keyframe', { timeout: 20_000 }, async () => {
    const one = await open(['/bin/sh', '-c', "printf '\\033[?2026hdrawn'; exec cat"])
    await one.shown.shows('drawn')
    expect((await keyframe(one)).replace(/^.*\x1bc/s, '')).not.toMatch(/\?[\d;]*2026/)
    await one.shown.shows('\x1b[?2026l')
  })

  it('is left to a program that ends it in time, however often', async () => {
    const frames =
      "i=0; while [ $i -lt 60 ]; do printf '\\033[?2026h%s\\033[?2026l' $i; sleep 0.03; i=$((i+1)); done; printf done; cat"
    const one = await open(['/bin/sh', '-c', frames])
    await one.shown.shows('done')
    expect(one.shown.text.match(/\x1b\[\?2026l/g)).toHaveLength(60)
  })
})

describe.skipIf(process.platform !== 'linux')('a full-screen program that is killed', () => {
  const modes = async (one: Opened) => {
    // The last keyframe after all that was printed.
    await one.client.screen(one.session_id)
    return (await keyframe(one)).replace(/^.*\x1bc/s, '')
  }

  it('leaves no mouse, paste, cursor or screen mode at the prompt of bash', { timeout: 30_000 }, async () => {
    const one = await open()
    await one.shown.shows('$ ')
    one.type(`vim -u NONE -N -n -c 'set mouse=a' -c "call system('kill -9 ' .. getpid())" /etc/hostname\r`)
    await until(async () => {
      const state = await modes(one)
      return (
        /Killed/.test(one.shown.text) && !/\?[\d;]*(?:9|100[0236]|1004)[;h]/.test(state) && !/\?47h.*\?47h/s.test(state)
      )
    }, 'the modes to be reset')
    one.type('echo still $((6 * 7))\r')
    await until(async () => /^still 42$/m.test(await one.screen()), 'the shell')
    // The shell's own: set again at its prompt.
    expect(await modes(one)).toMatch(/\?[\d;]*2004[;h]/)
  })

  it('leaves nothing on that it set in any way, and nothing is reset while it lives or is only stopped', {
    timeout: 30_000,
  }, async () => {
    const one = await open(['/bin/sh', '-i'])
    await one.shown.shows(/[$#] $/)
    const mess =
      '\\033[?1h\\033=\\033[?1003h\\033[?1006h\\033[?1004h\\033[?2004h\\033[?25l\\033[?7l\\033[4h\\033[5 q\\033[>7u\\033[>4;2m\\033[3;9r'
    one.type(`/bin/bash -c "printf '${mess}in it'; exec sleep 1000"\r`)
    await one.shown.shows('\x1b[3;9rin it')
    const before = await modes(one)
    expect(before).toMatch(/\x1b\[\?1;66;1003;1004;1006;2004h/)
    one.type('\x1a')
    await one.shown.shows(/Stopped/)
    // Longer than the host waits for quiet.
    one.type('sleep 0.3; echo res""ted\r')
    await one.shown.shows('rested')
    expect(await modes(one)).toMatch(/\x1b\[\?1;66;1003;1004;1006;2004h/)
    one.type('fg\r')
    await one.shown.shows(/fg\r\n[\s\S]*sleep/)
    one.type('\x03')
    await until(async () => !/\x1b\[\?1;66/.test(await modes(one)), 'the modes to be reset')
    const after = await modes(one)
    expect(after).not.toMatch(/\x1b\[\?[\d;]*(?:66|100[346]|2004)[;h]/)
    expect(after).toContain('\x1b[?25h')
    expect(after).not.toContain('\x1b[?7l')
    expect(after).not.toContain('\x1b[4h')
    expect(after).not.toMatch(/\x1b\[[1-6] q/)
    expect(after).not.toContain('\x1b[3;9r')
    expect(after).not.toMatch(/\x1b\[>(?:7u|4;2m)/)
  })

  it('takes nothing from less and vim that end by themselves', { timeout: 30_000 }, async () => {
    const one = await open()
    await one.shown.shows('$ ')
    for (const command of ['less /etc/passwd', 'vim -u NONE -N -n /etc/hostname']) {
      one.type(`echo before; ${command}\r`)
      await until(async () => !(await one.screen()).includes('echo before'), command)
      one.type(command.startsWith('less') ? 'q' : ':q\r')
      // The prompt, not only the main screen: vim throws away what is typed while it ends.
      await until(async () => /echo before[^\n]*\nbefore\n\S*\$\s*$/.test(await one.screen()), 'the prompt')
    }
    one.type('echo over\r')
    await until(async () => /^over$/m.test(await one.screen()), 'the shell')
    expect((await one.screen()).match(/^before$/gm)).toHaveLength(2)
    expect(one.shown.text.match(/\x1b\[\?1049l/g)).toHaveLength(2)
  })
})

describe.skipIf(process.platform === 'win32')('Reset terminal', () => {
  it('resets every mode, leaves the alternate screen and any sequence, and keeps what is printed', {
    timeout: 20_000,
  }, async () => {
    const mess =
      '\\033[?1;6;1003;1006;1004;2004;2026h\\033=\\033[?25l\\033[?7l\\033[4h\\033[5 q\\033[=1u\\033[>7u\\033[>4;2m\\033[3;9r\\033[31m\\033(0\\033[3g'
    const one = await open([
      '/bin/sh',
      '-c',
      `seq 30; printf 'kept\\033[?1049h${mess}\\033]4;1;#123456\\007\\033]8;;http://a\\007x\\033]0;never ends'; stty -echo; exec cat`,
    ])
    await one.shown.shows('never ends')
    await one.client.resetTerminal(one.session_id)
    expect(await one.screen()).toMatch(/^kept/m)
    expect(await one.screen()).toMatch(/^30$/m)
    const state = await keyframe(one)
    expect(state).not.toContain(']4;1')
    expect(state).not.toMatch(/\?[\d;]*(?:66|100[346]|2004|2026)[;h]/)
    expect(state).not.toContain('\x1b[3g')
    // Nothing else is written of modes and pen than of a new terminal.
    expect(state.slice(state.lastIndexOf('\x1b[20l')).replace(/\x1b\[\d+;\d+H/g, '')).toBe(
      '\x1b[20l\x1b[?25h\x1b[?12l\x1b[?47h\x1b[?47l',
    )
    one.type('plain text\r')
    await until(async () => /plain text/.test(await one.screen()), 'the text')
  })

  it('is refused for a session that has ended', async () => {
    const one = await open(['true'])
    await until(
      async () =>
        (await one.client.list()).some(({ session_id, state }) => session_id === one.session_id && state !== 'running'),
      'the end',
    )
    await expect(one.client.resetTerminal(one.session_id)).rejects.toMatchObject({ code: 'session_ended' })
  })
})
