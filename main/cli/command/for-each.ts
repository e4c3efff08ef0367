// Runs a command for each of its operands.
import { toCoded } from '../../../protocol/errors.ts'
import { FAILED, OK } from './exit-codes.ts'
import type { Output } from './output.ts'

/** One operand after the other, like kill(1): an error is printed and does not stop the rest. Resolves with the exit code. */
export async function forEachOperand<T>(
  operands: Iterable<T>,
  output: Output,
  run: (operand: T) => Promise<void>,
): Promise<number> {
  let exitCode = OK
  for (const operand of operands) {
    try {
      await run(operand)
    } catch (error) {
      exitCode = FAILED
      const { code, message } = toCoded(error)
      output.error(code, message)
    }
  }
  return exitCode
}
