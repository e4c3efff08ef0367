// What a fuzzing target is: one file in targets/, whose default export this is. Its kept inputs are in test/data/fuzz/NAME/.
import type fc from 'fast-check'

export interface FuzzTarget<Input> {
  /** What may be fed to it. Values are JSON, so that one which fails can be kept. */
  inputs: fc.Arbitrary<Input>
  /** Kept inputs may run at once, because each waits for the host. */
  isConcurrent?: boolean
  /** Starts what is fuzzed, once for all inputs; what it starts, it registers with `onCleanUp`. */
  start(): Promise<FuzzRun<Input>>
}

export interface FuzzRun<Input> {
  /** Rejects when the input was not treated as it has to be. */
  run(input: Input): Promise<void>
  /** After all inputs: rejects when something of them is left. Returns figures to print. */
  finish(): Promise<string>
}
