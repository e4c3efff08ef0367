// Encrypts and decrypts a database in turn, until it is killed. Arguments: the database's path, its key in hex.
import { convertDatabase } from '../../main/host/at-rest/convert-database.ts'

const [path, key] = process.argv.slice(2)
process.stdout.write('ready\n')
for (let i = 0; ; i++) {
  const { error } = convertDatabase(path!, Buffer.from(key!, 'hex'), i % 2 === 0 ? 'encrypted' : 'plain')
  if (error !== undefined) throw new Error(error)
}
