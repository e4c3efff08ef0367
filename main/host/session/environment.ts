// The environment of a session's process.
import { delimiter, sep } from 'node:path'
import { RUN_VARIABLE } from '../processes/host-run.ts'

/** What describes how and where the host was started, and is untrue or harmful in a session. */
const FOREIGN = [
  // npm, for its scripts; Node.js, for its child processes.
  /^npm_/i,
  /^(INIT_CWD|NODE|NODE_OPTIONS|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|NODE_UNIQUE_ID|COLOR)$/,
  // Electron and Chromium; what developers set for other programs stays.
  /^ELECTRON_(?!(MIRROR|NIGHTLY_MIRROR|CUSTOM_\w+|OVERRIDE_DIST_PATH|CACHE|BUILDER_\w+|SKIP_BINARY_DOWNLOAD)$)/,
  /^CHROME_(?!(BIN|PATH|EXECUTABLE)$)/,
  /^ORIGINAL_XDG_CURRENT_DESKTOP$/,
  /^OTG_/,
  // The terminals and multiplexers around the host.
  /^(TMUX|TMUX_PANE|STY|WINDOW|WINDOWID|TERMCAP|COLUMNS|LINES|TERM_SESSION_ID|TERM_PROGRAM_VERSION)$/,
  /^(VTE_VERSION|KITTY_|WEZTERM_|ITERM_|VSCODE_|KONSOLE_|ALACRITTY_|WT_SESSION|GHOSTTY_|ZELLIJ|GNOME_TERMINAL_|TILIX_ID$)/,
  // Packages: the AppImage runtime (zsh renames programs by ARGV0), snap, and a macOS bundle.
  /^(APPIMAGE|APPIMAGE_\w+|APPDIR|ARGV0|OWD|TARGET_APPIMAGE|APPRUN_\w+)$/,
  /^(SNAP|SNAP_\w+|__CFBundleIdentifier)$/,
  // The desktop that started the app: tokens for one start, and the name of its entry.
  /^(GIO_LAUNCHED_DESKTOP_FILE(_PID)?|BAMF_DESKTOP_FILE_HINT|DESKTOP_STARTUP_ID|XDG_ACTIVATION_TOKEN)$/,
  // systemd, for one service (systemd.exec(5)): a program could report in its name, or read its credentials.
  /^(NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|LISTEN_(PID|PIDFDID|FDS|FDNAMES)|CREDENTIALS_DIRECTORY|JOURNAL_STREAM|INVOCATION_ID)$/,
  /^(MAINPID|MANAGERPID|MANAGERPIDFDID|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_(WATCH|WRITE))$/,
]

/** What a session's processes say about where they come from. */
export interface SessionOrigin {
  session_id: string
  /** With it, `otg` in the session finds this host, whatever its data folder is. */
  dataDir: string
  /** The run of the host, as text: only when that is surely over, another host may end them. */
  run: string
}

/** The host's environment without the variables that describe where the host runs, plus those that describe our terminal. */
export function sessionEnvironment(
  host: NodeJS.ProcessEnv,
  { session_id, dataDir, run }: SessionOrigin,
): Record<string, string> {
  const env: Record<string, string> = {}
  const folders = packageFolders(host)
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || FOREIGN.some(pattern => pattern.test(name))) continue
    const own = withoutPackage(name, value, folders)
    if (own !== undefined) env[name] = own
  }
  // Electron replaces it, to get a tray icon.
  if (host.ORIGINAL_XDG_CURRENT_DESKTOP !== undefined) env.XDG_CURRENT_DESKTOP = host.ORIGINAL_XDG_CURRENT_DESKTOP
  if (host.npm_lifecycle_event && env.PATH) env.PATH = withoutNpm(env.PATH)
  env.TERM = 'xterm-256color'
  env.COLORTERM = 'truecolor'
  env.TERM_PROGRAM = 'on-the-go'
  env.OTG_SESSION_ID = session_id
  env.OTG_DATA_DIR = dataDir
  env[RUN_VARIABLE] = run
  if (!env.LANG && !env.LC_ALL && process.platform !== 'win32') env.LANG = 'C.UTF-8'
  return env
}

/** Where the package is mounted that the host, or the program that started it, came in. */
function packageFolders({ APPIMAGE, APPDIR, SNAP, SNAP_NAME }: NodeJS.ProcessEnv): string[] {
  // APPDIR alone may be a variable of the user's own.
  const isMounted = APPIMAGE !== undefined || (APPDIR !== undefined && isBelow(process.execPath, APPDIR))
  const folders = [isMounted ? APPDIR : undefined, SNAP_NAME === undefined ? undefined : SNAP]
  return folders
    .filter(folder => folder !== undefined && /^\/[^/]/.test(folder))
    .map(folder => folder!.replace(/\/+$/, ''))
}

/**
 * Packages put folders of their own in front of PATH, LD_LIBRARY_PATH, XDG_DATA_DIRS and others: programs of the system would
 * load libraries from there, and find nothing once the app has ended. Undefined: nothing else was in it.
 */
function withoutPackage(name: string, value: string, folders: string[]): string | undefined {
  if (folders.length === 0 || !folders.some(folder => value.includes(folder))) return value
  const separator = name === 'LD_PRELOAD' ? /[: ]+/ : ':'
  const entries = value.split(separator)
  const kept = entries.filter(entry => !folders.some(folder => isBelow(entry, folder)))
  if (kept.length === entries.length) return value
  // An empty entry, which is the present folder, is left by `$APPDIR/usr/lib:$LD_LIBRARY_PATH` where that was not set.
  const own = kept.filter(entry => entry !== '' && !entry.startsWith('./'))
  return own.length > 0 ? own.join(':') : undefined
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** Removes the folders that npm puts in front of PATH for its scripts. */
function withoutNpm(path: string): string {
  return path
    .split(delimiter)
    .filter(folder => !/node_modules[/\\]\.bin$|node-gyp-bin$/.test(folder))
    .join(delimiter)
}
