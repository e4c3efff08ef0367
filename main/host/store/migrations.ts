// The database's schema, version by version.

/** The statements that lead from `user_version` i to i + 1. Once released, an entry never changes; new ones are added. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE sessions (
     session INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a thread remembers them between transactions
     session_id TEXT NOT NULL UNIQUE,
     title TEXT NOT NULL,
     command TEXT NOT NULL, -- argv as JSON
     cwd TEXT NOT NULL,
     state TEXT NOT NULL,
     exit_code INTEGER,
     signal TEXT,
     pid INTEGER,
     created_at INTEGER NOT NULL, -- Unix milliseconds, like all times here
     ended_at INTEGER,
     last_activity INTEGER NOT NULL,
     cols INTEGER NOT NULL,
     rows INTEGER NOT NULL,
     born_cols INTEGER NOT NULL,
     born_rows INTEGER NOT NULL,
     -- Identifies its process to the next host after a crash.
     process_pid INTEGER,
     process_start TEXT,
     process_boot TEXT,
     -- The extent of the stored log; its end moves in the transaction that adds to it.
     start_offset INTEGER NOT NULL DEFAULT 0,
     start_n INTEGER NOT NULL DEFAULT 0,
     end_offset INTEGER NOT NULL DEFAULT 0,
     end_n INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX sessions_by_time ON sessions (created_at);

   -- A log is a contiguous series of rows from its start to its end: sealed segments, gaps between them, and the
   -- unsealed tail. Small columns come first: a blob is stored on pages of its own after them.
   CREATE TABLE pieces (
     piece INTEGER PRIMARY KEY AUTOINCREMENT,
     session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
     kind TEXT NOT NULL CHECK (kind IN ('sealed', 'tail', 'unrecorded', 'damaged')),
     offset INTEGER NOT NULL,
     n INTEGER NOT NULL,
     end_offset INTEGER NOT NULL,
     end_n INTEGER NOT NULL,
     at INTEGER NOT NULL, -- time of its first event, in milliseconds since the session's birth
     checksum INTEGER NOT NULL, -- CRC-32 of the raw bytes
     blob_checksum INTEGER NOT NULL,
     compressed INTEGER NOT NULL,
     resizes TEXT, -- JSON: [bytes since offset, n, cols, rows, at] each
     timing BLOB NOT NULL,
     blob BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX pieces_by_place ON pieces (session, offset, n);
   CREATE INDEX pieces_in_tail ON pieces (session) WHERE kind = 'tail';

   CREATE TABLE keyframes (
     keyframe INTEGER PRIMARY KEY,
     session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
     offset INTEGER NOT NULL,
     n INTEGER NOT NULL,
     cols INTEGER NOT NULL,
     rows INTEGER NOT NULL,
     size INTEGER NOT NULL,
     checksum INTEGER NOT NULL,
     blob_checksum INTEGER NOT NULL,
     blob BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX keyframes_by_place ON keyframes (session, offset, n);

   -- What can be searched and quoted: one row for each sealed segment, empty until it is rendered.
   CREATE TABLE text (
     piece INTEGER PRIMARY KEY REFERENCES pieces ON DELETE CASCADE,
     lines INTEGER,
     size INTEGER,
     blob BLOB -- zstd of what toBlocks makes
   ) STRICT;
   CREATE INDEX text_pending ON text (piece) WHERE lines IS NULL;`,

  `-- The search index: the words of each text block, numbered piece * 1024 + block (MAX_BLOCKS). It only says which blocks
   -- have a word: where it is in a block is looked up in the text. Words are folded and separated by spaces.
   CREATE VIRTUAL TABLE words USING fts5(
     word, content='', contentless_delete=1, detail=none, tokenize='ascii'
   );
   ALTER TABLE text ADD COLUMN blocks INTEGER;
   -- However a row is deleted (trimmed, or with its session), its words are deleted too.
   CREATE TRIGGER text_forgotten AFTER DELETE ON text WHEN OLD.blocks > 0 BEGIN
     DELETE FROM words WHERE rowid IN (
       WITH RECURSIVE each(block) AS (SELECT 0 UNION ALL SELECT block + 1 FROM each WHERE block + 1 < OLD.blocks)
       SELECT OLD.piece * 1024 + block FROM each
     );
   END;
   -- Everything is rendered again, in blocks.
   UPDATE text SET lines = NULL, size = NULL, blob = NULL;

   CREATE TABLE marks (
     mark_id INTEGER PRIMARY KEY AUTOINCREMENT,
     session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
     offset INTEGER NOT NULL,
     at INTEGER NOT NULL, -- milliseconds since the session's birth
     label TEXT NOT NULL
   ) STRICT;
   CREATE INDEX marks_by_place ON marks (session, offset);`,

  `-- Checksums (checksums.ts) of everything that had none. -1: the row was written before there were any. SQLite does not
   -- rewrite the rows for a new column with a default, so this takes no time.
   ALTER TABLE sessions ADD COLUMN row_checksum INTEGER NOT NULL DEFAULT -1;
   ALTER TABLE pieces ADD COLUMN row_checksum INTEGER NOT NULL DEFAULT -1;
   ALTER TABLE keyframes ADD COLUMN row_checksum INTEGER NOT NULL DEFAULT -1;
   ALTER TABLE text ADD COLUMN checksum INTEGER NOT NULL DEFAULT -1;
   ALTER TABLE marks ADD COLUMN row_checksum INTEGER NOT NULL DEFAULT -1;
   -- As before, but a damaged count must not make it endless.
   DROP TRIGGER text_forgotten;
   CREATE TRIGGER text_forgotten AFTER DELETE ON text WHEN OLD.blocks > 0 BEGIN
     DELETE FROM words WHERE rowid IN (
       WITH RECURSIVE each(block) AS (
         SELECT 0 UNION ALL SELECT block + 1 FROM each WHERE block + 1 < min(OLD.blocks, 1024)
       )
       SELECT OLD.piece * 1024 + block FROM each
     );
   END;`,
]
