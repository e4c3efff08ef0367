// Part of `npm run lint`: every package in package-lock.json has a hash, and comes from where the user's npm gets packages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lockfileFaults } from './lockfile-faults.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', '..', name), 'utf8')

const faults = lockfileFaults(read('package-lock.json'), read('package.json'))
for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`)
process.exitCode = faults.length > 0 ? 1 : 0
