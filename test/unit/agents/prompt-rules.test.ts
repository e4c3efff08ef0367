// The rules for prompts of any program, with prompts that are known from programs that are not recorded.
import { describe, expect, it } from 'vitest'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'

const rules = new ScreenRules(builtInRules())

/** The cursor is behind the last line, as a program leaves it that printed no line break. */
function kindOf(text: string, command = ''): string | undefined {
  const found = findingOf(text, command)
  return found?.reads ? undefined : found?.question?.kind
}

function findingOf(text: string, command: string) {
  const lines = text.split('\n')
  const view = {
    lines: lines.map(line => line.trimEnd()),
    cursor: { line: lines.length - 1, column: 0 },
    alternate: false,
  }
  view.cursor.column = lines.at(-1)!.length
  return rules.match(view, command)
}

describe('a prompt of any program', () => {
  it.each([
    ['approve', 'Is this ok [y/N]: '], // dnf
    ['approve', ':: Proceed with installation? [Y/n] '], // pacman
    ['approve', 'Continue? (y/N): '],
    ['approve', 'Do you want to proceed (yes/no)? '],
    ['approve', 'Are you sure you want to delete the cluster? [yes/no]: '],
    ['approve', 'Overwrite existing file? (Y/n) '],
    ['approve', 'This will erase all data. Continue [y|n]? '],
    ['approve', '? Do you want to create a pull request? (y/N) '], // inquirer
    ['approve', 'Is the information correct? [Y/n] '], // adduser
    ['approve', '/dev/sda1: Clear orphaned inode (y/n)? '], // fsck
    ['approve', 'Restart services during package upgrades without asking? [yes/no] '],
    ['approve', 'Trust this folder? (yes/no): '],
    ['approve', "zsh: correct 'gti' to 'git' [nyae]? "],
    ['approve', 'Terminate batch job (Y/N)? '],
    ['approve', "rm: remove regular file 'a'? "],
    ['approve', '(1/2) Stage this hunk [y,n,q,a,d,j,J,g,/,e,?]? '],
    ['choose', 'Press Enter to continue...'],
    ['choose', 'Press [ENTER] to continue or Ctrl-c to cancel adding it.'], // add-apt-repository
    ['choose', 'Press any key to continue . . . '],
    ['choose', 'Hit enter to open the browser'],
    ['password', 'Password: '],
    ['password', 'Enter password: '], // mysql
    ['password', 'Password for user postgres: '], // psql
    ['password', "Enter host password for user 'alice':"], // curl
    ['password', 'BECOME password: '], // ansible
    ['password', 'New Vault password: '],
    ['password', 'Enter PEM pass phrase:'], // openssl
    ['password', 'Enter passphrase for /dev/sda3: '], // cryptsetup
    ['password', 'Please enter the passphrase: '],
    ['password', '(alice@server) Password: '],
    ['password', 'Verification code: '],
    ['password', '[sudo] password for alice: '],
    ['password', 'alice is not in the sudoers file.\nPassword: '],
  ])('is a question of kind %s: %s', (kind, text) => {
    expect(kindOf(text)).toBe(kind)
  })

  it.each([
    'alice@server:~$ ',
    'alice@server:~$ echo "Continue? [y/N] ',
    '~/src ❯ git commit -m "Ask again (y/n)',
    '[alice@server src]$ grep -r "Password:',
    '➜  src git:(main) ✗ read -p "Sure? [y/N] ',
    'PS C:\\Users\\alice> Write-Host "Continue? [y/N] ',
    'C:\\Users\\alice>echo Continue? [y/N] ',
    '>>> input("Password: ',
    'In [3]: ask("Continue? (y/n) ',
    'mysql> select "Sure? (y/n)',
    "postgres=# select 'Password:",
    'irb(main):001:0> puts "Sure? (y/n)',
    'bash-5.2$ echo "Sure? (y/n)',
    'mac% echo "Sure? (y/n)',
    'Continue? [y/N] y',
    'Continue? [y/N] \nalice@server:~$ ',
    'Checking whether to ask (y/n)... yes',
    '2026-01-02 03:04:05 INFO login: asked for the password: ok',
    'Compiling 12 of 30',
    'Downloading [=====>     ] 45%',
    'Press Ctrl+C to stop',
    'Press h to show help',
    'Waiting for connections on port 8080...',
    'usage: tool [-y/-n] [file]',
    'Type "help" for more information.',
    'error: password authentication failed for user "alice"',
    'The password must have 8 characters. Do not share your password:',
    '--More--(45%)',
    ':',
    '(END)',
    'yes/no',
    'ok? ',
  ])('is none: %s', text => {
    expect(kindOf(text)).toBe(undefined)
  })

  it('is one on another computer, whose shell’s prompt looks like an agent’s', () => {
    expect(kindOf('❯ ./deploy\nContinue? [y/N] ', 'ssh')).toBe('approve')
  })

  it('of a shell on another computer is no agent’s, whatever it looks like', () => {
    for (const command of ['ssh', 'tmux: client', 'docker'])
      for (const text of ['❯ ls\na b\n❯ ', '> ', 'x\nesc to interrupt\n$ '])
        expect(findingOf(text, command)).toBe(undefined)
  })

  it('is none when it is typed into an agent on another computer', () => {
    const frame = '─'.repeat(40)
    const lines = [frame, '❯ Continue? (y/n)', frame, '  ? for shortcuts']
    const found = rules.match({ lines, cursor: { line: 1, column: 17 }, alternate: false }, 'ssh')
    expect(found).toMatchObject({ state: 'idle', agent: true })
  })

  it.each(['less', 'vim', 'tail', 'man', 'watch'])('is none in %s', command => {
    expect(kindOf('Continue? [y/N] ', command)).toBe(undefined)
  })
})
