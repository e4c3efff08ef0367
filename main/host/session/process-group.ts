// Signals to everything that runs in a session. Knows nothing of PTYs; a session leader's pid is all it is given.
import { readdirSync, readFileSync } from 'node:fs'

/** SIGHUP to every process group of the session that `leader` leads, as a terminal does when it hangs up. */
export function hangUp(leader: number): void {
  // A stopped job would sleep through it: SIGCONT follows, as POSIX has it for orphaned groups (XBD 11.1.10).
  for (const group of groups(leader)) {
    signal(-group, 'SIGHUP')
    signal(-group, 'SIGCONT')
  }
}

/** SIGKILL to whatever is left of the session. */
export function killAll(leader: number): void {
  for (const group of groups(leader)) signal(-group, 'SIGKILL')
}

/**
 * The process groups of a session. On Linux /proc tells all, also those of background jobs; elsewhere the leader's own
 * group is what can be known without a subprocess (the kernel hangs up the foreground group when the PTY closes).
 */
function groups(leader: number): Set<number> {
  const found = new Set<number>()
  if (process.platform !== 'linux') {
    if (process.platform !== 'win32') found.add(leader)
    return found
  }
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // After the command in parentheses: state, ppid, pgrp, session (proc(5)).
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      if (Number(fields[3]) === leader) found.add(Number(fields[2]))
    } catch {
      // it ended meanwhile
    }
  }
  return found
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // gone already
  }
}
