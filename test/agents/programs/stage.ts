// What the scenes need: files, a small repository and package, an SSH server, and a registry that asks.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { pause } from '../../support/agents/recording.ts'
import { ACCOUNT } from '../tape.ts'

const HOME = `/home/${ACCOUNT}`
const WORK = `${HOME}/work`
const SERVED = 4873

const README = `# Deploy

Run \`./deploy\`. It asks "Deploy to production? [y/N]" and then
"Are you sure? (yes/no)". npx asks first:

    Need to install the following packages:
    hello-otg@1.0.0
    Ok to proceed? (y)

With apt you see

    Do you want to continue? [Y/n]

and ssh says

    Are you sure you want to continue connecting (yes/no/[fingerprint])?

Type y and press Enter to continue...
Password:
Overwrite? (y/N)`

const DEPLOY = `#!/bin/bash
read -p "Deploy to production? [y/N] " answer
read -p "Are you sure? (yes/no) " answer
read -p "Keep the old version (y/n): " answer
select region in north south both; do break; done
read -p "Press Enter to continue..."
read -sp "Registry password: " answer; echo
for i in 1 2 3 4; do echo "step $i: copying"; sleep 0.3; done
`

const FILES: Record<string, string> = {
  'README.md': README,
  'notes.txt': "sudo says\n[sudo] password for user:\nand waits. ssh says\nuser@127.0.0.1's password:\nPassword:\n",
  'half.txt': 'first line\n[sudo] password for user: ',
  'ask.txt': 'The installer says:\nContinue? [y/N] ',
  'ssh.log':
    "debug1: Host '127.0.0.1' is unknown\nAre you sure you want to continue connecting (yes/no/[fingerprint])? yes\nuser@127.0.0.1's password:\nPermission denied, please try again.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? ",
  'old.sh': 'read -p "Sure? [y/N] "\n',
  'new.sh': 'read -p "Continue? (yes/no) "\nread -p "Continue? [y/N] "\n',
  'long.txt': Array.from({ length: 80 }, (_, i) => `line ${i + 1}: Continue? [y/N]\n`).join(''),
  'dialog.txt':
    ' ┌──────────────────────────────┐\n │ Install the driver?          │\n │                              │\n │      <Yes>       <No>        │\n └──────────────────────────────┘\n',
  deploy: DEPLOY,
  'ask.py':
    '#!/usr/bin/python3\ninput("Create the database? [Y/n] ")\ninput("Really [y/n]: ")\ninput("Name of the table: ")\n',
  half: "#!/bin/bash\nprintf 'Overwrite the old one? (y/n) '\nsleep 2\necho\n",
  progress: "#!/bin/bash\nfor i in 20 40 60 80 100; do printf '\\rCopying [y/N] %s%%' $i; sleep 0.4; done; echo\n",
  trace: 'ask="Continue? [y/N]"\necho "$ask"\n',
  Makefile:
    'all:\n\t@for i in 1 2 3 4 5 6; do printf "checking $$i (yes/no)... "; sleep 0.3; echo yes; done\n\t@echo done\n',
  'hello.c':
    '#include <stdio.h>\n#include <unistd.h>\nint main(void) { for (int i = 1; i < 6; i++) { printf("counting %d\\n", i); fflush(stdout); usleep(300000); } }\n',
  'package/package.json': `${JSON.stringify(
    {
      name: 'hello-otg',
      version: '1.0.0',
      scripts: {
        build: 'for i in 1 2 3; do echo "built part $i"; done',
        test: 'for i in 1 2 3 4 5; do echo "ok $i of 5: asks Continue? (y/n)"; sleep 0.4; done',
        start: "echo 'listening'; echo 'Overwrite? (y/N)'; sleep 60",
      },
    },
    null,
    2,
  )}\n`,
  'package/.npmrc': `registry=http://127.0.0.1:${SERVED}/\n//127.0.0.1:${SERVED}/:_authToken=none\nupdate-notifier=false\n`,
  'repo/app.sh': 'echo one\nread -p "Go on? (y/n) "\n',
}

const TERM_LOG = `Log started
Reading package lists...
The following packages will be REMOVED:
  nano
Do you want to continue? [Y/n] y
Removing nano ...
Do you want to continue? [Y/n] `

