// Every limit of the wire, with its reason. Limits of the host's own memory are next to the code that enforces them.

/** The longest message of a channel: a Noise transport message (Noise spec section 3). */
export const CHANNEL_MESSAGE_BYTES = 65_535

/** The longest frame: such a message less its 16-byte tag and the frame's length in it (protocol/channel/padding.ts). */
export const FRAME_BYTES = CHANNEL_MESSAGE_BYTES - 16 - 2

/** Output in one live frame: fits one Noise message with its header even when it does not compress. */
export const BATCH_BYTES = 48 * 1024

/** The longest JSON message: a list of a thousand sessions with long titles fits; a hostile one costs little. */
export const MESSAGE_BYTES = 1024 * 1024

/** The longest single input (a paste is one unit): more than anyone pastes, little enough to buffer. */
export const INPUT_BYTES = 1024 * 1024

/** The longest blob: a sealed segment (1 MiB raw, incompressible at worst) or a keyframe with full scrollback. */
export const BLOB_BYTES = 16 * 1024 * 1024

/** Unacknowledged output per attachment by default: what xterm.js parses on a phone in a second. */
export const WINDOW_BYTES = 1024 * 1024

/** The largest window that a client may request. */
export const MAX_WINDOW_BYTES = 8 * 1024 * 1024

/** Columns and rows of a PTY: fits the kernel's 16 bits, and xterm's buffers stay small. */
export const MAX_COLS = 1000
export const MAX_ROWS = 500

/** How long a claim on a session's size outlives its owner's connection: a short drop redraws nothing, a night gives it up. */
export const CLAIM_LAPSE_MS = 30_000

/**
 * Output before the end that an empty client receives by default. A longer session begins with its state instead, which has
 * the last 1,000 rows of scrollback, takes about as many bytes, and is painted sooner than more output would be.
 */
export const HISTORY_BYTES = 64 * 1024

/** Missed output that a client receives rather than skip to the current screen: its view goes on, after a second on a phone. */
export const CATCH_UP_BYTES = 1024 * 1024

/** A chunk of an export or an upload: four frames. The receiver acknowledges each, so that none pile up. */
export const CHUNK_BYTES = 256 * 1024

/** Chunks in flight: enough to fill a connection with 50 ms of latency. */
export const MAX_CHUNKS_AHEAD = 4

/** A search query: more than anyone types, little enough to parse. */
export const QUERY_CHARACTERS = 10_000

/** Hits and sessions in one page. */
export const MAX_HITS = 200
export const MAX_PAGE = 500

/** Lines around a hit, on each side. */
export const MAX_CONTEXT = 10

/** Buckets of a timeline: one per pixel of a wide window. */
export const MAX_BUCKETS = 4096

/** Redaction patterns of an export, and the characters of each. */
export const MAX_PATTERNS = 32
export const PATTERN_CHARACTERS = 512

/** A mark's label: what fits next to a timeline. */
export const LABEL_CHARACTERS = 128

/** Lines of text in one reply: a few screens of any phone. */
export const MAX_LINES = 1000

/** An endpoint at a push service: Windows' are the longest. */
export const PUSH_ENDPOINT_CHARACTERS = 2048

/** A browser's key and secret for push messages, in base64url: 65 and 16 bytes, with room for padding. */
export const PUSH_KEY_CHARACTERS = 96

/** A file name: what file systems allow. */
export const FILE_NAME_CHARACTERS = 255

/** One variable's value: the kernel's limit for one string of an environment (execve(2), MAX_ARG_STRLEN on Linux). */
export const ENVIRONMENT_CHARACTERS = 128 * 1024

/** Sessions that a device is limited to: as many as can run at once. When it starts more, it no longer sees the first ones. */
export const MAX_DEVICE_SESSIONS = 256
