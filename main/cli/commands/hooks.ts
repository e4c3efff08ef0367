// otg hooks: adds `otg notify` to the configuration of agents, removes it, and says where it is.
import { createInterface } from 'node:readline/promises'
import { toCoded } from '../../../protocol/errors.ts'
import { UsageError } from '../command/args.ts'
import type { Command, Context } from '../command/command.ts'
import { FAILED, OK } from '../command/exit-codes.ts'
import { forEachOperand } from '../command/for-each.ts'
import { printable, table } from '../command/text-layout.ts'
import { type Agent, isOnComputer } from '../hooks/agent.ts'
import { AGENTS } from '../hooks/agents.ts'
import { apply, type Change, hooksState, planInstall, planRemove } from '../hooks/changes.ts'
import { difference } from '../hooks/difference.ts'
import { thisProgram } from '../hooks/hook-command.ts'

const STATE_TEXT = { installed: 'installed', outdated: 'outdated', not_installed: 'not installed' }

export const hooks: Command = async (context, { operands, flags }) => {
  const [action, ...names] = operands
  const agents = chosenAgents(names, context.env)
  if (action === 'status') return printStatus(context, agents)
  if (action !== 'install' && action !== 'remove')
    throw new UsageError(`hooks takes install, remove or status, not ${action}`, 'hooks')
  if (agents.length === 0) {
    context.output.note(`no agent is on this computer; known are ${AGENTS.map(({ id }) => id).join(', ')}`)
    return OK
  }
  const mustAsk = flags.yes !== true && flags['dry-run'] !== true
  if (mustAsk && process.stdin.isTTY !== true)
    throw new UsageError('hooks cannot ask for confirmation without a terminal; add --yes or --dry-run', 'hooks')
  return forEachOperand(agents, context.output, async agent => {
    const { env, output, json } = context
    const changes = action === 'install' ? planInstall(agent, thisProgram(), env) : planRemove(agent, env)
    const isChanged = changes.some(({ before, after }) => before !== after)
    if (!json) print(context, agent, changes)
    const isApplied = isChanged && flags['dry-run'] !== true && (!mustAsk || (await confirmed(action, agent)))
    if (isApplied) for (const change of changes) apply(change)
    if (json) {
      const files = changes.filter(({ before, after }) => before !== after).map(({ file }) => file)
      output.json({ agent: agent.id, files, changed: isApplied, conflicts: changes.flatMap(one => one.conflict ?? []) })
    } else if (!isChanged)
      output.line(`${agent.name}: ${action === 'install' ? 'installed already' : 'not installed'}.`)
    else if (isApplied) {
      output.line(`${agent.name}: ${action === 'install' ? 'installed' : 'removed'}.`)
      if (action === 'install' && agent.note) output.note(agent.note)
    }
  })
}

/** Throws UsageError for an unknown name. None named: those on this computer. */
function chosenAgents(names: string[], env: NodeJS.ProcessEnv): Agent[] {
  if (names.length === 0) return AGENTS.filter(agent => isOnComputer(agent, env))
  return names.map(name => {
    const agent = AGENTS.find(({ id }) => id === name)
    if (!agent)
      throw new UsageError(`unknown agent ${name}; known are ${AGENTS.map(({ id }) => id).join(', ')}`, 'hooks')
    return agent
  })
}

function print({ output }: Context, agent: Agent, changes: Change[]): void {
  for (const { file, before, after, conflict } of changes) {
    if (conflict !== undefined) output.note(`${agent.name}: ${file}: ${conflict}`)
    if (before === after) continue
    output.line(`${agent.name}: ${file}${before === undefined ? ' (new)' : after === undefined ? ' (deleted)' : ''}`)
    for (const line of difference(before ?? '', after ?? '')) output.line(`  ${printable(line)}`)
  }
}

async function confirmed(action: string, agent: Agent): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const question = action === 'install' ? 'Make this change' : 'Undo this'
    return /^y(es)?$/i.test((await lines.question(`${question} for ${agent.name}? [y/N] `)).trim())
  } finally {
    lines.close()
  }
}

function printStatus({ env, output, json }: Context, agents: Agent[]): number {
  const rows: string[][] = [['AGENT', 'HOOKS', 'FOLDER']]
  let exitCode = OK
  for (const agent of agents) {
    try {
      const state = hooksState(agent, thisProgram(), env)
      if (json) output.json({ agent: agent.id, state, folder: agent.folder(env) })
      rows.push([agent.id, STATE_TEXT[state], agent.folder(env)])
    } catch (error) {
      const { code, message } = toCoded(error)
      output.error(code, message)
      exitCode = FAILED
    }
  }
  if (!json && rows.length > 1) for (const line of table(rows, output.columns)) output.line(line)
  if (agents.length === 0)
    output.note(`no agent is on this computer; known are ${AGENTS.map(({ id }) => id).join(', ')}`)
  return exitCode
}
