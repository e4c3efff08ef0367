// The environment of a session's process.
import { delimiter, sep } from 'node:path'
import { RUN_VARIABLE } from '../processes/host-run.ts'

/** What describes a terminal, or a multiplexer or editor that is one: a session has another terminal than its starter. */
const TERMINAL = [
  /^(TERM|COLORTERM|COLORFGBG|TERMCAP|TERMINFO|TERMINFO_DIRS|COLUMNS|LINES|WINDOWID|WINDOWPATH|GPG_TTY)$/,
  /^(TERM_PROGRAM(_VERSION)?|TERM_SESSION_ID|TERM_FEATURES|TERMINAL_EMULATOR|LC_TERMINAL(_VERSION)?|XTERM_\w+)$/,
  /^(TMUX|TMUX_PANE|STY|WINDOW|ZELLIJ|ZELLIJ_\w+|HERDR_\w+|NVIM|NVIM_LISTEN_ADDRESS|VIM_TERMINAL|INSIDE_EMACS|SSH_TTY)$/,
  /^(VTE_VERSION|KITTY_|WEZTERM_|ITERM_|ITERM2_|KONSOLE_|ALACRITTY_|WT_SESSION$|WT_PROFILE_ID$|GHOSTTY_|WARP_)/,
  /^(GNOME_TERMINAL_|TILIX_ID$|TERMINATOR_UUID$|DOMTERM|HYPER|TABBY_|CONTOUR_|FOOT_|ZED_TERM$|MINTTY_|ConEmu|ANSICON)/,
  /^VSCODE_(INJECTION|SHELL_\w+|STABLE|NONCE|ENV_\w+|PATH_PREFIX|PYTHON_AUTOACTIVATE_GUARD)$/,
  // Of another session, or of our own commands.
  /^OTG_/,
]

/** Descriptors of the starter, which a session does not have: a program would use another file under that number. */
const DESCRIPTORS =
  /^(NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|LISTEN_(PID|PIDFDID|FDS|FDNAMES)|JOURNAL_STREAM)$/

/** What describes how and where the host was started, and is untrue or harmful in a session. */
const FOREIGN = [
  ...TERMINAL,
  DESCRIPTORS,
  // npm, for its scripts; Node.js, for its child processes; make, for its jobs.
  /^npm_/i,
  /^(INIT_CWD|NODE|NODE_OPTIONS|NODE_UNIQUE_ID|COLOR|MAKEFLAGS|MFLAGS|MAKELEVEL)$/,
  /^(NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|CI|DEBIAN_FRONTEND)$/,
  // Agents, which refuse to run in one another or behave as a tool, and what they set for their commands.
  /^(CLAUDECODE|AI_AGENT|AGENT|CLAUDE_CODE_|CLAUDE_AGENT_|CLAUDE_EFFORT$|CODEX_|GEMINI_CLI|OPENCODE|CURSOR_|COPILOT_AGENT)/,
  /^(GIT_(ASKPASS|EDITOR|PAGER|SEQUENCE_EDITOR|INDEX_FILE|DIR|WORK_TREE|PREFIX)|SSH_ASKPASS|PAGER|VSCODE_\w+)$/,
  /^(SSH_(CLIENT|CONNECTION|ORIGINAL_COMMAND)|SUDO_\w+|PKEXEC_UID)$/,
  // Electron and Chromium; what developers set for other programs stays.
  /^ELECTRON_(?!(MIRROR|NIGHTLY_MIRROR|CUSTOM_\w+|OVERRIDE_DIST_PATH|CACHE|BUILDER_\w+|SKIP_BINARY_DOWNLOAD)$)/,
  /^CHROME_(?!(BIN|PATH|EXECUTABLE)$)/,
  /^ORIGINAL_XDG_CURRENT_DESKTOP$/,
  // Packages: the AppImage runtime (zsh renames programs by ARGV0), snap, and a macOS bundle.
  /^(APPIMAGE|APPIMAGE_\w+|APPDIR|ARGV0|OWD|TARGET_APPIMAGE|APPRUN_\w+)$/,
  /^(SNAP|SNAP_\w+|__CFBundleIdentifier)$/,
  // The desktop that started the app: tokens for one start, and the name of its entry.
  /^(GIO_LAUNCHED_DESKTOP_FILE(_PID)?|BAMF_DESKTOP_FILE_HINT|DESKTOP_STARTUP_ID|XDG_ACTIVATION_TOKEN)$/,
  // systemd, for one service (systemd.exec(5)): a program could report in its name, or read its credentials.
  /^(NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|CREDENTIALS_DIRECTORY|INVOCATION_ID)$/,
  /^(MAINPID|MANAGERPID|MANAGERPIDFDID|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_(WATCH|WRITE))$/,
]

