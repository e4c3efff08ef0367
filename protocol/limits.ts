// Every bound of the wire, with its reason. Bounds of the host's own memory stand where they are used.

/** The longest frame: a Noise transport message (65,535 bytes, Noise spec section 3) less its 16-byte tag. */
export const FRAME_BYTES = 65_519

/** Output in one live frame: fits one Noise message with its header even when it does not compress. */
export const BATCH_BYTES = 48 * 1024

/** The longest JSON message: a list of a thousand sessions with long titles fits; a hostile one costs little. */
export const MESSAGE_BYTES = 1024 * 1024

/** The longest single input (a paste is one unit): more than anybody pastes, less than what hurts. */
export const INPUT_BYTES = 1024 * 1024

/** The longest blob: a sealed segment (1 MiB raw, incompressible at worst) or a keyframe with full scrollback. */
export const BLOB_BYTES = 16 * 1024 * 1024

/** Unacknowledged output per attachment unless the client says otherwise: a second of what xterm.js parses on a phone. */
export const WINDOW_BYTES = 1024 * 1024

/** The widest window that a client may ask for. */
export const MAX_WINDOW_BYTES = 8 * 1024 * 1024

/** Columns and rows that a PTY is given: what fits the kernel's 16 bits and xterm's buffers without eating memory. */
export const MAX_COLS = 1000
export const MAX_ROWS = 500

/** A claim on a session's size outlives its owner's connection this long: a glitch does not redraw, a night does not keep. */
export const CLAIM_LAPSE_MS = 30_000

/**
 * Output before the present that a client with nothing gets unless it asks for more. A session that printed more begins with its
 * state, which has the last 1,000 rows that scrolled out and takes about as much: it is painted sooner than more output would be.
 */
export const HISTORY_BYTES = 64 * 1024

/** Missed output that a client reads rather than be skipped to the present: what it saw last goes on, a second on a phone. */
export const CATCH_UP_BYTES = 1024 * 1024

/** Exported bytes that come at once: four frames. The client asks for each but the first few, so that none pile up. */
export const CHUNK_BYTES = 256 * 1024

/** Parts of an export that may be under way: enough to fill a line with 50 ms of latency. */
export const MAX_CHUNKS_AHEAD = 4

/** What a search may look for: more than anybody types, less than what hurts. */
export const QUERY_CHARACTERS = 10_000

/** Hits and sessions of one page. */
export const MAX_HITS = 200
export const MAX_PAGE = 500

/** Lines around a hit, on each side. */
export const MAX_CONTEXT = 10

/** Buckets of a timeline: one for each pixel of a wide window. */
export const MAX_BUCKETS = 4096

/** What is to be taken out of an export: patterns, and characters of each. */
export const MAX_PATTERNS = 32
export const PATTERN_CHARACTERS = 512

/** A mark's label: what fits beside a timeline. */
export const LABEL_CHARACTERS = 128

/** Lines of text that are read at once: a few screens of any phone. */
export const MAX_LINES = 1000

/** An address at a push service: Windows' are the longest. */
export const PUSH_ENDPOINT_CHARACTERS = 2048

/** A browser's key and secret for push messages, in base64url: 65 and 16 bytes, and room for padding. */
export const PUSH_KEY_CHARACTERS = 96

/** A file's name: what file systems take. */
export const FILE_NAME_CHARACTERS = 255