/** Lays everything out anew. */
export function layOut(): void {
  rmSync(WORK, { recursive: true, force: true })
  for (const folder of ['.ssh', '.gnupg', '.npm']) rmSync(join(HOME, folder), { recursive: true, force: true })
  for (const [name, text] of Object.entries(FILES)) {
    const file = join(WORK, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    if (text.startsWith('#!')) chmodSync(file, 0o755)
  }
  const site = join(HOME, '.local/lib/python3.11/site-packages')
  mkdirSync(join(site, 'hello-1.0.dist-info'), { recursive: true })
  writeFileSync(join(site, 'hello.py'), '')
  writeFileSync(join(site, 'hello-1.0.dist-info/METADATA'), 'Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n')
  writeFileSync(join(site, 'hello-1.0.dist-info/INSTALLER'), 'pip\n')
  writeFileSync(join(site, 'hello-1.0.dist-info/RECORD'), 'hello.py,,\nhello-1.0.dist-info/METADATA,,\n')
  shell(
    `cd ${WORK} && gcc -o hello hello.c && cd repo && git init -q -b main . && git config user.name Anybody && git config user.email a@example.org
     for i in $(seq 30); do echo $i > count; git add -A; git commit -qm "Count to $i"; done
     printf 'echo two\\nread -p "Continue? [y/N] "\\n' >> app.sh; echo left > untracked
     chown -R ${ACCOUNT}: ${HOME}`,
  )
  shell(`grep -q 'box$' /etc/hosts || echo 127.0.1.1 box >> /etc/hosts
    printf '%s' '${TERM_LOG}' > /srv/term.log
    echo 'Dir::Etc::SourceParts "/dev/null"; Dir::Etc::SourceList "/dev/null";' > /srv/apt.conf
    for v in 1 2; do d=$(mktemp -d); chmod 755 $d; mkdir -p $d/DEBIAN $d/etc; echo "value=$v" > $d/etc/hello-otg.conf; echo /etc/hello-otg.conf > $d/DEBIAN/conffiles
    printf 'Package: hello-otg\\nVersion: %s\\nArchitecture: all\\nMaintainer: Anybody <a@example.org>\\nDescription: asks\\n' $v > $d/DEBIAN/control
    dpkg-deb --root-owner-group -b $d /srv/hello-otg-$v.deb >/dev/null; rm -r $d; done
    dpkg -P hello-otg 2>/dev/null; echo ${ACCOUNT}:password | chpasswd; rm -rf /run/sudo/ts/${ACCOUNT} /var/lib/sudo/lectured/*`)
}

function shell(script: string): void {
  execFileSync('/bin/bash', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Starts the servers; the result stops them. */
export async function serve(): Promise<() => void> {
  shell(
    'mkdir -p /run/sshd /tmp/otg-sshd; test -f /tmp/otg-sshd/key || ssh-keygen -q -t ed25519 -N "" -f /tmp/otg-sshd/key',
  )
  const config = ['Port=2222', 'ListenAddress=127.0.0.1', 'HostKey=/tmp/otg-sshd/key', 'UsePAM=no', 'PidFile=none']
  const options = [...config, 'PrintLastLog=no', 'PrintMotd=no'].map(one => `-o ${one}`).join(' ')
  const sshd: ChildProcess = spawn(
    'unshare',
    ['--uts', 'sh', '-c', `hostname box; exec /usr/sbin/sshd -D -f /dev/null ${options}`],
    { stdio: 'ignore' },
  )
  const registry: Server = createServer((request, response) => {
    if (request.method === 'PUT') {
      response.writeHead(401, { 'www-authenticate': 'OTP', 'content-type': 'application/json' })
      response.end('{"error":"a one-time password is needed"}')
      return
    }
    if (request.url?.includes('thing.git')) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' })
      response.end()
      return
    }
    if (!request.url?.includes('say-otg')) {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end('{"error":"not found"}')
      return
    }
    const version = {
      name: 'say-otg',
      version: '1.0.0',
      bin: { 'say-otg': 'x.js' },
      dist: { tarball: `http://127.0.0.1:${SERVED}/say-otg.tgz`, shasum: '0'.repeat(40) },
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ name: 'say-otg', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }))
  }).listen(SERVED, '127.0.0.1')
  await pause(500)
  return () => {
    sshd.kill()
    registry.close()
    registry.closeAllConnections()
  }
}
