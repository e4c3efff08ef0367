// Prints every vitest case that needed a second try, as sum-up.ts counts it; vitest's own reporter shows only that it passed.
import type { Reporter } from 'vitest/node'

export const retryReporter: Reporter = {
  onTestCaseResult(test) {
    const { retryCount = 0 } = test.diagnostic() ?? {}
    if (retryCount > 0) console.log(`✓ ${test.fullName} (retry x${retryCount})`)
  },
}
