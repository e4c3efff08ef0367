// GitHub Copilot CLI in every state that it can be brought into with a model provider of one's own and without a login.
import { choose } from './choose.ts'
import type { Director, Film } from './film.ts'

const ESC = '\x1b'
const DOWN = '\x1b[B'
const CLEAR = '\x15'
const READY = 'Manual Approval'
const OVER = /wrong\.[\s\S]*Manual Approval/
const BUSY = /esc interrupt/
const ASKS = /Do you want to run this command/

const yes = (film: Director) => choose(film, 'copilot', 'Yes')

export const copilotFilms: Film[] = [
  {
    name: 'start',
    fresh: true,
    async run(film) {
      await film.asks('asks whether to trust the folder', 'Do you trust', {
        question: 'Do you trust the files in this folder?',
        options: ['1', '2', '3'],
      })
      film.key(DOWN)
      await film.asks('another option is marked', /❯ 2\. Yes, and/, { options: ['1', '2', '3'] })
      await yes(film)
      await film.rests('waits for the first prompt', READY)
      film.key('please run the tests')
      await film.rests('a prompt is typed and not sent', 'please run the tests')
    },
  },
  {
    name: 'shell',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please run the tests')
      await film.asks('wants to run a command', ASKS, {
        question: 'Do you want to run this command?',
        options: ['1', '2', '3'],
      })
      film.key(DOWN)
      await film.asks('another option is marked', /❯ ?2\. Yes, and/, { options: ['1', '2', '3'] })
      await yes(film)
      await film.works('the command ran, the model thinks', BUSY)
      await film.rests('the turn ended', OVER)
      await film.prompt('please delete the build')
      await film.asks('wants to delete a folder', ASKS, { options: ['1', '2', '3'] })
      film.key(ESC)
      await film.rests('the command was refused', READY)
    },
  },
  {
    name: 'edits',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please create a file')
      await film.asks('wants to write a file', /Do you want to create/, {
        question: 'Do you want to create',
        options: ['1', '2', '3'],
      })
      await yes(film)
      await film.rests('the file is written', OVER)
      await film.prompt('please correct sum.js')
      await film.asks('wants to edit a file', /Do you want to edit/, {
        question: 'Do you want to edit',
        options: ['1', '2', '3'],
      })
      film.key(ESC)
      await film.rests('the edit was refused', READY)
    },
  },
  {
    name: 'work',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('think about it')
      await film.works('the turn has begun', BUSY)
      await film.works('the answer is printed', /I looked/)
      film.key(ESC)
      await film.wait(200)
      film.key(ESC)
      await film.rests('interrupted', READY)
      await film.prompt('print a menu')
      await film.rests('the answer looks like a question', /prefer[\s\S]*Manual Approval/)
      film.key('/')
      await film.rests('the menu of commands is open', /\/[a-z]/)
      film.key(CLEAR)
      await film.prompt('please fail')
      await film.rests('the model refused', /refuses|error/i)
    },
  },
]
