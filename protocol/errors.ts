// Every error code that crosses the wire or reaches a script, and the error that carries one. Knows no causes.

/** Codes are stable: scripts and clients compare them. */
const ERROR_CODES = [
  // the wire
  'bad_frame', // a frame that is malformed, oversize or of an unknown kind
  'bad_message', // a JSON message that is unknown or does not fit its schema
  'version_unsupported', // the two sides share no protocol version
  'hello_expected', // the first message was not a hello
  'hello_timeout', // no hello came in time
  'forbidden', // this role may not do that
  'too_many_connections', // the host has as many connections as it takes
  'connection_lost', // the transport went away
  'unreachable', // nothing answered at the address
  'probe_failed', // an open connection did not answer in time
  'channel_refused', // the handshake of the encrypted channel failed
  'channel_broken', // a frame of the encrypted channel did not decrypt
  'channel_exhausted', // the keys of the encrypted channel are used up; a new one is opened
  'channel_timeout', // the handshake of the encrypted channel took too long
  'channel_backlog', // more waited for the encrypted channel than it holds
  'stalled', // the client stopped taking frames
  'client_closed', // the client closed the connection
  'request_timeout', // the host did not answer a request in time
  // devices
  'pairing_spent', // this code was used already or is too old
  'pairing_busy', // as many devices wait to be let in as the host keeps waiting
  'pairing_refused', // somebody at the desktop said no
  'pairing_expired', // nobody at the desktop answered in time
  'pairing_elsewhere', // this device goes on asking over another connection
  'pairing_unknown', // no device waits under this id
  'device_unknown', // no device has this id
  'device_ambiguous', // more than one device is called like this
  'device_revoked', // this device was revoked
  'device_changed', // what this device may do was changed
  'device_read_only', // this device may only look
  'device_name_invalid', // a name has one to 64 printable characters
  'too_many_devices', // the host knows as many devices as it keeps
  'devices_damaged', // the list of devices cannot be read
  'host_key_damaged', // the host's key cannot be read
  // sessions
  'session_unknown', // no session has this id
  'session_ambiguous', // more than one session id begins like this
  'session_ended', // the process of this session is gone
  'session_expired', // the session was ended for being idle
  'session_busy', // the session takes one client and has one
  'attachment_unknown', // this connection has no such attachment
  'read_only', // this attachment may not type or resize
  'command_not_found', // the command does not exist or cannot be run
  'cwd_not_found', // the working directory does not exist
  'size_invalid', // columns or rows are out of range
  'spawn_failed', // the system refused to start the process
  'input_full', // the session takes no more input for now
  'too_many_sessions', // the host has as many sessions as it takes
  'too_many_attachments', // this connection has as many attachments as it takes
  // history
  'cancelled', // whoever asked no longer wants it
  'session_running', // the process of this session still runs
  'history_busy', // as much is searched or exported at once as the host takes
  'mark_unknown', // the session has no such mark
  'too_many_marks', // the session has as many marks as it takes
  'pattern_invalid', // a pattern that is no regular expression, or is too long
  'pattern_slow', // looking for a pattern takes too long
  // files
  'upload_too_large', // the file is larger than the host takes
  'upload_full', // the host keeps as many files as it may
  'upload_busy', // as many files are on their way as a connection may have
  'upload_refused', // the host takes no files, or cannot write this one
  // notifications
  'push_off', // the host sends no notifications
  'push_refused', // a push subscription that is none, or of a push service that the host does not know
  'push_gone', // the push service does not know this subscription any more
  'push_busy', // this device changed its push subscription too often
  // the host
  'host_running', // another host owns this data folder
  'host_not_running', // no host runs on this data folder
  'host_stopping', // the host is stopping
  'port_in_use', // the port is taken
  'bind_refused', // the address cannot be listened on
  'tls_unusable', // the certificate or its key cannot be used
  'data_dir_unusable', // the data folder cannot be created, read or written
  'settings_invalid', // the settings file does not hold what it may
  'store_newer', // the database was written by a newer version
  'store_damaged', // the database cannot be read
  'store_full', // the disk is full
  'update_unavailable', // the update feed does not answer, or not with what it should
  'update_failed', // the update cannot be downloaded or installed
  'web_client_missing', // the web client was not built
  'internal', // a fault in the host
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** An error with a stable code. `message` is one sentence that says what to do; the original stands in `cause`. */
export class CodedError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CodedError'
    this.code = code
  }
}

/** Any thrown thing as a coded error; what has no code of ours is `internal`. */
export function toCoded(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new CodedError('internal', message, { cause: error })
}

export function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code)
}

/** For the end of an exhaustive switch over a union. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}
