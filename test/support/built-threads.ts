// In the tests' own process, hosts run from sources; their threads start from the build if it is fresh, which takes a tenth of the
// time. Replaces main/host/threads/worker-file.ts (vitest.config.ts).
import { basename } from 'node:path'

export const builtThreads =
  process.env.OTG_TEST_BUILD === 'fresh'
    ? [{ find: /^.*\/threads\/worker-file\.ts$/, replacement: import.meta.filename }]
    : []

export function workerFile(name: string): URL {
  return new URL(`../../build/main/host/${basename(name)}.js`, import.meta.url)
}
