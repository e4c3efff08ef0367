// Makes a host unable to record, as another program does that holds its database.
import Database from 'better-sqlite3'

/** Call the returned function to let the host record again. There has to be something to record for it to notice. */
export function breakRecording(database: string): () => void {
  const other = new Database(database, { timeout: 10_000 })
  other.exec('BEGIN IMMEDIATE')
  return () => {
    other.exec('ROLLBACK')
    other.close()
  }
}
