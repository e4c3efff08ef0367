// What a client of the local socket may do, for every message and every origin (cases 120 and 122 of docs/security-cases.md).
import { describe, expect, it } from 'vitest'
import { ControlGrants } from '../../../main/host/access/control-grants.ts'
import { LocalClients } from '../../../main/host/access/local-clients.ts'
import { PROGRAMS, type ProgramRule, type RequestType } from '../../../main/host/access/permissions.ts'
import type { ProcessInfo } from '../../../main/host/access/processes.ts'
import { toCoded } from '../../../protocol/errors.ts'

const TYPES = Object.keys(PROGRAMS) as RequestType[]

/** A person's terminal (50), and session `own`: its shell (100), a program (101), otg at its prompt (102), a stray (103). */
const PROCESSES: Record<number, Partial<ProcessInfo> & { isDescendant?: boolean }> = {
  1: { parent: 0, argv: ['init'] },
  50: { argv: ['zsh'], terminal: 'pts/9' },
  51: { parent: 50, argv: ['otg', 'ls'], terminal: 'pts/9' },
  100: { session: 100, group: 100, argv: ['bash'], terminal: 'pts/1', foreground: 102, isDescendant: true },
  101: {
    parent: 100,
    session: 100,
    group: 101,
    argv: ['claude'],
    terminal: 'pts/1',
    foreground: 102,
    isDescendant: true,
  },
  102: { parent: 100, session: 100, group: 102, argv: ['otg'], terminal: 'pts/1', foreground: 102, isDescendant: true },
  103: { session: 103, argv: ['helper'], isDescendant: true },
}

interface World {
  allowsAll: boolean
  mayControl: boolean
  canTellPeers: boolean
  isUnlimited: boolean
}

/** A client in process `pid` (undefined: it is not known). A person who is asked says no. */
function client(pid: number | undefined, world: Partial<World> = {}) {
  const { mayControl = false, canTellPeers = true } = world
  const questions: string[] = []
  const ask = async ({ text }: { text: string }) => questions.push(text) && 3
  const session = { mayControl, ask }
  const clients = new LocalClients({
    processes: {
      find: async one => {
        const found = PROCESSES[one]
        return found && { pid: one, parent: 1, group: one, session: 0, terminal: '', foreground: 0, argv: [], ...found }
      },
      isShellAtTerminal: async () => true,
      isDescendant: async one => PROCESSES[one]?.isDescendant ?? false,
    },
    host: 40,
    leaders: () => [{ session_id: 'own', pid: 100, command: ['bash'] }],
    grants: new ControlGrants({
      session: id => (id === 'own' ? session : undefined),
      allowsAll: () => world.allowsAll ?? false,
      allowAll: async () => {},
      now: () => 0,
    }),
    look: async id => ({ session_id: id, title: id }),
    canTellPeers,
    isUnlimited: () => world.isUnlimited ?? true,
  })
  const access = clients.of({ pid: () => pid })
  const verdict = async (type: RequestType, session_id?: string, read_only?: boolean): Promise<string> => {
    try {
      await access.admit({ type, session_id, read_only }, () => {})
      return 'allowed'
    } catch (error) {
      return questions.length > 0 ? 'asks' : toCoded(error).code
    }
  }
  return { access, verdict, clients, questions }
}

it('a terminal outside the sessions may send everything', async () => {
  const { verdict, access } = client(51)
  for (const type of TYPES)
    for (const target of ['other', undefined]) expect(await verdict(type, target)).toBe('allowed')
  expect(access.isPerson()).toBe(true)
  expect(access.mayDecide()).toBe(true)
})

describe('case 148: otg at the prompt of a session', () => {
  const GIVING: RequestType[] = [
    'show_pairing',
    'answer_pairing',
    'update_device',
    'change_settings',
    'set_ntfy_token',
    'renew_webhook_secret',
    'back_up',
    'allow_control',
  ]

  it('may send everything, and needs a person elsewhere for what gives access', async () => {
    for (const type of TYPES)
      for (const target of ['other', undefined])
        expect([type, await client(102).verdict(type, target)]).toEqual([
          type,
          GIVING.includes(type) ? 'asks' : 'allowed',
        ])
    const { access } = client(102)
    await access.find()
    expect(access.isPerson()).toBe(true)
    expect(access.mayDecide()).toBe(false)
  })

  it.each(GIVING)('needs one for %s also where programs may control other sessions', async type => {
    for (const world of [{ mayControl: true }, { allowsAll: true }])
      expect(await client(102, world).verdict(type)).toBe('asks')
  })

  it('is not a person’s in a session into which a device typed that was revoked since, or may do less', async () => {
    const world = { isUnlimited: true }
    const { clients, verdict, access } = client(102, world)
    clients.unrestricted.drove('own', 'phone')
    clients.unrestricted.drove('another', 'tablet')
    clients.deviceChanged('phone')
    expect(await verdict('screen', 'other')).toBe('allowed')
    world.isUnlimited = false
    clients.deviceChanged('tablet')
    expect(await verdict('screen', 'other')).toBe('allowed')
    clients.deviceChanged('phone')
    expect(await verdict('screen', 'other')).toBe('asks')
    expect(access.isPerson()).toBe(false)
    // Also if the device may do everything again: what it left there is still there.
    world.isUnlimited = true
    clients.deviceChanged('phone')
    expect(access.isPerson()).toBe(false)
  })
})

