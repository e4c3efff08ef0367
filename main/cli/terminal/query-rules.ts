// The table of terminal queries, indexed for the filter that removes them from a stream.

import { type CsiQuery, identOf, type OscQuery, QUERIES } from '../../../terminal/queries.ts'

export interface QueryRules {
  csi: Map<number, CsiQuery[]>
  osc: Map<number, OscQuery[]>
  dcs: Set<number>
  esc: Set<number>
  apc: Set<number>
  controls: Set<number>
}

function buildRules(allowClipboard: boolean): QueryRules {
  const built: QueryRules = {
    csi: new Map(),
    osc: new Map(),
    dcs: new Set(),
    esc: new Set(),
    apc: new Set(),
    controls: new Set(),
  }
  const add = <K, V>(map: Map<K, V[]>, key: K, value: V) => map.set(key, [...(map.get(key) ?? []), value])
  for (const query of QUERIES) {
    switch (query.kind) {
      case 'csi':
        add(built.csi, packed(identOf(query)), query)
        break
      case 'osc':
        if (query.clipboard && allowClipboard) break
        for (const id of query.ids) add(built.osc, id, query)
        break
      case 'dcs':
        built.dcs.add(packed(identOf(query)))
        break
      case 'esc':
        built.esc.add(query.final.charCodeAt(0))
        break
      case 'apc':
        built.apc.add(query.first.charCodeAt(0))
        break
      case 'control':
        built.controls.add(query.code)
        break
    }
  }
  return built
}

/** Prefix, intermediates and final byte in one number, like xterm.js. */
function packed(ident: string): number {
  let ident32 = 0
  for (let i = 0; i < ident.length; i++) ident32 = (ident32 << 8) | ident.charCodeAt(i)
  return ident32
}

/** Clipboard access counts as a query, or it is allowed. */
export const REFUSE_CLIPBOARD = buildRules(false)
export const ALLOW_CLIPBOARD = buildRules(true)
