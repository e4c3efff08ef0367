// The JSON messages of both directions and their schemas. Knows nothing of frames, sockets or sessions.
import * as z from 'zod/mini'
import {
  BLOB_BYTES,
  FILE_NAME_CHARACTERS,
  LABEL_CHARACTERS,
  MAX_BUCKETS,
  MAX_COLS,
  MAX_CONTEXT,
  MAX_HITS,
  MAX_LINES,
  MAX_PAGE,
  MAX_PATTERNS,
  MAX_ROWS,
  MAX_WINDOW_BYTES,
  PATTERN_CHARACTERS,
  PUSH_ENDPOINT_CHARACTERS,
  PUSH_KEY_CHARACTERS,
  QUERY_CHARACTERS,
} from './limits.ts'

// The page's CSP forbids eval, and zod probes for it unless told not to (zod 4 docs, "jitless").
z.config({ jitless: true })

/** The versions that this side speaks, best last. */
export const VERSIONS = [1]

const id = z.string().check(z.minLength(1), z.maxLength(64))
// Parts of an answer name it in 32 bits.
const request_id = z.int().check(z.nonnegative(), z.maximum(0xffff_ffff))
const handle = z.int().check(z.nonnegative(), z.maximum(0xffff_ffff))
const offset = z.int().check(z.nonnegative())
const text = (most: number) => z.string().check(z.maxLength(most))

export const Position = z.object({ offset, n: offset })
export const Size = z.object({
  cols: z.int().check(z.minimum(1), z.maximum(MAX_COLS)),
  rows: z.int().check(z.minimum(1), z.maximum(MAX_ROWS)),
})
// What clients send is checked by the host, so that 0 or 100,000 columns get `size_invalid`, not a closed socket.
const AskedSize = z.object({ cols: z.number(), rows: z.number() })

/** How a session came to its end; `running` is the only state with a process. */
export const SessionState = z.enum(['running', 'exited', 'killed', 'expired', 'host_stopped', 'host_crashed'])
export type SessionState = z.infer<typeof SessionState>

/** What a blob holds: `size` raw bytes with this CRC-32, as one zstd frame or as they are. */
export const Blob = z.object({
  size: z.int().check(z.nonnegative(), z.maximum(BLOB_BYTES)),
  checksum: z.int().check(z.nonnegative()),
  compressed: z.boolean(),
})
export type Blob = z.infer<typeof Blob>

export const SessionInfo = z.object({
  session_id: id,
  title: z.string(),
  /** argv; the first is the program. */
  command: z.array(z.string()),
  /** Where it was started; of one that runs, where it is now as far as that can be told. */
  cwd: z.string(),
  state: SessionState,
  exit_code: z.nullable(z.int()),
  signal: z.nullable(z.string()),
  pid: z.nullable(z.int()),
  /** Unix milliseconds, like all times on the wire. */
  created_at: z.int(),
  ended_at: z.nullable(z.int()),
  last_activity: z.int(),
  cols: z.int(),
  rows: z.int(),
  /** Bytes of output since birth. */
  bytes: offset,
  /** Clients looking at it now. */
  clients: z.int(),
  /** Silent and unattached for longer than the expiry, but something still runs in it. */
  idle: z.boolean(),
  /** The last line on its screen that is not blank, as plain text. */
  last_line: z._default(z.string(), ''),
  /** It called for somebody (bell, notification) while nobody looked, and nobody has looked since. `text`: what it said, or ''. */
  attention: z._default(z.nullable(z.object({ at: z.int(), text: z.string() })), null),
  /** Who looks at it now, each client once: a device's name, `desktop` for a window, `terminal` for the command. */
  viewers: z._default(z.array(z.string()), []),
})
export type SessionInfo = z.infer<typeof SessionInfo>

export const SessionSpec = z.object({
  /** argv; left out: the person's login shell. */
  command: z.optional(z.array(text(32_768)).check(z.minLength(1), z.maxLength(1024))),
  /** Left out: the home folder. */
  cwd: z.optional(text(4096)),
  title: z.optional(text(256)),
  size: z.optional(AskedSize),
})
export type SessionSpec = z.infer<typeof SessionSpec>

