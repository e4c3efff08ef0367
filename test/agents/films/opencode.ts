// opencode in every state that it can be brought into with the stand-in model.
import { choose } from './choose.ts'
import type { Director, Film } from './film.ts'

const ESC = '\x1b'
const RIGHT = '\x1b[C'
const CLEAR = '\x15'
const READY = 'Ask anything'
const OVER = /wrong\.\s[\s\S]*▣ +Build · Stub · \d/
/** The prompt is back below a turn without an end. */
const REFUSED = /┃ +Build · Stub Stub/
const BUSY = /[■⬝]{4}/
const ASKS = /Permission required[\s\S]*Allow once/
const OPTIONS = ['Allow once', 'Allow always', 'Reject']

const once = (film: Director) => choose(film, 'opencode', 'Allow once')
const reject = (film: Director) => choose(film, 'opencode', 'Reject')

export const opencodeFilms: Film[] = [
  {
    name: 'shell',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('please run the tests')
      await film.rests('a prompt is typed and not sent', 'please run the tests')
      film.key('\r')
      await film.works('the turn has begun', BUSY)
      await film.asks('wants to run a command', ASKS, { question: 'Shell command', options: OPTIONS })
      await once(film)
      await film.works('the command ran, the model thinks', BUSY)
      await film.rests('the turn ended', OVER)
      await film.prompt('please delete the build')
      await film.asks('wants to delete a folder', ASKS, { question: 'Shell command', options: OPTIONS })
      film.key(RIGHT)
      await film.asks('another option is marked', ASKS, { question: 'Shell command', options: OPTIONS })
      await reject(film)
      await film.rests('the command was refused', REFUSED)
    },
  },
  {
    name: 'always',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('the long command')
      await film.asks('wants to run a command of several lines', ASKS, { options: OPTIONS })
      await choose(film, 'opencode', 'Allow always')
      await film.asks('asks whether to allow it always', 'Always allow', {
        question: 'Always allow',
        options: ['Confirm', 'Cancel'],
      })
      await choose(film, 'opencode', 'Cancel')
      await film.asks('asks about the command again', ASKS, { options: OPTIONS })
      await choose(film, 'opencode', 'Allow always')
      await film.asks('asks again whether to allow it always', 'Always allow', { options: ['Confirm', 'Cancel'] })
      await choose(film, 'opencode', 'Confirm')
      await film.rests('the command ran, and the turn ended', OVER)
    },
  },
  {
    name: 'two-commands',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('use two commands')
      await film.asks('wants to run the first of two commands', /Permission[\s\S]*mkdir -p out[\s\S]*Allow once/, {
        options: OPTIONS,
      })
      await once(film)
      await film.asks('wants to run the second of two commands', /Permission[\s\S]*touch out\/one[\s\S]*Allow once/, {
        options: OPTIONS,
      })
      await once(film)
      await film.rests('both commands ran', OVER)
    },
  },
  {
    name: 'edits',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please create a file')
      await film.asks('wants to write a file', ASKS, { question: 'Edit hello.js', options: OPTIONS })
      await once(film)
      await film.rests('the file is written', OVER)
      await film.prompt('please correct sum.js')
      await film.asks('wants to edit a file', ASKS, { question: 'Edit sum.js', options: OPTIONS })
      await reject(film)
      await film.rests('the edit was refused', REFUSED)
    },
  },
  {
    name: 'questions',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('ask me which')
      await film.asks('asks a question with choices', /Which database[\s\S]*esc dismiss/, {
        question: 'Which database do you want to use?',
        options: ['1', '2', '3'],
      })
      await choose(film, 'opencode', 'PostgreSQL')
      await film.rests('the answer is given, and the turn ended', OVER)
      await film.prompt('ask me again')
      await film.asks('asks again', /Which database[\s\S]*esc dismiss/, {
        question: 'Which database',
        options: ['1', '2', '3'],
      })
      await choose(film, 'opencode', '', 'a file of JSON')
      await film.rests('an own answer is given, and the turn ended', /JSON[\s\S]*wrong\.\s[\s\S]*▣ +Build · Stub · \d/)
      await film.prompt('ask me once more')
      await film.asks('asks a third time', /Which database[\s\S]*esc dismiss/, { question: 'Which database' })
      film.key(ESC)
      await film.rests('the question was dismissed', REFUSED)
    },
  },
  {
    name: 'fetch',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('fetch the page')
      await film.asks('wants to fetch a page', ASKS, { question: 'WebFetch http://127.0.0.1:9/', options: OPTIONS })
      await reject(film)
      await film.rests('fetching was refused', REFUSED)
      await film.prompt('please fail')
      await film.rests('the model refused', 'refuses')
      await film.prompt('print a menu')
      await film.rests('the answer looks like a question', /prefer[\s\S]*· \d/)
    },
  },
  {
    name: 'work',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('think about it')
      await film.works('a thought is shown', /Thinking|Reading the test/)
      film.key('and then')
      await film.works('the next prompt is typed at work', 'and then')
      await film.works('the answer is printed', /I looked/)
      film.key(ESC)
      await film.works('Esc has to be pressed again', /again/)
      film.key(ESC)
      await film.rests('interrupted', 'interrupted')
    },
  },
  {
    name: 'tool',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('sleep now')
      await film.asks('wants to run a slow command', ASKS, { options: OPTIONS })
      await once(film)
      await film.works('the command runs', 'started')
      film.key(ESC)
      await film.wait(200)
      film.key(ESC)
      await film.rests('the command was interrupted', 'interrupted')
      await film.prompt('hit the limit')
      await film.works('the model is asked again after a while', /retrying|Too Many|attempt|[■⬝]{4}/)
      await film.works('the model is asked again after a while', /retrying/)
    },
  },
  {
    name: 'prompt',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('/')
      await film.rests('the menu of commands is open', '/models')
      film.key('mod')
      await film.rests('the menu of commands is narrowed', '/models')
      film.key(CLEAR)
      await film.wait(300)
      film.key('1. Allow once? (y/n)')
      await film.rests('what is typed looks like a question', 'Allow once')
      film.key(CLEAR)
      await film.wait(300)
      film.key('@')
      await film.rests('the menu of files and agents is open', '@explore')
      film.key(CLEAR)
      await film.wait(300)
      film.key('!')
      await film.rests('a command of the shell can be typed', /Shell/)
      film.key(ESC)
      await film.wait(300)
      film.key('\x10')
      await film.rests('the list of commands is open', 'Commands')
      film.key(ESC)
      await film.rests('the list is closed', READY)
    },
  },
]
