// What the stand-in model answers over the Gemini and Chat Completions APIs: chosen by a word in the prompt.
import { join } from 'node:path'

export interface ToolCall {
  kind: 'shell' | 'write' | 'edit' | 'ask' | 'fetch'
  /** The command, the file, the question, or the address. */
  what: string
  /** The file's content, or the answers to choose from. */
  more?: string[]
}

export interface Reply {
  /** Before the first word. */
  wait_ms?: number
  thought?: string
  text?: string
  /** Between two words. */
  pace_ms?: number
  calls?: ToolCall[]
  /** An HTTP status instead of an answer. */
  status?: number
}

const DONE = 'I looked at the file. The function adds both numbers, so the test is right and the code is wrong.'
const THOUGHT =
  '**Reading the test**\n\nThe test expects 5 and the function gives 6, so one of them is wrong. The name says add.'
const LONG = `${'The first file adds two numbers, and the second one tests it. '.repeat(6)}\n\n- one\n- two\n- three\n`

const LONG_COMMAND = `for file in one two three four five six; do echo "checking $file in the folder of the project"; done && printf 'everything was checked, and nothing was found' > report.txt`
const CONTENT = Array.from({ length: 12 }, (_, at) => `export const value${at} = ${at}`).join('\n')

/** The first whose word is in the prompt. */
const REPLIES: [RegExp, Reply][] = [
  [/\btests?\b/, { calls: [{ kind: 'shell', what: 'touch proof-of-run && ls' }] }],
  [/\blong command\b/, { calls: [{ kind: 'shell', what: LONG_COMMAND }] }],
  [/\bsleep\b/, { calls: [{ kind: 'shell', what: 'echo started && sleep 4 && echo ended' }] }],
  [/\bdelete\b/, { text: 'I will remove the folder.', calls: [{ kind: 'shell', what: 'rm -rf build' }] }],
  [
    /\btwo commands\b/,
    {
      calls: [
        { kind: 'shell', what: 'mkdir -p out' },
        { kind: 'shell', what: 'touch out/one' },
      ],
    },
  ],
  [/\bcreate\b/, { calls: [{ kind: 'write', what: 'hello.js', more: [CONTENT] }] }],
  [/\bcorrect\b/, { calls: [{ kind: 'edit', what: 'sum.js', more: ['return a - b', 'return a + b'] }] }],
  [
    /\bask me\b/,
    { calls: [{ kind: 'ask', what: 'Which database do you want to use?', more: ['SQLite', 'PostgreSQL', 'MySQL'] }] },
  ],
  [/\bfetch\b/, { calls: [{ kind: 'fetch', what: 'http://127.0.0.1:9/page' }] }],
  [/\bthink\b/, { thought: THOUGHT, wait_ms: 2_500, text: DONE, pace_ms: 60 }],
  [/\bslow\b/, { wait_ms: 4_000, text: DONE, pace_ms: 250 }],
  [/\blong\b/, { text: LONG, pace_ms: 40 }],
  [/\bmenu\b/, { text: 'Do you want to proceed?\n\n1. Yes\n2. No\n\nTell me what you prefer.', pace_ms: 10 }],
  [/\bfail\b/, { status: 400 }],
  [/\blimit\b/, { status: 429 }],
]

export function replyTo(prompt: string): Reply {
  return REPLIES.find(([word]) => word.test(prompt))?.[1] ?? { text: DONE, pace_ms: 10 }
}

/** After a tool has run, or was refused. */
export const REPLY_TO_TOOL: Reply = { wait_ms: 700, text: DONE, pace_ms: 10 }

/** The call as one of the tools that the agent offers. */
export function toolCall(call: ToolCall, tools: string[]): { name: string; args: unknown } | undefined {
  const { kind, what, more = [] } = call
  const path = join(process.env.STUB_FOLDER ?? process.cwd(), what)
  const [first = '', second = ''] = more
  const shapes: Record<ToolCall['kind'], [string, unknown][]> = {
    shell: [
      ['run_shell_command', { command: what, description: 'Make the proof' }],
      ['bash', { command: what, description: 'Make the proof' }],
      ['shell', { command: what, description: 'Make the proof' }],
    ],
    write: [
      ['write_file', { file_path: path, content: first }],
      ['write', { filePath: path, content: first }],
      ['create', { path, file_text: first }],
    ],
    edit: [
      ['replace', { file_path: path, instruction: 'Add instead', old_string: first, new_string: second }],
      ['edit', { filePath: path, oldString: first, newString: second, path, old_str: first, new_str: second }],
    ],
    ask: [
      [
        'ask_user',
        {
          questions: [{ question: what, header: 'Database', type: 'choice', options: more.map(described) }],
          question: what,
          choices: more,
        },
      ],
      ['question', { questions: [{ question: what, header: 'Database', options: more.map(described) }] }],
    ],
    fetch: [
      ['web_fetch', { prompt: `Read ${what}`, url: what, raw: true }],
      ['webfetch', { url: what, format: 'text' }],
    ],
  }
  const found = shapes[kind].find(([name]) => tools.includes(name))
  return found && { name: found[0], args: found[1] }
}

function described(label: string): { label: string; description: string } {
  return { label, description: `Use ${label} for everything` }
}
