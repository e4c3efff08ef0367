// A scene of ordinary work in which nothing is asked: whatever is on the screen at any time is no question.
import { pause } from '../../support/agents/recording.ts'
import { PROMPT, type Tape } from '../tape.ts'

/** What is typed and printed tells of questions as often as possible. */
const COMMANDS = [
  'ls -la',
  'cat README.md notes.txt',
  'cat deploy ask.py',
  'head -c 40 half.txt; echo',
  'cat half.txt; echo',
  'grep -rn "y/N\\|password" . | head -20',
  'diff -u old.sh new.sh',
  'for i in 1 2 3; do echo "Overwrite $i? (y/n) y"; done',
  'printf "Continue? [y/N] %s\\n" yes no maybe',
  'cd repo; git log --oneline | head -15',
  'git --no-pager diff; git status --short',
  'git commit -qam "Ask: Continue? [y/N]"; git show --stat | cat',
  'git branch ask; git checkout -q ask; git merge main | cat',
  'git stash list; git blame app.sh | cat; cd ..',
  'make',
  'cd package; npm run build; npm test; npm pkg get scripts; cd ..',
  'gcc -Wall -o hello hello.c && ./hello',
  'echo "int main(void) { return x; }" > bad.c; gcc bad.c',
  'bash -x ./trace',
  './progress',
  'zip -r all.zip . | tail -5; unzip -l all.zip | tail -5',
  'tar czf all.tgz *.txt; tar tzf all.tgz',
  'find . -name "*.txt" | sort; wc -l *.txt',
  'sed -n 1,12p /etc/services; sort notes.txt | uniq -c',
  'python3 -c "for i in range(12): print(i, \'Sure? (yes/no)\')"',
  'python3 -m unittest discover -v 2>&1 | tail -5',
  "node -e \"for (let i = 0; i < 8; i++) console.log('ok', i, 'Password:')\"",
  'for i in 1 2 3 4 5 6; do printf "\\rWaiting for (y/n) %s " $i; sleep 0.4; done; echo',
  'for c in C o n t i n u e "?" " [y/N]"; do printf "%s" "$c"; sleep 0.1; done; echo " no"',
  'ssh -V; sudo -V | head -1; gpg --version | head -2',
  'sqlite3 :memory: "select \'Drop it? (yes/no)\'"',
  'seq 1 200 | sed "s/$/ of 200 [y\\/N]/" | tail -40',
  'sleep 2; echo done',
]

/** Typed key by key, and not run. */
const LINES = [
  'read -p "Deploy? [y/N] ',
  'echo "[sudo] password for user: ',
  "grep 'Press Enter to continue",
  '# (yes/no)? ',
]

export async function work(t: Tape): Promise<void> {
  await t.at(PROMPT)
  for (const command of COMMANDS) {
    for (const key of command) {
      t.recorder.type(key)
      await pause(8)
    }
    await pause(100)
    t.recorder.type('\r')
    await pause(200)
    await t.at(PROMPT)
    t.shell(`after: ${command.slice(0, 40)}`)
  }
  for (const line of LINES) {
    for (const key of line) {
      t.recorder.type(key)
      await pause(20)
    }
    t.shell(`typed: ${line}`)
    await t.keys('\x03', PROMPT)
  }
  t.recorder.type('less README.md\r')
  await t.recorder.quiet()
  for (const key of ['j', 'j', ' ', 'G', 'g', '/sure\r', 'n']) await t.keys(key)
  t.none('less', 'a search in less')
  await t.keys('q', PROMPT)
  t.recorder.type('vim -u NONE deploy\r')
  await t.recorder.quiet()
  for (const key of ['j', 'A', ' # [y/N]', '\x1b', 'G', 'o', 'Password:', '\x1b', ':q!']) await t.keys(key)
  t.none('vim', 'a command in vim')
  await t.keys('\r', PROMPT)
  t.shell('the end of the work')
}

/** What describes questions, or is long. */
const MANUALS = [
  'ssh',
  'sudo',
  'bash',
  'gpg',
  'git-add',
  'passwd',
  'ssh-keygen',
  'git-clean',
  'unzip',
  'rm',
  'dialog',
  'less',
  'whiptail',
  'find',
  'git-rebase',
  'nano',
]

/** Between the pages that a person reads. */
const READING_MS = 5_500

const PAGES = 6

/** Manuals read page by page, with commands in between: a quarter of an hour. */
export async function manuals(t: Tape): Promise<void> {
  await t.at(PROMPT)
  for (const [index, manual] of MANUALS.entries()) {
    t.recorder.type(`man ${manual}\r`)
    await t.recorder.quiet(1_500)
    for (let page = 0; page < PAGES; page++) {
      t.recorder.type(page === 2 ? '/prompt\r' : ' ')
      await pause(READING_MS)
      if (page % 3 === 1) t.none('man', `page ${page + 1} of the manual of ${manual}`)
    }
    await t.keys('q')
    if (!/[$]$/.test(lastLine(t))) await t.keys('q', PROMPT)
    await t.run(`man ${manual} | grep -n "prompt\\|password\\|y/n" | head -8`)
    t.shell(`lines of the manual of ${manual}`)
    await pause(READING_MS)
    t.recorder.type(`${COMMANDS[index]!}\r`)
    await pause(300)
    await t.at(PROMPT)
    await pause(READING_MS / 2)
  }
}

function lastLine(t: Tape): string {
  const { lines, cursor } = t.recorder.screen.view()
  return (lines[cursor.line] ?? '').slice(0, cursor.column).trimEnd()
}
