// The rules that come with the host, by file name, in the order in which they are tried.
import claude from './rules/claude.json' with { type: 'json' }
import { RuleFile } from './screen-rules.ts'

const BUILT_IN = { claude }

export function builtInRules(): Map<string, RuleFile> {
  return new Map(Object.entries(BUILT_IN).map(([name, file]) => [name, RuleFile.parse(file)]))
}
