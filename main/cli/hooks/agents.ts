// Every agent that `otg hooks` knows.
import type { Agent } from './agent.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { copilot } from './copilot.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'

export const AGENTS: readonly Agent[] = [claude, codex, gemini, opencode, copilot]
