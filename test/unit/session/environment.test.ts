import { describe, expect, it } from 'vitest'
import { hostEnvironment, sessionEnvironment } from '../../../main/host/session/environment.ts'

const OWN = { PATH: '/usr/bin:/bin', HOME: '/home/me', LANG: 'C.UTF-8' }
const OURS = ['COLORTERM', 'OTG_DATA_DIR', 'OTG_HOST_RUN', 'OTG_SESSION_ID', 'TERM', 'TERM_PROGRAM']

/** What a session gets of the host's variables. */
function kept(host: Record<string, string>): Record<string, string> {
  const env = sessionEnvironment(hostEnvironment(host), { session_id: 'id', dataDir: '/data', run: 'run' })
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OURS.includes(name)))
}

/** As set by the runtime of AppImages and electron-builder's AppRun, where LD_LIBRARY_PATH was not set before. */
const APPIMAGE = {
  APPIMAGE: '/home/me/On the Go.AppImage',
  APPDIR: '/tmp/.mount_On-theAbC',
  ARGV0: './On the Go.AppImage',
  OWD: '/home/me',
  PATH: '/tmp/.mount_On-theAbC:/tmp/.mount_On-theAbC/usr/sbin:/usr/bin:/bin',
  LD_LIBRARY_PATH: '/tmp/.mount_On-theAbC/usr/lib:',
  XDG_DATA_DIRS:
    '/tmp/.mount_On-theAbC/usr/share/:./share/:/usr/local/share/:/usr/share/:/home/me/.share:/usr/share/gnome/',
  GSETTINGS_SCHEMA_DIR: '/tmp/.mount_On-theAbC/usr/share/glib-2.0/schemas:/home/me/schemas',
  GDK_PIXBUF_MODULE_FILE: '/tmp/.mount_On-theAbC/usr/lib/loaders.cache',
  LD_PRELOAD: '/tmp/.mount_On-theAbC/hook.so /home/me/mine.so',
}

describe.skipIf(process.platform === 'win32')('case 89: the environment of a session', () => {
  it('has no variable of an AppImage, and no folder of it in a list', () => {
    expect(kept({ ...OWN, ...APPIMAGE })).toEqual({
      ...OWN,
      XDG_DATA_DIRS: '/usr/local/share/:/usr/share/:/home/me/.share:/usr/share/gnome/',
      GSETTINGS_SCHEMA_DIR: '/home/me/schemas',
      LD_PRELOAD: '/home/me/mine.so',
    })
  })

  it('keeps lists as they are, with empty and relative entries, where no package changed them', () => {
    const lists = { LD_LIBRARY_PATH: ':/home/me/lib:', XDG_DATA_DIRS: './share/::/usr/share', PATH: '/usr/bin::./bin' }
    expect(kept({ ...OWN, ...lists })).toEqual({ ...OWN, ...lists })
    expect(kept({ ...OWN, ...APPIMAGE, ...lists })).toMatchObject(lists)
  })

  it.each(['/', '', 'relative', '/usr', '/tmp/.mount_On'])(
    'keeps lists where the folder %s is not the one of the package',
    APPDIR => {
      expect(kept({ ...OWN, PATH: '/usr/bin:/tmp/.mount_On-the/bin', APPDIR })).toEqual({
        ...OWN,
        PATH: '/usr/bin:/tmp/.mount_On-the/bin',
      })
    },
  )

  it('has no variable of a snap, and no folder of it in a list', () => {
    const snap = {
      SNAP: '/snap/code/1',
      SNAP_NAME: 'code',
      SNAP_USER_DATA: '/home/me/snap',
      LD_LIBRARY_PATH: '/snap/code/1/lib',
    }
    expect(kept({ ...OWN, ...snap })).toEqual(OWN)
  })

  it('has the desktop that Electron replaced', () => {
    expect(kept({ ...OWN, XDG_CURRENT_DESKTOP: 'Unity', ORIGINAL_XDG_CURRENT_DESKTOP: 'ubuntu:GNOME' })).toEqual({
      ...OWN,
      XDG_CURRENT_DESKTOP: 'ubuntu:GNOME',
    })
    expect(kept({ ...OWN, XDG_CURRENT_DESKTOP: 'KDE' })).toMatchObject({ XDG_CURRENT_DESKTOP: 'KDE' })
  })

  it.each([
    ...['GIO_LAUNCHED_DESKTOP_FILE', 'GIO_LAUNCHED_DESKTOP_FILE_PID', 'DESKTOP_STARTUP_ID', 'XDG_ACTIVATION_TOKEN'],
    ...[
      'NODE_CHANNEL_FD',
      'NODE_CHANNEL_SERIALIZATION_MODE',
      'NODE_UNIQUE_ID',
      'NODE_OPTIONS',
      'npm_config_user_agent',
    ],
    ...[
      'ELECTRON_RUN_AS_NODE',
      'ELECTRON_NO_ASAR',
      'CHROME_DESKTOP',
      'CHROME_CRASHPAD_PIPE_NAME',
      'APPIMAGE_EXTRACT_AND_RUN',
    ],
    ...['NOTIFY_SOCKET', 'LISTEN_FDS', 'CREDENTIALS_DIRECTORY', 'INVOCATION_ID', 'WATCHDOG_USEC'],
    ...[
      'TMUX',
      'VSCODE_IPC_HOOK',
      'ZELLIJ_SESSION_NAME',
      'OTG_SECRET',
      '__CFBundleIdentifier',
      'OWD',
      'ARGV0',
      'APPDIR',
    ],
  ])('lacks %s', name => {
    expect(kept({ ...OWN, [name]: '1' })).toEqual(OWN)
  })

  it.each([
    ...[
      'CHROME_BIN',
      'CHROME_EXECUTABLE',
      'ELECTRON_MIRROR',
      'ELECTRON_OVERRIDE_DIST_PATH',
      'NODE_ENV',
      'NODE_EXTRA_CA_CERTS',
    ],
    ...[
      'SSH_AUTH_SOCK',
      'DISPLAY',
      'XDG_RUNTIME_DIR',
      'SNAPSHOT',
      'APPDIRS',
      'XDG_SESSION_ID',
      'DBUS_SESSION_BUS_ADDRESS',
    ],
  ])('keeps %s', name => {
    expect(kept({ ...OWN, [name]: '1' })).toEqual({ ...OWN, [name]: '1' })
  })
})
