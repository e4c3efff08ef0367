// The environment of a session's process.
import { delimiter } from 'node:path'

/** Set by npm for its scripts, by the terminals and multiplexers around the host, and by Electron; not for the session. */
const FOREIGN = [
  /^npm_/i,
  /^(INIT_CWD|NODE|NODE_OPTIONS|NODE_CHANNEL_FD|NODE_UNIQUE_ID|COLOR)$/,
  /^ELECTRON_/,
  /^CHROME_/,
  /^OTG_/,
  /^(TMUX|TMUX_PANE|STY|WINDOW|WINDOWID|TERMCAP|COLUMNS|LINES|TERM_SESSION_ID|TERM_PROGRAM_VERSION)$/,
  /^(VTE_VERSION|KITTY_|WEZTERM_|ITERM_|VSCODE_|KONSOLE_|ALACRITTY_|WT_SESSION|GHOSTTY_)/,
]

/**
 * The host's environment without the variables that describe where the host runs, plus those that describe our terminal.
 * `dataDir`: with it, `otg` in the session finds this host, whatever its data folder is.
 */
export function sessionEnvironment(
  host: NodeJS.ProcessEnv,
  session_id: string,
  dataDir: string,
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(host)) {
    if (value !== undefined && !FOREIGN.some(pattern => pattern.test(name))) env[name] = value
  }
  if (host.npm_lifecycle_event && env.PATH) env.PATH = withoutNpm(env.PATH)
  env.TERM = 'xterm-256color'
  env.COLORTERM = 'truecolor'
  env.TERM_PROGRAM = 'on-the-go'
  env.OTG_SESSION_ID = session_id
  env.OTG_DATA_DIR = dataDir
  if (!env.LANG && !env.LC_ALL && process.platform !== 'win32') env.LANG = 'C.UTF-8'
  return env
}

/** Removes the folders that npm puts in front of PATH for its scripts. */
function withoutNpm(path: string): string {
  return path
    .split(delimiter)
    .filter(folder => !/node_modules[/\\]\.bin$|node-gyp-bin$/.test(folder))
    .join(delimiter)
}
