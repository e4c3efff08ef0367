// Changes of bytes and of JSON values, for all targets. They are JSON themselves.
import fc from 'fast-check'

/** A change of bytes: at `at` (a share of their length), `cut` bytes are replaced by `put`, as latin1. */
export interface Edit {
  at: number
  cut: number
  put: string
}

export const latin1 = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map(bytes => Buffer.from(bytes).toString('latin1'))

/** `tokens`: what the parser of these bytes stumbles over. */
export const editsWith = (...tokens: string[]): fc.Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200)),
      put: fc.oneof(...(tokens.length > 0 ? [fc.constantFrom(...tokens)] : []), latin1(3), latin1(60)),
    }),
    { maxLength: 4 },
  )

export function edited(bytes: Uint8Array, all: readonly Edit[]): Buffer {
  return all.reduce((before, { at, cut, put }) => {
    const from = Math.floor(before.length * at)
    return Buffer.concat([before.subarray(0, from), Buffer.from(put, 'latin1'), before.subarray(from + cut)])
  }, Buffer.from(bytes))
}

/** A change of a JSON value: `at` counts its fields, at any depth. A field is replaced, removed, or gets one beside it. */
export type Change =
  | { at: number; put: unknown }
  | { at: number; drop: true }
  | { at: number; add: string; put: unknown }

/** What schemas and the code behind them stumble over. */
const ODD: unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    0.5,
    1,
    7,
    24,
    1000,
    65_535,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53),
  ],
  ...[1e308, '', 'x', '0', '\0', '\u202e\u0007', '\ud800', '../..', '/', 'é'.repeat(70), 'x'.repeat(20_000)],
  ...[
    [],
    {},
    [null],
    [[[[[[]]]]]],
    { at: 0 },
    { offset: 2 ** 53 - 1 },
    { offset: 0, n: 0 },
    { new: {} },
    ['true'],
    [''],
    ['\0'],
  ],
]

const odd = fc.constantFrom(...ODD)

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ at: fc.nat(20), put: odd }) },
    { weight: 1, arbitrary: fc.record({ at: fc.nat(20), drop: fc.constant(true as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        at: fc.nat(20),
        add: fc.constantFrom(
          '__proto__',
          'constructor',
          'toString',
          'size',
          'have',
          'filter',
          'from',
          'to',
          'limit',
          'cursor',
        ),
        put: odd,
      }),
    },
  ),
  { maxLength: 3 },
)

type Holder = Record<string, unknown>

export function changed<T>(value: T, all: readonly Change[]): unknown {
  const copy = structuredClone(value) as unknown
  for (const change of all) {
    const fields = fieldsOf(copy)
    const field = fields[change.at % Math.max(1, fields.length)]
    if (!field) return copy
    const [holder, key] = field
    // Not by assignment: `__proto__` would be lost.
    const put = (name: string, put: unknown) =>
      Object.defineProperty(holder, name, { value: put, enumerable: true, configurable: true, writable: true })
    if ('drop' in change) delete holder[key]
    else if ('add' in change) put(change.add, change.put)
    else put(key, structuredClone(change.put))
  }
  return copy
}

function fieldsOf(value: unknown): [Holder, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap(key => [
    [value as Holder, key] as [Holder, string],
    ...fieldsOf((value as Holder)[key]),
  ])
}
