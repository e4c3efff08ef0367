// The rules that come with the host, by file name, in the order in which they are tried.

import { RuleFile } from './rule-format.ts'
import aider from './rules/aider.json' with { type: 'json' }
import claude from './rules/claude.json' with { type: 'json' }
import codex from './rules/codex.json' with { type: 'json' }
import copilot from './rules/copilot.json' with { type: 'json' }
import dialogs from './rules/dialogs.json' with { type: 'json' }
import files from './rules/files.json' with { type: 'json' }
import gdb from './rules/gdb.json' with { type: 'json' }
import gemini from './rules/gemini.json' with { type: 'json' }
import git from './rules/git.json' with { type: 'json' }
import gpg from './rules/gpg.json' with { type: 'json' }
import npm from './rules/npm.json' with { type: 'json' }
import opencode from './rules/opencode.json' with { type: 'json' }
import packages from './rules/packages.json' with { type: 'json' }
import prompts from './rules/prompts.json' with { type: 'json' }
import ssh from './rules/ssh.json' with { type: 'json' }
import sudo from './rules/sudo.json' with { type: 'json' }
import viewers from './rules/viewers.json' with { type: 'json' }

const AGENTS = { claude, codex, gemini, opencode, copilot, aider }

/** Ordinary programs; `prompts`, for any program, comes last. */
const PROGRAMS = { viewers, sudo, ssh, git, npm, packages, gdb, files, gpg, dialogs, prompts }

export function builtInRules(): Map<string, RuleFile> {
  return new Map(Object.entries({ ...AGENTS, ...PROGRAMS }).map(([name, file]) => [name, RuleFile.parse(file)]))
}