describe('case 120: a program in a session', () => {
  const EXPECTED: Record<ProgramRule, { own: string; other: string; none: string }> = {
    free: { own: 'allowed', other: 'allowed', none: 'allowed' },
    own: { own: 'allowed', other: 'asks', none: 'asks' },
    grant: { own: 'asks', other: 'asks', none: 'asks' },
    self: { own: 'allowed', other: 'own_question', none: 'own_question' },
    person: { own: 'forbidden', other: 'forbidden', none: 'forbidden' },
  }
  const isTyping = (type: RequestType) => type === 'answer' || type === 'attach'

  it.each(TYPES)('sends %s as the table says', async type => {
    // Each with a client of its own: after a no, nobody is asked again.
    const found = {
      own: await client(101).verdict(type, 'own'),
      other: await client(101).verdict(type, 'other'),
      none: await client(101).verdict(type),
    }
    // Nobody can allow a program to type into itself.
    expect(found).toEqual({ ...EXPECTED[PROGRAMS[type]], ...(isTyping(type) && { own: 'own_question' }) })
  })

  it.each(TYPES)('sends %s for other sessions, once it may control them, unless only persons may', async type => {
    const rule = PROGRAMS[type]
    for (const world of [{ mayControl: true }, { allowsAll: true }]) {
      const expected = rule === 'person' ? 'forbidden' : rule === 'self' ? 'own_question' : 'allowed'
      expect(await client(101, world).verdict(type, 'other')).toBe(expected)
      if (isTyping(type)) expect(await client(101, world).verdict(type, 'own')).toBe('own_question')
    }
  })

  it('does not end the quotation in the question by its title', async () => {
    const { verdict, questions } = client(101)
    expect(await verdict('screen', 'x”. Tap Allow to keep “y')).toBe('asks')
    expect(questions).toEqual(["A program in this session wants to read the screen of “x'. Tap Allow to keep 'y”."])
  })

  it('views its own terminal, and is no person there', async () => {
    const { verdict, access } = client(101)
    expect(await verdict('attach', 'own', true)).toBe('allowed')
    expect(await verdict('attach', 'other', true)).toBe('asks')
    expect(access.isPerson()).toBe(false)
  })
})

const OTHERS: [string, number | undefined][] = [
  ['that detached itself from its session', 103],
  ['of an unknown process', undefined],
]
describe.each(OTHERS)('case 122: a program %s', (_name, pid) => {
  it.each(TYPES)('sends %s only if it is free', async type => {
    const rule = PROGRAMS[type]
    const refused = rule === 'person' ? 'forbidden' : 'grant_needed'
    const expected = rule === 'free' ? 'allowed' : rule === 'self' ? 'own_question' : refused
    expect(await client(pid).verdict(type, 'other')).toBe(expected)
    // Not even with the setting does it type: it may be a part of the session that asks.
    const isTyping = type === 'attach' || type === 'answer'
    const withSetting = expected === 'grant_needed' && !isTyping ? 'allowed' : expected
    expect(await client(pid, { allowsAll: true }).verdict(type, 'other')).toBe(withSetting)
  })
})

it('case 103: what a device that is limited to some sessions types is not the desktop’s person', async () => {
  const { clients, verdict, access } = client(102, { isUnlimited: false })
  clients.unrestricted.drove('own', 'phone')
  expect(await verdict('screen', 'other')).toBe('asks')
  expect(access.isPerson()).toBe(false)
  for (const type of ['update_device', 'answer_pairing', 'change_settings', 'allow_control'] as const) {
    const typed = client(102, { isUnlimited: false })
    typed.clients.unrestricted.drove('own', 'phone')
    expect(await typed.verdict(type)).toBe('forbidden')
  }
})

describe('case 121: a permission that is taken back', () => {
  it('ends the clients that used it, of this session only', async () => {
    const { clients, access, verdict } = client(101, { mayControl: true })
    let ended = 0
    access.watch(() => ended++)
    clients.unrestricted.revoke('own')
    expect(ended).toBe(0)
    expect(await verdict('screen', 'other')).toBe('allowed')
    clients.unrestricted.revoke('another')
    expect(ended).toBe(0)
    clients.unrestricted.revoke('own')
    expect(ended).toBe(1)
  })

  it('by the setting ends them too, unless their session still has its own', async () => {
    for (const mayControl of [false, true]) {
      const world = { allowsAll: true, mayControl }
      const { clients, access, verdict } = client(101, world)
      let ended = 0
      access.watch(() => ended++)
      expect(await verdict('screen', 'other')).toBe('allowed')
      clients.recheck()
      expect(ended).toBe(0)
      world.allowsAll = false
      clients.recheck()
      expect(ended).toBe(mayControl ? 0 : 1)
    }
  })
})

it('where the system tells of no client which process it is, otg works, and answers with the setting only', async () => {
  const { verdict } = client(undefined, { canTellPeers: false })
  for (const type of TYPES) expect(await verdict(type, 'other')).toBe(type === 'answer' ? 'grant_needed' : 'allowed')
  expect(await client(undefined, { canTellPeers: false, allowsAll: true }).verdict('answer', 'other')).toBe('allowed')
})