/** By which way an address leads here. `named`: somebody told us of it. */
export const AddressKind = z.enum(['named', 'tailnet', 'lan', 'vpn', 'public', 'container', 'link_local', 'loopback'])
export type AddressKind = z.infer<typeof AddressKind>

const PairingAddress = () =>
  z.object({
    /** With the secret in its fragment. */
    url: z.string(),
    /** The name or number in it. */
    name: z.string(),
    kind: AddressKind,
  })
export type PairingAddress = z.infer<ReturnType<typeof PairingAddress>>

/** A paired phone. */
const DeviceInfo = () =>
  z.object({
    device_id: id,
    name: z.string(),
    read_only: z.boolean(),
    /** Its key was made on an HTTPS page, and is good there only; else on a plain one. */
    secure: z.boolean(),
    created_at: z.int(),
    last_seen: z.int(),
    /** Where it came from last. */
    address: z.string(),
    /** Its connections now. */
    connected: z.int(),
    /** It is told through its browser's push service, also while its page is closed. */
    notified: z._default(z.boolean(), false),
  })
export type DeviceInfo = z.infer<ReturnType<typeof DeviceInfo>>

/** A phone that has shown the secret and waits for somebody's yes. */
const PairingRequest = () =>
  z.object({
    pairing_id: id,
    /** What it calls itself. */
    name: z.string(),
    /** What it shows too, if it is the one. */
    code: z.string(),
    address: z.string(),
    secure: z.boolean(),
    expires_at: z.int(),
  })
export type PairingRequest = z.infer<ReturnType<typeof PairingRequest>>

/** Which sessions: all that is given has to hold. */
export const HistoryFilter = z.object({
  /** In the title, the command line or the folder; capitals count as small letters. */
  text: z.optional(text(256)),
  /** In the command line. */
  command: z.optional(text(256)),
  /** This folder or one below it. */
  cwd: z.optional(text(4096)),
  state: z.optional(z.array(SessionState).check(z.minLength(1), z.maxLength(6))),
  /** Something of it is from this time or later; a search finds only what was printed then. */
  after: z.optional(z.int()),
  /** Something of it is from before this time; a search finds only what was printed then. */
  before: z.optional(z.int()),
  session_id: z.optional(id),
})
export type HistoryFilter = z.infer<typeof HistoryFilter>

/** A line that was found. */
const Hit = () =>
  z.object({
    session_id: id,
    /** Where it was complete; a place that `moment` takes. */
    offset,
    /** When, in milliseconds since the session's birth. */
    at: z.int(),
    line: z.string(),
    /** The lines around it, in order. */
    before: z.array(z.string()),
    after: z.array(z.string()),
    /** What was found in `line`: where each begins and ends, in UTF-16 units, in order and apart. */
    ranges: z.array(z.tuple([offset, offset])),
  })
export type Hit = z.infer<ReturnType<typeof Hit>>

/** A place that somebody wants to come back to. */
const Mark = () => z.object({ mark_id: z.int(), offset, at: z.int(), label: z.string() })
export type Mark = z.infer<ReturnType<typeof Mark>>

/** Why a part of a log is not there. */
export const GapReason = z.enum(['trimmed', 'damaged', 'unrecorded'])

