// Every kind of trouble that a host reports to people: what happens and what to do, in words for a screen. Closed: a kind that is
// not here cannot be reported.

/** `error`: something is being lost, or does not work, now. `warning`: it soon may be, or something was done about it. */
export type Severity = 'error' | 'warning'

export interface TroubleText {
  severity: Severity
  /** A short line, without a period: the heading of a banner, and a line of the log. */
  title: string
  /** What happens and what is lost, in one or two sentences. */
  happens: string
  /** What a person can do, in one or two sentences. */
  todo: string
  /**
   * `host`: it ends when its cause is gone. `person`: it tells of something that has happened already, and stays, also after a
   * restart, until a person has read it.
   */
  ends: 'host' | 'person'
  /** `everyone`: also devices that may only look or are limited to sessions, because it is about what they view. */
  concerns: 'everyone' | 'owner'
}

const trouble = <const T extends TroubleText>(text: T): TroubleText => text

export const TROUBLES = {
  // Recording.
  disk_full: trouble({
    severity: 'error',
    title: 'Not recording: the disk is full',
    happens:
      'Sessions go on, but what they print is not recorded. Recent output waits in memory; what does not fit is lost.',
    todo: 'Free some space on the disk of the data folder. Recording then goes on by itself.',
    ends: 'host',
    concerns: 'everyone',
  }),
  recording_refused: trouble({
    severity: 'error',
    title: 'Not recording: the history cannot be written',
    happens:
      'Sessions go on, but what they print is not recorded. Recent output waits in memory; what does not fit is lost.',
    todo: 'Check that the data folder can be written: it may be read-only, unmounted, or locked by another program.',
    ends: 'host',
    concerns: 'everyone',
  }),
  recording_damaged: trouble({
    severity: 'error',
    title: 'Not recording: the history is damaged',
    happens: 'Some of what sessions print cannot be recorded, and earlier output may be unreadable.',
    todo: 'Run otg check to see what is damaged, and otg check --repair to save what can be read.',
    ends: 'host',
    concerns: 'everyone',
  }),
  recording_failed: trouble({
    severity: 'error',
    title: 'Not recording: an unexpected error',
    happens: 'Some of what sessions print is not recorded. The host keeps trying.',
    todo: 'If this does not end within a minute, restart the host, and report the error that host.log names.',
    ends: 'host',
    concerns: 'everyone',
  }),
  recording_behind: trouble({
    severity: 'warning',
    title: 'Recording is behind',
    happens:
      'The disk is slower than what sessions print. Programs that print much are slowed down; a crash now loses more than usual.',
    todo: 'See what else uses the disk of the data folder.',
    ends: 'host',
    concerns: 'everyone',
  }),
  recording_restarts: trouble({
    severity: 'error',
    title: 'Recording keeps stopping',
    happens: 'The thread that records ends again and again. Up to a second of output is lost each time.',
    todo: 'Restart the host when you can, and report the error that host.log names.',
    ends: 'host',
    concerns: 'everyone',
  }),
  session_unrecorded: trouble({
    severity: 'error',
    title: 'A session is not recorded',
    happens: 'The session works, but what it prints is kept only while it runs.',
    todo: 'Start it again when recording works, if you need its history.',
    ends: 'host',
    concerns: 'everyone',
  }),
  // The history.
  history_lost: trouble({
    severity: 'error',
    title: 'The history is gone',
    happens:
      'The history file was deleted, replaced or emptied. Recording goes on in a new file; what was recorded before is not in it.',
    todo: 'If you have the old file or a backup, stop the host and put it back with otg restore.',
    ends: 'person',
    concerns: 'everyone',
  }),
  history_damaged: trouble({
    severity: 'error',
    title: 'A part of the history is damaged',
    happens: 'Some recorded output cannot be read. New output is recorded.',
    todo: 'Run otg check to see what is damaged, and otg check --repair to save what can be read.',
    ends: 'person',
    concerns: 'everyone',
  }),
  history_unreadable: trouble({
    severity: 'warning',
    title: 'The history cannot be read',
    happens: 'Search, playback and earlier output fail. Sessions and their recording go on.',
    todo: 'If this does not end within a minute, restart the host, and report the error that host.log names.',
    ends: 'host',
    concerns: 'everyone',
  }),
  history_not_converted: trouble({
    severity: 'warning',
    title: 'The history could not be encrypted or decrypted',
    happens: 'It is used as it was: the setting for the keystore does not hold for it yet. Nothing is lost.',
    todo: 'Check that the disk has room for a second copy of the history and that no other program has it open, and restart the host.',
    ends: 'host',
    concerns: 'owner',
  }),
  copies_not_encrypted: trouble({
    severity: 'warning',
    title: 'Older copies in the data folder are not encrypted',
    happens:
      'A repair or a restore kept them. They contain output or keys that the setting for the keystore does not protect.',
    todo: 'When you no longer need them, stop the host and run otg check --remove-kept.',
    ends: 'host',
    concerns: 'owner',
  }),
  copy_failed: trouble({
    severity: 'warning',
    title: 'The history could not be copied before an update',
    happens: 'This version changed the history file, and no copy of the earlier one could be kept.',
    todo: 'Make a backup with otg backup when the disk has room.',
    ends: 'person',
    concerns: 'owner',
  }),
  backup_failed: trouble({
    severity: 'warning',
    title: 'The last backup failed',
    happens: 'There is no backup of the newest history.',
    todo: 'Check the place that the backup goes to, and run otg backup again.',
    ends: 'host',
    concerns: 'owner',
  }),
  // The data folder.
  data_folder_gone: trouble({
    severity: 'error',
    title: 'The data folder is gone',
    happens: 'It was moved, deleted or unmounted while the host runs. What is written now may not be found later.',
    todo: 'Put it back where it was, and restart the host.',
    ends: 'host',
    concerns: 'owner',
  }),
  two_hosts: trouble({
    severity: 'error',
    title: 'Another host uses the same data folder',
    happens: 'The lock of the data folder was deleted, and another host took the folder. Both write to the same files.',
    todo: 'Stop one of the two hosts now.',
    ends: 'host',
    concerns: 'owner',
  }),
  files_unwritable: trouble({
    severity: 'warning',
    title: 'A file of the host cannot be saved',
    happens: 'Changes of devices, settings or notifications may be gone after a restart.',
    todo: 'Check that the data folder can be written and that its disk has room.',
    ends: 'host',
    concerns: 'owner',
  }),
  log_unwritable: trouble({
    severity: 'warning',
    title: 'The log cannot be written',
    happens: 'Lines of host.log are missing. Sessions and recording do not need it.',
    todo: 'Check that the data folder can be written and that its disk has room.',
    ends: 'host',
    concerns: 'owner',
  }),
  // Resources.
  files_exhausted: trouble({
    severity: 'error',
    title: 'Too many files are open',
    happens: 'The host has almost no file descriptors left. New sessions are refused, and connections may fail.',
    todo: 'End sessions that you no longer need, or start the host with a higher limit (ulimit -n).',
    ends: 'host',
    concerns: 'everyone',
  }),
  memory_low: trouble({
    severity: 'warning',
    title: 'The computer is almost out of memory',
    happens: 'The system may end the host or programs in sessions to free memory.',
    todo: 'Close programs that use much memory.',
    ends: 'host',
    concerns: 'everyone',
  }),
  connections_failing: trouble({
    severity: 'error',
    title: 'Connections cannot be accepted',
    happens:
      'The system refuses new connections to the host. Phones and windows may be unable to connect; sessions go on.',
    todo: 'End sessions that you no longer need, or start the host with a higher limit (ulimit -n).',
    ends: 'host',
    concerns: 'everyone',
  }),
  address_unusable: trouble({
    severity: 'warning',
    title: 'An address cannot be used',
    happens: 'The host cannot listen at one of its addresses, so phones cannot connect there. It keeps trying.',
    todo: 'See which other program uses the same port, or choose another port in the settings.',
    ends: 'host',
    concerns: 'owner',
  }),
  certificate_failed: trouble({
    severity: 'warning',
    title: 'The TLS certificate could not be renewed',
    happens: 'The host goes on with the certificate that it has. When that expires, phones can no longer connect.',
    todo: 'Check the certificate files, or that Tailscale runs and issues certificates.',
    ends: 'host',
    concerns: 'owner',
  }),
  // Threads.
  screens_restart: trouble({
    severity: 'warning',
    title: 'Screens keep being rebuilt',
    happens: 'A thread that draws screens ends again and again. Previews and questions come late; nothing is lost.',
    todo: 'If this does not end, restart the host, and report the error that host.log names.',
    ends: 'host',
    concerns: 'everyone',
  }),
  // Time.
  clock_jumped: trouble({
    severity: 'warning',
    title: 'The clock of the computer jumped',
    happens: 'Nothing is deleted or ended for its age until the clock has been steady for a while.',
    todo: 'Check the date and time of the computer. If they are wrong, sessions started now have wrong dates.',
    ends: 'host',
    concerns: 'owner',
  }),
  // Processes.
  environment_unknown: trouble({
    severity: 'warning',
    title: 'Your login shell did not tell its environment',
    happens: 'Commands that a phone or a window starts get a minimal environment, and may not find your programs.',
    todo: 'Make the startup files of your shell end without input, then run otg status --renew-environment.',
    ends: 'host',
    concerns: 'owner',
  }),
  leftovers_in_doubt: trouble({
    severity: 'warning',
    title: 'Processes of an earlier host may still run',
    happens: 'They were not ended, because another host may own them.',
    todo: 'If no other host uses a copy of this data folder, end them yourself. The log names them.',
    ends: 'host',
    concerns: 'owner',
  }),
  leftovers_survive: trouble({
    severity: 'warning',
    title: 'Processes of ended sessions still run',
    happens: 'They did not end when they were asked to and when they were killed.',
    todo: 'Look at them with ps. They may wait for a disk or network folder that does not answer.',
    ends: 'host',
    concerns: 'owner',
  }),
} as const satisfies Record<string, TroubleText>

export type TroubleKind = keyof typeof TROUBLES

export function isTroubleKind(kind: string): kind is TroubleKind {
  return Object.hasOwn(TROUBLES, kind)
}
