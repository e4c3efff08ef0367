// Shell In A Box: a C server with one shell per page. Output comes by HTTP long polling, keys go in separate requests, one at a
// time (its page's ShellInABox.js).
import { execFile } from 'node:child_process'
import { Agent, request as httpRequest } from 'node:http'
import { promisify } from 'node:util'
import { COLS, freePort, type Missing, type Peer, program, ROWS, serve, shell } from './peer.ts'

const run = promisify(execFile)

export async function shellInABox(): Promise<Peer | Missing> {
  const path = program('shellinaboxd')
  if (!path) return "no shellinaboxd in PATH (Debian's package shellinabox)"
  const { stdout, stderr } = await run(path, ['--version'])
  const [user, group] = await Promise.all(['-un', '-gn'].map(async which => (await run('id', [which])).stdout.trim()))
  return {
    name: 'Shell In A Box',
    version: /\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'of unknown version',
    start: async () => {
      const port = await freePort()
      const runAs = process.getuid?.() === 0 ? ['-u', user!, '-g', group!] : []
      const service = ['-s', `/:${user}:${group}:/:${shell}`]
      const options = ['-t', '--localhost-only', '--disable-utmp-logging', '-p', String(port), ...runAs, ...service]
      const { pid, stop } = await serve(port, path, options)
      return {
        pid,
        stop,
        attach: async onOutput => {
          const agent = new Agent({ keepAlive: true })
          const size = `width=${COLS}&height=${ROWS}`
          const post = (fields: string) => request(agent, port, `${size}&${fields}`)
          const output = async (fields: string) => JSON.parse(await post(fields)) as { session?: string; data?: string }
          const root = `http://127.0.0.1:${port}/`
          const { session } = await output(`rooturl=${encodeURIComponent(root)}`)
          if (!session) throw new Error('Shell In A Box returned no session')
          const id = `session=${encodeURIComponent(session)}`
          let open = true
          const listen = async () => {
            while (open) {
              const { data } = await output(id)
              if (data) onOutput(data)
            }
          }
          listen().catch(() => {}) // dropped by the benchmark, or the server ended
          let pending = ''
          let sending = false
          const send = async () => {
            if (sending) return
            sending = true
            while (pending && open) {
              const keys = Buffer.from(pending).toString('hex').toUpperCase()
              pending = ''
              await post(`${id}&keys=${keys}`)
            }
            sending = false
          }
          return {
            type: text => {
              pending += text
              send().catch(() => {})
            },
            drop: () => {
              open = false
              agent.destroy()
            },
          }
        },
      }
    },
  }
}

function request(agent: Agent, port: number, content: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'content-length': Buffer.byteLength(content),
    }
    const sent = httpRequest({ agent, host: '127.0.0.1', port, path: '/?', method: 'POST', headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.once('error', reject)
      response.once('end', () => resolve(text))
    })
    sent.once('error', reject)
    sent.end(content)
  })
}
