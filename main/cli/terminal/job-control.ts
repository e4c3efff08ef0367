// Whether this process is in the foreground of its terminal.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Whether this process may read its terminal: a background job is stopped when it tries (POSIX, XBD 11.1.4). */
export function inForeground(): boolean {
  try {
    const [group, foreground] = process.platform === 'linux' ? readGroupsFromProc() : readGroupsFromPs()
    // No foreground group means no controlling terminal, and then reading is allowed.
    return group === foreground || !(Number(foreground) > 0)
  } catch {
    return true // Windows has no job control
  }
}

/** This process's group and the foreground group of its terminal (proc_pid_stat(5), fields 5 and 8). */
function readGroupsFromProc(): (string | undefined)[] {
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return [fields[2], fields[5]]
}

function readGroupsFromPs(): (string | undefined)[] {
  const ps = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', `${process.pid}`], { encoding: 'utf8' })
  return ps.trim().split(/\s+/)
}
