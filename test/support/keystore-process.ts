// Asks the keystore, gives up after a moment, and ends.
import { SystemKeystore } from '../../main/host/at-rest/keystore.ts'
import { toCoded } from '../../protocol/errors.ts'

await new SystemKeystore(300).get('a test').catch(error => console.log(toCoded(error).code))
process.exit(1)
