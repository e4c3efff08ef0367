// Where a worker's file is.

/** `name` without its extension, beside the module with this URL: the same code runs built (.js) and, in tests, as .ts. */
export function workerFile(name: string, base: string): URL {
  return new URL(`${name}.${base.endsWith('.ts') ? 'ts' : 'js'}`, base)
}