/**
 * What a login shell is started with: who the user is, their language, and their desktop. All of it is the same whatever
 * started the host; the shell's own files add the rest.
 */
const LOGIN = [
  /^(HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_(?!TERMINAL)\w+|TZ|TMPDIR|MAIL|__CF_USER_TEXT_ENCODING)$/,
  /^(DBUS_SESSION_BUS_ADDRESS|DESKTOP_SESSION|XDG_(?!ACTIVATION_TOKEN$)\w+|WSL_\w+|WSLENV)$/,
]

/** Of the desktop, too, except where the host was started through SSH: they are of that connection, and end with it. */
const SEAT = /^(DISPLAY|WAYLAND_DISPLAY|WAYLAND_SOCKET|XAUTHORITY|SSH_AUTH_SOCK|GPG_AGENT_INFO)$/

/** Where a system's programs are before a shell's files say more (login(1), ENV_PATH). */
const LOGIN_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What a shell sets for itself. */
const SHELL_OWN = /^(_|PWD|OLDPWD|SHLVL)$/

/** What a session's processes say about where they come from. */
export interface SessionOrigin {
  session_id: string
  /** With it, `otg` in the session finds this host, whatever its data folder is. */
  dataDir: string
  /** The run of the host, as text: only when that is surely over, another host may end them. */
  run: string
}

type Environment = Record<string, string>

/** `own`, with what describes our terminal. */
export function sessionEnvironment(
  own: Readonly<Environment>,
  { session_id, dataDir, run }: SessionOrigin,
): Environment {
  const env = { ...own }
  env.TERM = 'xterm-256color'
  env.COLORTERM = 'truecolor'
  env.TERM_PROGRAM = 'on-the-go'
  env.OTG_SESSION_ID = session_id
  env.OTG_DATA_DIR = dataDir
  env[RUN_VARIABLE] = run
  if (!env.LANG && !env.LC_ALL && process.platform !== 'win32') env.LANG = 'C.UTF-8'
  return env
}

/** The host's environment without the variables that describe where the host runs. */
export function hostEnvironment(host: NodeJS.ProcessEnv): Environment {
  const env = without(host, FOREIGN)
  // Electron replaces it, to get a tray icon.
  if (host.ORIGINAL_XDG_CURRENT_DESKTOP !== undefined) env.XDG_CURRENT_DESKTOP = host.ORIGINAL_XDG_CURRENT_DESKTOP
  if (host.npm_lifecycle_event && env.PATH) env.PATH = withoutNpm(env.PATH)
  return env
}

/** What the user's login shell is started with. */
export function beforeLogin(host: NodeJS.ProcessEnv): Environment {
  const isRemote = host.SSH_CONNECTION !== undefined || host.SSH_TTY !== undefined
  const env: Environment = { PATH: LOGIN_PATH }
  for (const [name, value] of Object.entries(hostEnvironment(host)))
    if (LOGIN.some(pattern => pattern.test(name)) || (!isRemote && SEAT.test(name))) env[name] = value
  return env
}

/** What a shell exported, without what it says of itself or of the terminal that it had. */
export function afterLogin(shell: Environment): Environment {
  return without(shell, [...TERMINAL, DESCRIPTORS, SHELL_OWN])
}

/** What a command has where a person starts it, for the same command in a session: without that place's terminal. */
export function callerEnvironment(caller: NodeJS.ProcessEnv, cwd?: string): Environment {
  const env = without(caller, [...TERMINAL, DESCRIPTORS, /^ELECTRON_RUN_AS_NODE$/])
  if (env.PWD !== undefined && cwd !== undefined && env.PWD !== cwd) delete env.PWD
  // make's jobs are handed out by descriptors; without them it starts as many as it likes.
  if (env.MAKEFLAGS !== undefined) env.MAKEFLAGS = env.MAKEFLAGS.replace(/ ?--jobserver-(auth|fds)=\S+/g, '')
  return env
}

function without(variables: NodeJS.ProcessEnv, patterns: readonly RegExp[]): Environment {
  const env: Environment = {}
  const folders = packageFolders(variables)
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || patterns.some(pattern => pattern.test(name))) continue
    const own = withoutPackage(name, value, folders)
    if (own !== undefined) env[name] = own
  }
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
