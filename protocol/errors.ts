// Every error code that crosses the wire or reaches a script, and the error that carries one.

/** Codes are stable: scripts and clients compare them. */
const ERROR_CODES = [
  // the wire
  'bad_frame', // a frame that is malformed, oversize or of an unknown kind
  'bad_message', // a JSON message that is unknown or does not match its schema
  'version_unsupported', // the two sides share no protocol version
  'hello_expected', // the first message was not a hello
  'hello_timeout', // no hello came in time
  'forbidden', // this role may not do this
  'too_many_connections', // the device has its maximum of connections
  'too_many_requests', // the device has its maximum of requests that wait
  'connection_lost', // the transport went away
  'unreachable', // nothing answered at the address
  'probe_failed', // an open connection did not answer in time
  'channel_refused', // the handshake of the encrypted channel failed
  'channel_broken', // a frame of the encrypted channel did not decrypt
  'channel_exhausted', // the keys of the encrypted channel are used up; a new one is opened
  'channel_timeout', // the handshake of the encrypted channel took too long
  'channel_backlog', // more frames waited for the encrypted channel than it buffers
  'stalled', // the client stopped reading
  'client_closed', // the client closed the connection
  'request_timeout', // the host did not answer a request in time
  // devices
  'pairing_spent', // this code was used or has expired
  'pairing_busy', // the maximum of devices wait for approval
  'pairing_refused', // a person at the desktop refused
  'pairing_expired', // no one at the desktop answered in time
  'confirm_needed', // this device has to be confirmed at the desktop again: return in mode `confirm`
  'pairing_elsewhere', // this device waits for approval on another connection
  'pairing_unknown', // no device waits under this id
  'device_unknown', // no device has this id
  'device_ambiguous', // more than one device has this name
  'device_revoked', // this device was revoked
  'device_changed', // this device's permissions were changed
  'device_read_only', // this device is read-only
  'device_name_invalid', // a name has one to 64 printable characters
  'too_many_devices', // the host has its maximum of devices
  'devices_damaged', // the list of devices cannot be read
  'host_key_damaged', // the host's key cannot be read
  'keystore_unavailable', // the system has no keystore, or it cannot be reached from here
  'keystore_locked', // the system's keystore has to be unlocked first
  'keystore_key_missing', // the data folder is encrypted, and the keystore does not have its key
  // sessions
  'session_unknown', // no session has this id
  'session_ambiguous', // more than one session id begins like this
  'session_ended', // this session's process has ended
  'session_expired', // the session was ended for being idle
  'session_busy', // the session allows one client and has one
  'screen_failed', // the session's output broke its screen again and again; it goes on without one
  'attachment_failed', // what this attachment was sent cannot be shown; attach again
  'attachment_unknown', // this connection has no such attachment
  'read_only', // this attachment cannot type or resize
  'command_not_found', // the command does not exist or cannot be run
  'cwd_not_found', // the working directory does not exist
  'size_invalid', // columns or rows are out of range
  'spawn_failed', // the system refused to start the process
  'input_full', // the session's input queue is full for now
  'too_many_sessions', // the host has its maximum of sessions
  'too_many_processes', // the system starts no more processes, or has no memory for one
  'too_many_files', // another session would take the file descriptors that the host needs itself
  'too_many_attachments', // this device has its maximum of attachments
  // activity
  'question_gone', // the question was answered, or the program went on
  'question_changed', // the program asks something else now
  'own_question', // a program tried to answer its own session's question
  'grant_needed', // a program in a session may do this only if a person allowed it
  'option_unknown', // the question has no such option, or several
  'agent_config_unusable', // an agent's configuration file cannot be read, understood or written
  // history
  'cancelled', // the client canceled the request
  'session_running', // this session's process still runs
  'history_busy', // the host, or this device, runs its maximum of searches or exports
  'mark_unknown', // the session has no such mark
  'too_many_marks', // the session has its maximum of marks
  'pattern_invalid', // a pattern is not a regular expression, or is too long
  'pattern_slow', // matching a pattern takes too long
  'export_failed', // the file of an export cannot be written
  // files
  'upload_too_large', // the file is larger than the host accepts
  'upload_full', // the host's space for uploaded files is used up
  'upload_busy', // this device has its maximum of uploads in progress
  'upload_refused', // the host accepts no files, or cannot write this one
  // notifications
  'push_off', // the host sends no notifications
  'push_refused', // not a push subscription, or of a push service that the host does not know
  'push_gone', // the push service no longer knows this subscription
  'push_busy', // this device changed its push subscription too often
  'notify_failed', // a test notification was not delivered
  'notify_busy', // too many test notifications
  // the host
  'host_running', // another host owns this data folder
  'host_not_started', // a host in the background ended before it was ready, or was not ready in time
  'host_not_running', // no host runs on this data folder
  'host_stopping', // the host is stopping
  'thread_died', // the part of the host that worked on this request stopped, and is started again
  'port_in_use', // the port is taken
  'bind_refused', // the host cannot listen on the address
  'tls_unusable', // the certificate or its key cannot be used
  'data_dir_unusable', // the data folder cannot be created, read or written
  'trace_unusable', // the file for the trace of frames cannot be written
  'rules_invalid', // a file of rules is not valid JSON, or has an unknown key or value
  'settings_invalid', // a setting has an invalid value
  'data_dir_in_use', // the folder to restore into has a history or keys
  'backup_failed', // the backup cannot be written
  'backup_unusable', // the file is no backup, is damaged, or was made by a newer version
  'store_newer', // the database was written by a newer version
  'store_older', // the database was written by an earlier version, and is only read
  'store_damaged', // the database cannot be read
  'store_full', // the disk is full
  'update_unavailable', // the update feed does not answer, or its answer is invalid
  'update_failed', // the update cannot be downloaded or installed
  'web_client_missing', // the web client was not built
  'internal', // a bug in the host
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** An error with a stable code. `message` is one sentence that says what to do; `cause` is the original error. */
export class CodedError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CodedError'
    this.code = code
  }
}

/** Any thrown value as a coded error; one without a code of ours becomes `internal`. */
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
