// Starts a host in a separate process beside the app.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { testProgram } from '../../support/built.ts'
import { environment, root } from './environment.ts'

export interface Headless {
  process: ChildProcess
  shell: number
  stop(): Promise<void>
}

/** On the folder `data` in `dataDir`, with one shell. */
export async function startHeadless(dataDir: string): Promise<Headless> {
  const child = spawn(
    process.execPath,
    [testProgram('desktop/support/headless-host-process.ts'), join(dataDir, 'data')],
    {
      cwd: root,
      env: environment(dataDir),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { process: child, shell: Number(line.toString()), stop }
}