export const ExportFormat = z.enum(['cast', 'cast3', 'txt', 'html', 'raw'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** What must not be in an export. */
export const Redaction = z.object({
  /** JavaScript regular expressions (flags `gu`), looked for in each line as it was printed. */
  patterns: z.optional(z.array(text(PATTERN_CHARACTERS)).check(z.maxLength(MAX_PATTERNS))),
  /** Also what looks like a password, a key or a token. */
  secrets: z.optional(z.boolean()),
})
export type Redaction = z.infer<typeof Redaction>

const cursor = text(256)
const limit = (most: number) => z.optional(z.int().check(z.minimum(1), z.maximum(most)))
/** A place by the clock (milliseconds since birth) or by the log. */
const SeekTarget = z.union([z.object({ at: offset }), z.object({ offset })])
export type SeekTarget = z.infer<typeof SeekTarget>

/** What a browser gives to be notified by (W3C Push API, `PushSubscription.toJSON`), keys in base64url. */
export const PushSubscription = z.strictObject({
  endpoint: text(PUSH_ENDPOINT_CHARACTERS),
  p256dh: text(PUSH_KEY_CHARACTERS),
  auth: text(PUSH_KEY_CHARACTERS),
})
export type PushSubscription = z.infer<typeof PushSubscription>

/** What a person may set of a host; null: left to the host. README.md says what each is. */
const SettingValues = () =>
  z.object({
    session_megabytes: z.number(),
    total_megabytes: z.number(),
    retention_days: z.number(),
    idle_hours: z.number(),
    end_busy: z.boolean(),
    single_client: z.boolean(),
    device_days: z.number(),
    upload_megabytes: z._default(z.number(), 100),
    uploads_total_megabytes: z._default(z.number(), 1000),
    push: z._default(z.boolean(), true),
    /** A program, or an argv. */
    shell: z.nullable(z.union([z.string(), z.array(z.string())])),
    port: z.nullable(z.int()),
    bind: z.string(),
    allow_hosts: z.array(z.string()),
    tls: z.nullable(z.union([z.literal('tailscale'), z.object({ cert: z.string(), key: z.string() })])),
  })
export type SettingValues = z.infer<ReturnType<typeof SettingValues>>

export const ClientKind = z.enum(['phone', 'desktop', 'cli', 'script'])
export type ClientKind = z.infer<typeof ClientKind>

/** A build of a page, which never reads one, leaves it out as a whole. */
const made = <T>(make: () => T): T => make()

export const ClientMessage = /* @__PURE__ */ made(() =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('hello'),
      /** Every version that the client speaks; the host takes the best that both know. */
      versions: z.array(z.int()).check(z.minLength(1), z.maxLength(16)),
      /** `name`: what the other side should call this client; a proposal. */
      client: z.object({ kind: ClientKind, name: text(64) }),
    }),
    z.object({ type: z.literal('ping'), request_id }),
    /** `watch`: also send `sessions` again whenever something in it changed. */
    z.object({ type: z.literal('list'), request_id, watch: z.optional(z.boolean()) }),
    z.object({ type: z.literal('create'), request_id, spec: SessionSpec }),
    z.object({
      type: z.literal('attach'),
      request_id,
      /** The whole id, or a beginning that only one session has. */
      session_id: id,
      /** Where the client's terminal ends; null: it has nothing. */
      have: z.nullable(Position),
      read_only: z.optional(z.boolean()),
      /** Whether somebody is before this client's screen, as with `look`. Left out: somebody is. */
      present: z.optional(z.boolean()),
      /** Takes the session's size at once. Left out: look at the size that it has. */
      size: z.optional(AskedSize),
      /** Most unacknowledged output bytes; 0: send no output at all (for who only types). */
      window: z.optional(z.int().check(z.minimum(0), z.maximum(MAX_WINDOW_BYTES))),
      /** With nothing: how much raw output before the present it wants. Left out: HISTORY_BYTES. */
      history_bytes: z.optional(offset),
      /** Missed raw output that the client would rather read than be skipped to the present screen. */
      catch_up_bytes: z.optional(offset),
      /** What to do when the session is unknown, ended or expired: start a new one in its place. */
      fallback: z.optional(z.object({ new: SessionSpec })),
      /** Names the numbering of this client's input; random, kept across reconnects. */
      input_stream: text(64),
    }),
    z.object({ type: z.literal('detach'), handle }),
    /** Takes the size: this client owns it from now on. */
    z.object({ type: z.literal('resize'), handle, cols: z.number(), rows: z.number() }),
    /** Gives the size back to who had it before. */
    z.object({ type: z.literal('release_size'), handle }),
    /** Whether somebody is before this client's screen. */
    z.object({ type: z.literal('attachment_presence'), handle, present: z.boolean() }),
    z.object({ type: z.literal('screen'), request_id, session_id: id }),
    z.object({ type: z.literal('kill'), request_id, session_id: id }),
    z.object({ type: z.literal('rename'), request_id, session_id: id, title: text(256) }),
    // What follows is about the history: of all sessions, those that run too.
    /** Sessions, the newest first. */
    z.object({
      type: z.literal('history'),
      request_id,
      filter: z.optional(HistoryFilter),
      limit: limit(MAX_PAGE),
      /** From the answer before this page. */
      cursor: z.optional(cursor),
    }),
    /** Lines with all words of the query: `word`, `begin*`, `"words in a row"`. About the newest first. */
    z.object({
      type: z.literal('search'),
      request_id,
      query: text(QUERY_CHARACTERS),
      filter: z.optional(HistoryFilter),
      limit: limit(MAX_HITS),
      cursor: z.optional(cursor),
      /** Lines around each hit, on each side. */
      context: z.optional(z.int().check(z.nonnegative(), z.maximum(MAX_CONTEXT))),
    }),
    z.object({
      type: z.literal('timeline'),
      request_id,
      session_id: id,
      buckets: z.int().check(z.minimum(1), z.maximum(MAX_BUCKETS)),
    }),
    /** The terminal's state at the last keyframe at or before a place. */
    z.object({ type: z.literal('seek'), request_id, session_id: id, target: SeekTarget }),
    /** The stored piece that holds what follows a position. */
    z.object({ type: z.literal('playback'), request_id, session_id: id, position: Position }),
    z.object({
      type: z.literal('export'),
      request_id,
      session_id: id,
      format: ExportFormat,
      redact: z.optional(Redaction),
      /** Only what was printed between these, in milliseconds since birth. */
      from: z.optional(offset),
      to: z.optional(offset),
    }),
    /** A part of an export was taken; another one may come. */
    z.object({ type: z.literal('export_ack'), request_id }),
    /** Ends the search, export or deletion that this request asked for; it answers `cancelled` if it was not done. */
    z.object({ type: z.literal('cancel'), request_id }),
    /** Its text in lines, as a person reads it: those before an offset, or those after one, or the last ones. */
    z.object({
      type: z.literal('read'),
      request_id,
      session_id: id,
      before: z.optional(offset),
      after: z.optional(offset),
      limit: limit(MAX_LINES),
    }),
    z.object({
      type: z.literal('mark'),
      request_id,
      session_id: id,
      target: SeekTarget,
      label: text(LABEL_CHARACTERS),
    }),
    z.object({ type: z.literal('unmark'), request_id, session_id: id, mark_id: z.int() }),
    /** Forgets a session that ended, and everything of it. Takes the whole id. */
    z.object({ type: z.literal('delete_session'), request_id, session_id: id }),
    /**
     * A file for the session's computer. It follows in parts of at most PART_BYTES; the host says `progress` when it can take
     * the first and behind each that it has written, and at most PARTS_AHEAD may be under way.
     */
    z.object({ type: z.literal('upload'), request_id, session_id: id, name: text(FILE_NAME_CHARACTERS), size: offset }),
    /**
     * How a phone is told of sessions that call while its page is closed: by this from now on, or (null) no more. Left out: it
     * only asks how that stands.
     */
    z.object({ type: z.literal('push'), request_id, subscription: z.optional(z.nullable(PushSubscription)) }),
    /** Whether somebody is before this client's page, whatever it shows; until it is said, nobody is. */
    z.object({ type: z.literal('presence'), present: z.boolean() }),
    // What follows is for the desktop itself (`local`): the phones that may come in.
    /** Shows the pairing code, or no longer: it lives as long as somebody shows it, and changes meanwhile. */
    z.object({ type: z.literal('show_pairing'), request_id, show: z.boolean() }),
    /** `watch`: also send `devices` again whenever something in it changed. */
    z.object({ type: z.literal('devices'), request_id, watch: z.optional(z.boolean()) }),
    /** Answers a phone that waits to be let in. */
    z.object({
      type: z.literal('answer_pairing'),
      request_id,
      pairing_id: id,
      allow: z.boolean(),
      /** It may look at everything and do nothing. */
      read_only: z.optional(z.boolean()),
    }),
    z.object({
      type: z.literal('update_device'),
      request_id,
      device_id: id,
      name: z.optional(text(64)),
      read_only: z.optional(z.boolean()),
    }),
    /** From now on it is a stranger, and its connections are closed. */
    z.object({ type: z.literal('revoke_device'), request_id, device_id: id }),
    /** `watch`: also send `settings` again whenever something in it changed. */
    z.object({ type: z.literal('settings'), request_id, watch: z.optional(z.boolean()) }),
    /** Values by name, null for the default; the host says which of them is wrong. All of them or none. */
    z.object({ type: z.literal('change_settings'), request_id, change: z.record(text(64), z.unknown()) }),
  ]),
)
export type ClientMessage = z.infer<typeof ClientMessage>

