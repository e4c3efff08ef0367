// The database's shape, version by version. Knows nothing of what is asked of it.

/** The statements that lead from `user_version` i to i + 1. Never changed once released; only added to. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE sessions (
     session_id TEXT PRIMARY KEY,
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
     bytes INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX sessions_by_time ON sessions (created_at);`,
]
