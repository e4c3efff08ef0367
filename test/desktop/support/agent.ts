// A program with the name of an agent, whose questions look like those of the real one.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Asks once about each of `subjects` and prints the key that is typed. After a key it works until the file `SUBJECT.done`
 * exists in `folder`; a file `SUBJECT.gone` withdraws its question without an answer.
 */
export function agentScript(folder: string, subjects: readonly string[]): string {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  const file = join(folder, 'bin', 'claude')
  const body = `#!/bin/bash
stty -echo -icanon
cd '${folder}'
show() { printf '\\033[2J\\033[H'; cat; }
for subject in ${subjects.map(one => `'${one}'`).join(' ')}; do
  show <<END
────────────
 Bash command

   curl $subject

 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and don’t ask again
   3. No
END
  key=
  until [ -n "$key" ] || [ -e "$subject.gone" ]; do read -rn1 -t 0.05 key; done
  show <<END
got \${key:-nothing} for $subject
(esc to interrupt)
END
  [ -n "$key" ] && until [ -e "$subject.done" ]; do sleep 0.05; done
done
show <<END
> 
END
read -rn1
`
  writeFileSync(file, body)
  chmodSync(file, 0o755)
  return file
}