/**
 * By type, each put together when the first of its kind comes: all of them at once would hold a phone up before it connects.
 */
const HOST_MESSAGES = {
  welcome: () =>
    z.object({
      type: z.literal('welcome'),
      version: z.int(),
      role: z.enum(['local', 'device']),
      host: z.object({ name: z.string(), pid: z.int(), version: z.string(), platform: z.string(), shell: z.string() }),
      /** This device may only look. */
      read_only: z.boolean(),
    }),
  /** Somebody at the desktop has to say yes first; `welcome` or an `error` follows within so many seconds. */
  awaiting_approval: () =>
    z.object({ type: z.literal('awaiting_approval'), seconds: z.number().check(z.nonnegative()) }),
  pong: () => z.object({ type: z.literal('pong'), request_id }),
  ok: () => z.object({ type: z.literal('ok'), request_id }),
  /** Answers `list` (with its request_id), and comes again while watching (without). */
  sessions: () =>
    z.object({ type: z.literal('sessions'), request_id: z.optional(request_id), sessions: z.array(SessionInfo) }),
  created: () => z.object({ type: z.literal('created'), request_id, session: SessionInfo }),
  session: () =>
    z.object({
      type: z.literal('session'),
      request_id,
      handle,
      session_id: id,
      session: SessionInfo,
      /** True when what the client has was accepted and is being continued. */
      resumed: z.boolean(),
      age_seconds: z.number(),
      created_at: z.int(),
      read_only: z.boolean(),
      /** The highest number of this client's input_stream that reached the PTY; 0: none. */
      input_seen: offset,
      cols: z.int(),
      rows: z.int(),
    }),
  /** The session's size changed at this place of its log. */
  resize: () =>
    z.object({
      type: z.literal('resize'),
      handle,
      offset,
      n: offset,
      cols: z.int(),
      rows: z.int(),
    }),
  size_owner: () => z.object({ type: z.literal('size_owner'), handle, owned: z.boolean() }),
  /** The terminal's state follows as a blob; resets the client's terminal and sets its end. */
  keyframe: () =>
    z.object({
      type: z.literal('keyframe'),
      handle,
      position: Position,
      cols: z.int(),
      rows: z.int(),
      blob: Blob,
    }),
  /** A run of the log follows as a blob, with the resizes in it. Part of it the client may have already. */
  segment: () =>
    z.object({
      type: z.literal('segment'),
      handle,
      position: Position,
      end: Position,
      blob: Blob,
      resizes: z.array(z.object({ offset, n: offset, cols: z.int(), rows: z.int() })),
    }),
  /** This part of the log is not there: the client was skipped, or the host no longer has it. */
  gap: () =>
    z.object({
      type: z.literal('gap'),
      handle,
      from: Position,
      to: Position,
      reason: z.enum(['skipped', ...GapReason.options]),
    }),
  caught_up: () => z.object({ type: z.literal('caught_up'), handle, position: Position }),
  title: () => z.object({ type: z.literal('title'), handle, title: z.string() }),
  /** A session rang, or (`text`) has something to say. `bell` stands for both, as older clients know it. */
  attention: () =>
    z.object({
      type: z.literal('attention'),
      session_id: id,
      text: z.optional(z.string()),
    }),
  /** The process ended; all its output was sent before. */
  exit: () =>
    z.object({
      type: z.literal('exit'),
      handle,
      state: SessionState,
      exit_code: z.nullable(z.int()),
      signal: z.nullable(z.string()),
    }),
  screen: () =>
    z.object({
      type: z.literal('screen'),
      request_id,
      session_id: id,
      cols: z.int(),
      rows: z.int(),
      lines: z.array(z.string()),
    }),
  /** Answers `history`. */
  history_page: () =>
    z.object({
      type: z.literal('history_page'),
      request_id,
      sessions: z.array(SessionInfo),
      /** Asks for the next page; null: this was the last. */
      cursor: z.nullable(cursor),
    }),
  /** Answers `search`. */
  search_results: () =>
    z.object({
      type: z.literal('search_results'),
      request_id,
      hits: z.array(Hit()),
      /** Those that the hits are in, each once. */
      sessions: z.array(SessionInfo),
      /** Asks for what comes after these; null: that was all. */
      cursor: z.nullable(cursor),
      /** False: time was up before a page was full; the cursor goes on. */
      complete: z.boolean(),
      /** How much of the output that there is has an index already. The rest is looked through too, if time allows. */
      indexed: z.object({ bytes: offset, total: offset }),
    }),
  timeline: () =>
    z.object({
      type: z.literal('timeline'),
      request_id,
      session_id: id,
      /** What there is of the log. */
      start: Position,
      end: Position,
      /** When the first and the last thing of it happened, in milliseconds since birth: the buckets are between these. */
      from: z.int(),
      to: z.int(),
      /** Bytes that came in each bucket. */
      activity: z.array(z.int()),
      gaps: z.array(z.object({ from: Position, to: Position, reason: GapReason, at: z.int() })),
      /** The last of each bucket. */
      resizes: z.array(z.object({ offset, n: offset, cols: z.int(), rows: z.int(), at: z.int() })),
      marks: z.array(Mark()),
    }),
  /** Answers `moment`, behind one part: what brings a fresh terminal of this size to the state at `position`. */
  seek_result: () =>
    z.object({
      type: z.literal('seek_result'),
      request_id,
      position: Position,
      at: z.int(),
      cols: z.int(),
      rows: z.int(),
      blob: Blob,
    }),
  /** Answers `stretch`. */
  playback_chunk: () =>
    z.object({
      type: z.literal('playback_chunk'),
      request_id,
      chunk: z.discriminatedUnion('kind', [
        /** Behind two parts: when its bytes came (runs.ts), and the bytes. May begin before the position that was asked. */
        z.object({
          kind: z.literal('output'),
          position: Position,
          end: Position,
          timing: Blob,
          output: Blob,
          resizes: z.array(z.object({ offset, n: offset, cols: z.int(), rows: z.int(), at: z.int() })),
        }),
        /** Nothing is there up to `to`. It goes on at `next`, where `moment` has a state if there is one. */
        z.object({ kind: z.literal('gap'), from: Position, to: Position, next: Position, reason: GapReason }),
        /** `live`: the session runs, and more will come. */
        z.object({ kind: z.literal('end'), position: Position, live: z.boolean() }),
      ]),
    }),
  /** Answers `read`. */
  lines: () =>
    z.object({
      type: z.literal('lines'),
      request_id,
      /**
       * `offset`: where it was written last; lines of one place come together, so that there may be more than were asked for.
       * Blank lines have that of the line below them; of more than two in a row, two are told.
       * `at`: milliseconds since the session's birth. `open`: it stands on the screen of a session that runs; when it changes,
       * what it became comes behind `after`, and who wants nothing twice asks behind the last line that is not open.
       */
      lines: z.array(z.object({ offset, at: z.int(), text: z.string(), open: z.optional(z.boolean()) })),
      /** Asks (as `before`) for what stands before these; null: that is the beginning of what there is. */
      before: z.nullable(offset),
      /** Asks (as `after`) for what follows these, now or when more was printed. */
      after: offset,
      /** What the host no longer has: it stood before the line with this offset. */
      gaps: z.array(z.object({ offset, reason: GapReason })),
      /** Time was up before there was a line: whoever asks the same again gets further. */
      unfinished: z.optional(z.boolean()),
    }),
  /** Ends an upload: where the file is, on the session's computer. */
  uploaded: () => z.object({ type: z.literal('uploaded'), request_id, path: z.string() }),
  /** Answers `push`. */
  push: () =>
    z.object({
      type: z.literal('push'),
      request_id,
      /** The host's key, which subscriptions are made for (base64url); null: nothing is sent from there. */
      key: z.nullable(z.string()),
      /** The host has a subscription of this device. */
      subscribed: z.boolean(),
      /** Why the last notification, or the last try to reach the push service, came to nothing. */
      trouble: z.nullable(z.enum(['unreachable', 'refused'])),
    }),
  /** How far an export, an upload or a deletion has come. */
  progress: () => z.object({ type: z.literal('progress'), request_id, done: offset, total: offset }),
  /** Ends an export, behind its parts. `redacted`: how often something was taken out. */
  exported: () => z.object({ type: z.literal('exported'), request_id, bytes: offset, redacted: offset }),
  marked: () => z.object({ type: z.literal('marked'), request_id, mark: Mark() }),
  /** Answers `pair` (with its request_id), and comes again (without) when something of it changed. */
  pairing: () =>
    z.object({
      type: z.literal('pairing'),
      request_id: z.optional(request_id),
      /** Where a phone can reach this host, the best first. At least one. */
      addresses: z.array(PairingAddress()),
      /** When the secret in the addresses dies. Before that another one comes. */
      expires_at: z.int(),
      /** The last browser that asked for the page since the code is shown. */
      reached: z.nullable(z.object({ address: z.string(), at: z.int() })),
    }),
  /** Answers `devices` (with its request_id), and comes again while watching (without). */
  devices: () =>
    z.object({
      type: z.literal('devices'),
      request_id: z.optional(request_id),
      devices: z.array(DeviceInfo()),
      requests: z.array(PairingRequest()),
    }),
  /** Answers `settings` (with its request_id), and comes again while watching (without). */
  settings: () =>
    z.object({
      type: z.literal('settings'),
      request_id: z.optional(request_id),
      values: SettingValues(),
      defaults: SettingValues(),
      /** In whose place an option stands that the host was started with. */
      fixed: z.array(z.string()),
    }),
  error: () =>
    z.object({
      type: z.literal('error'),
      request_id: z.optional(request_id),
      handle: z.optional(handle),
      code: z.string(),
      message: z.string(),
    }),
}
export type HostMessage = z.infer<ReturnType<(typeof HOST_MESSAGES)[keyof typeof HOST_MESSAGES]>>

const hostMessages = new Map<string, z.ZodMiniType<HostMessage>>()

/** What a host said; undefined for what this client does not know, or what is not as it has to be. */
export function parseHostMessage(value: unknown): HostMessage | undefined {
  const type = (value as { type?: unknown } | null | undefined)?.type
  if (typeof type !== 'string' || !Object.hasOwn(HOST_MESSAGES, type)) return undefined
  let schema = hostMessages.get(type)
  if (!schema) {
    schema = HOST_MESSAGES[type as keyof typeof HOST_MESSAGES]()
    hostMessages.set(type, schema)
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

export type HostMessageOf<T extends HostMessage['type']> = Extract<HostMessage, { type: T }>
export type ClientMessageOf<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>
