import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  canonical,
  classify,
  type Interfaces,
  MAX_ADDRESSES,
  ownAddresses,
  parseBind,
  plainAddress,
  wantedOf,
} from '../../../main/host/listen/addresses.ts'
import { candidates } from '../../../main/host/listen/candidates.ts'
import { allowedName, allowedOrigin, originOf, ownNames } from '../../../main/host/listen/host-names.ts'
import { findNames, isDnsName, type NameSources, tailscaleName } from '../../../main/host/listen/name-discovery.ts'
import { cleanUp, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

const interfaces = (all: Record<string, string[]>): Interfaces =>
  Object.fromEntries(
    Object.entries(all).map(([device, addresses]) => [
      device,
      addresses.map(address =>
        address.includes(':')
          ? { address, family: 'IPv6', netmask: '', mac: '', internal: false, cidr: null, scopeid: 0 }
          : { address, family: 'IPv4', netmask: '', mac: '', internal: false, cidr: null },
      ),
    ]),
  )

const wanted = (bind: Parameters<typeof wantedOf>[0], all: Record<string, string[]>) =>
  wantedOf(bind, ownAddresses(interfaces(all))).map(({ address }) => address)

describe('parseBind', () => {
  it.each([
    ['loopback', 'loopback'],
    ['localhost', 'loopback'],
    ['Private', 'private'],
    ['all', 'all'],
    ['0.0.0.0', 'all'],
    ['::', 'all'],
    ['[::]', 'all'],
    ['192.168.1.5, ::', 'all'],
    ['127.0.0.1', ['127.0.0.1']],
    ['192.168.1.5,10.0.0.1', ['192.168.1.5', '10.0.0.1']],
    [' FD00:0:0::1 , [::1],', ['fd00::1', '::1']],
    ['::ffff:10.0.0.1,10.0.0.1', ['10.0.0.1']],
  ])('reads %j as %j', (text, bind) => expect(parseBind(text)).toEqual(bind))

  it.each([
    '',
    ',',
    'everything',
    'private,10.0.0.1',
    '10.0.0',
    '10.0.0.0/8',
    'fe80::1',
    'fe80::1%eth0',
    'http://10.0.0.1',
  ])('rejects %j', text => expect(() => parseBind(text)).toThrow(expect.objectContaining({ code: 'bind_refused' })))

  it('rejects more addresses than the host listens on', () => {
    const many = Array.from({ length: MAX_ADDRESSES + 1 }, (_, i) => `10.0.0.${i}`).join(',')
    expect(() => parseBind(many)).toThrow(/more than/)
  })
})

describe('case 40: the addresses of all interfaces', () => {
  const INSIDE = [
    ...['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.254'],
    ...['100.64.0.1', '100.127.255.254', '169.254.9.9', 'fc00::1', 'fdff:ffff::1', 'fd7a:115c:a1e0::1'],
  ]
  const OUTSIDE = [
    ...['9.255.255.255', '11.0.0.1', '172.15.0.1', '172.32.0.1', '192.167.0.1', '192.169.0.1', '100.63.255.255'],
    ...['100.128.0.1', '169.253.0.1', '169.255.0.1', '8.8.8.8', '203.0.113.5', '192.0.2.2', '2001:db8::1', '2a00::1'],
    ...['fbff::1', 'fec0::1', '64:ff9b::a00:1', '2002:a00:1::1', '::ffff:8.8.8.8', '::10.0.0.1'],
  ]
  it.each(INSIDE)('%s counts as private', address => expect(wanted('private', { eth0: [address] })).toEqual([address]))
  it.each(OUTSIDE)('%s does not count as private, whatever its interface is called', address => {
    for (const device of ['eth0', 'docker0', 'tailscale0', 'utun3', 'lo'])
      expect(wanted('private', { [device]: [address] })).toEqual([])
    expect(wanted('all', { eth0: [address] })).toEqual([canonical(address)])
  })

  it('are not used if they need a zone, or are other programs’ loopback addresses', () => {
    const all = { lo: ['127.0.0.1', '127.0.0.53', '::1'], eth0: ['fe80::1', 'fe80::1%eth0', 'febf::1', '10.0.0.5'] }
    for (const bind of ['private', 'all'] as const) expect(wanted(bind, all)).toEqual(['10.0.0.5', '127.0.0.1', '::1'])
    expect(wanted('loopback', all)).toEqual(['127.0.0.1', '::1'])
  })

  it('are used up to a limit, always including loopback', () => {
    const many = Array.from({ length: 200 }, (_, i) => `10.0.0.${i}`)
    const all = wanted('private', { eth0: many, lo: ['127.0.0.1', '::1'] })
    expect(all).toHaveLength(MAX_ADDRESSES)
    expect(all.slice(-2)).toEqual(['127.0.0.1', '::1'])
  })
})

describe('the order of addresses', () => {
  const rank = (all: Record<string, string[]>) =>
    ownAddresses(interfaces(all)).map(({ address, kind }) => `${kind} ${address}`)

  it('puts what a phone reaches first on Linux', () => {
    expect(
      rank({
        lo: ['127.0.0.1', '::1'],
        'br-5a1f00c0ffee': ['172.18.0.1'],
        docker0: ['172.17.0.1'],
        eth0: ['2001:db8::1', 'fd00::1', '203.0.113.5', '192.168.1.5'],
        tun0: ['10.8.0.2'],
        virbr0: ['192.168.122.1'],
        usb0: ['169.254.3.3'],
        tailscale0: ['fd7a:115c:a1e0::1', '100.101.102.103', 'fe80::1'],
      }),
    ).toEqual([
      'tailnet 100.101.102.103',
      'tailnet fd7a:115c:a1e0::1',
      'lan 192.168.1.5',
      'lan fd00::1',
      'vpn 10.8.0.2',
      'public 203.0.113.5',
      'public 2001:db8::1',
      'container 172.18.0.1',
      'container 172.17.0.1',
      'container 192.168.122.1',
      'link_local 169.254.3.3',
      'loopback 127.0.0.1',
      'loopback ::1',
    ])
  })

  it('puts what a phone reaches first on macOS', () => {
    expect(
      rank({
        lo0: ['127.0.0.1', '::1', 'fe80::1'],
        bridge100: ['192.168.64.1'],
        vmnet8: ['172.16.5.1'],
        utun3: ['10.8.0.2'],
        utun4: ['100.101.102.103'],
        en0: ['192.168.1.5'],
        bridge0: ['10.1.1.1'],
      }).map(row => row.split(' ')[0]),
    ).toEqual(['tailnet', 'lan', 'lan', 'vpn', 'container', 'container', 'loopback', 'loopback'])
  })

  it('puts what a phone reaches first on Windows', () => {
    expect(
      rank({
        'vEthernet (WSL (Hyper-V firewall))': ['172.29.0.1'],
        'VMware Network Adapter VMnet8': ['192.168.200.1'],
        'VirtualBox Host-Only Network': ['192.168.56.1'],
        Tailscale: ['100.101.102.103'],
        'Wi-Fi': ['192.168.1.5'],
        'Loopback Pseudo-Interface 1': ['127.0.0.1'],
      }),
    ).toEqual([
      'tailnet 100.101.102.103',
      'lan 192.168.1.5',
      'container 172.29.0.1',
      'container 192.168.200.1',
      'container 192.168.56.1',
      'loopback 127.0.0.1',
    ])
  })

  it('puts found names before the addresses of their kind, and configured names before everything', () => {
    const own = ownAddresses(
      interfaces({
        lo: ['127.0.0.1'],
        docker0: ['172.17.0.1'],
        eth0: ['192.168.1.5'],
        tailscale0: ['100.101.102.103'],
      }),
    )
    const rows = candidates({
      port: 7317,
      secure: false,
      own,
      found: [
        { name: 'desk.local', addresses: ['172.17.0.1', '192.168.1.5'] },
        { name: 'desk.tail1234.ts.net', addresses: ['100.101.102.103'] },
        { name: 'former.local', addresses: ['192.168.1.4'] },
        { name: 'myself.local', addresses: ['127.0.0.1'] },
      ],
      allowed: ['tunnel.example', 'lan.example:8080'],
      certificate: undefined,
    })
    expect(rows.map(({ origin, kind }) => `${kind} ${origin}`)).toEqual([
      'named https://tunnel.example',
      'named http://lan.example:8080',
      'tailnet http://desk.tail1234.ts.net:7317',
      'tailnet http://100.101.102.103:7317',
      'lan http://desk.local:7317',
      'lan http://192.168.1.5:7317',
      'container http://172.17.0.1:7317',
      'loopback http://127.0.0.1:7317',
    ])
  })
})

it('a peer has the same plain address on every kind of socket', () => {
  expect(
    ['::ffff:10.0.0.1', '::FFFF:a00:1', '10.0.0.1', 'fe80::1%eth0', 'FD00::0:1', '', undefined].map(plainAddress),
  ).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1', 'fe80::1', 'fd00::1', '', ''])
})

describe('the names that the host accepts', () => {
  const of = (port: number, secure: boolean) =>
    ownNames({ port, secure, names: ['10.0.0.1', 'fd00::1', 'Desk.local'], allowed: ['t.example', 'p.example:443'] })

  it('include the port if it is not the scheme’s default', () => {
    const { hosts, origins } = of(7317, false)
    const own = ['127.0.0.1:7317', 'localhost:7317', '[::1]:7317', '10.0.0.1:7317', '[fd00::1]:7317', 'desk.local:7317']
    const allowed = ['t.example', 'p.example:443', 'p.example']
    expect([...hosts]).toEqual([...own, ...allowed])
    expect([...origins].sort()).toEqual(
      [...own.map(name => `http://${name}`), ...allowed.flatMap(name => [`http://${name}`, `https://${name}`])].sort(),
    )
  })

  it.each([
    [80, false, 'http://10.0.0.1', 'https://10.0.0.1'],
    [443, true, 'https://10.0.0.1', 'http://10.0.0.1'],
  ])('can omit the default port %i', (port, secure, own, foreign) => {
    const { hosts, origins } = of(port, secure)
    expect(hosts).toContain('10.0.0.1')
    expect(hosts).toContain(`10.0.0.1:${port}`)
    expect(origins).toContain(own)
    expect(origins).not.toContain(foreign)
    expect(originOf('fd00::1', port, secure)).toBe(`${own.split(':')[0]}://[fd00::1]`)
  })

  it('cannot omit the default port of the other scheme', () => {
    expect(of(443, false).hosts).not.toContain('10.0.0.1')
    expect(of(80, true).hosts).not.toContain('10.0.0.1')
    expect(originOf('a.local', 443, false)).toBe('http://a.local:443')
  })

  it('exclude plain HTTP origins with TLS, including those of a proxy', () => {
    expect([...of(7317, true).origins].filter(origin => !origin.startsWith('https://'))).toEqual([])
  })

  it('assume TLS for a tunnel unless its port says otherwise', () => {
    expect(allowedOrigin('t.example', false)).toBe('https://t.example')
    expect(allowedOrigin('t.example:443', false)).toBe('https://t.example')
    expect(allowedOrigin('t.example:80', true)).toBe('http://t.example')
    expect(allowedOrigin('t.example:8080', false)).toBe('http://t.example:8080')
    expect(allowedOrigin('t.example:8080', true)).toBe('https://t.example:8080')
    expect(allowedOrigin('[fd00::1]:8080', true)).toBe('https://[fd00::1]:8080')
  })

  it.each([
    ['T.example', 't.example'],
    [' https://t.example/ ', 't.example'],
    ['t.example:8080', 't.example:8080'],
    ['[fd00::1]:80', '[fd00::1]:80'],
    ['', undefined],
    ['*.example', undefined],
    ['t.example/x', undefined],
    ['u@t.example', undefined],
    ['t.example#', undefined],
    ['t.example:99999', undefined],
    ['a b', undefined],
  ])('allow %j as %j', (text, name) => expect(allowedName(text)).toBe(name))
})

it.each(['a.b', 'desk.tail1234.ts.net', 'x_1.local', 'localhost'])('%j is a DNS name', name =>
  expect(isDnsName(name)).toBe(true),
)
it.each([
  '',
  '.',
  'a.',
  '-a.b',
  'a-.b',
  'a b',
  'a/b',
  'a:1',
  '*.a',
  'ä.b',
  'a\n',
  `${'a'.repeat(64)}.b`,
  'a.'.repeat(130),
])('%j is not a DNS name', name => expect(isDnsName(name)).toBe(false))

describe('finding names', () => {
  const OWN = [classify('100.101.102.103'), classify('192.168.1.5'), classify('127.0.0.1')]
  const STATUS = {
    BackendState: 'Running',
    Self: { DNSName: 'desk.tail1234.ts.net.', TailscaleIPs: ['100.101.102.103', 'fd7a:115c:a1e0::1'] },
    CurrentTailnet: { MagicDNSEnabled: true },
  }
  const none = () => Promise.reject(new Error('ENOTFOUND'))

  /** A command that runs the script. */
  function command(script: string): string {
    const file = join(temporaryFolder(), 'tailscale')
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const saying = (value: unknown) =>
    command(`cat <<'END'\n${typeof value === 'string' ? value : JSON.stringify(value)}\nEND`)
  const find = (sources: Partial<NameSources>, own = OWN) =>
    findNames(own, { hostname: 'Desk.example.com', tailscale: [], lookup: none, ...sources })

  it('takes the names from Tailscale and the system that resolve to this computer', async () => {
    const asked: string[] = []
    const lookup = async (name: string) => {
      asked.push(name)
      return ['fe80::1', '127.0.0.1', '192.168.1.5', '192.168.1.99']
    }
    expect(await find({ tailscale: ['/nowhere/tailscale', saying(STATUS)], lookup })).toEqual([
      { name: 'desk.tail1234.ts.net', addresses: ['100.101.102.103'] },
      { name: 'desk.local', addresses: ['192.168.1.5'] },
    ])
    expect(asked).toEqual(['desk.local'])
  })

  it('queries Tailscale only on a tailnet, and nothing with loopback only', async () => {
    const asked = join(temporaryFolder(), 'asked')
    const tailscale = [command(`touch ${asked}; exit 1`)]
    let lookups = 0
    const lookup = async () => {
      lookups++
      return []
    }
    expect(await find({ tailscale, lookup }, [classify('127.0.0.1')])).toEqual([])
    expect(lookups).toBe(0)
    expect(await find({ tailscale, lookup }, [classify('192.168.1.5')])).toEqual([])
    expect(lookups).toBe(1)
    await expect(import('node:fs/promises').then(fs => fs.stat(asked))).rejects.toMatchObject({ code: 'ENOENT' })
    await find({ tailscale, lookup })
    await import('node:fs/promises').then(fs => fs.stat(asked))
  })

  it.each([
    ['stopped', { ...STATUS, BackendState: 'Stopped' }],
    ['without MagicDNS', { ...STATUS, CurrentTailnet: { MagicDNSEnabled: false } }],
    ['of another computer', { ...STATUS, Self: { ...STATUS.Self, TailscaleIPs: ['100.1.1.1'] } }],
    ['without a name', { ...STATUS, Self: { ...STATUS.Self, DNSName: '' } }],
    ['with a name that is an option', { ...STATUS, Self: { ...STATUS.Self, DNSName: '--help' } }],
    ['with a name and more', { ...STATUS, Self: { ...STATUS.Self, DNSName: 'a.ts.net/#v1.x' } }],
    ['whose status is not JSON', 'not JSON'],
    ['whose status is not an object', '[]'],
  ])('finds no name in a tailnet %s', async (_what, status) => {
    expect(await find({ tailscale: [saying(status)] })).toEqual([])
  })

  it.each([
    ['fails', 'exit 1'],
    ['hangs', 'exec sleep 60'],
    ['prints endlessly', 'exec yes'],
  ])('finds no name with a command that %s, and does not wait for it', async (_what, script) => {
    const started = performance.now()
    expect(await tailscaleName([command(script)])).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('does not wait for a resolver that never answers', async () => {
    expect(await find({ lookup: () => new Promise(() => {}) })).toEqual([])
  })

  it.each(['', 'localhost', 'localhost.localdomain', 'a b', '-x'])(
    'finds no .local name for a computer called %j',
    async hostname => {
      expect(await find({ hostname, lookup: async () => ['192.168.1.5'] })).toEqual([])
    },
  )
})
