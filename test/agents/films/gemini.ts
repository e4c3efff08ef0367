// Gemini CLI in every state that it can be brought into with the stand-in model.
import { choose } from './choose.ts'
import type { Director, Film } from './film.ts'

const ESC = '\x1b'
const DOWN = '\x1b[B'
const CLEAR = '\x15'
const READY = 'Type your message'
const OVER = /code\s+is\s+wrong/
const BUSY = /esc to cancel/

const once = (film: Director) => choose(film, 'gemini', 'Allow once')

export const geminiFilms: Film[] = [
  {
    name: 'start',
    fresh: true,
    async run(film) {
      await film.asks('asks whether to trust the folder', 'Do you trust', {
        question: 'Do you trust the files in this folder?',
        options: ['1', '2', '3'],
      })
      film.key(DOWN)
      await film.asks('another option is marked', /● 2\. Trust parent/, { options: ['1', '2', '3'] })
      await choose(film, 'gemini', 'Trust folder')
      await film.asks('asks how to log in', 'How would you like to authenticate', {
        question: 'How would you like to authenticate for this project?',
        options: ['1', '2', '3'],
      })
      await choose(film, 'gemini', 'Use Gemini API Key')
      await film.asks('asks for a key', 'Enter Gemini API Key', { question: 'Enter Gemini API Key' })
    },
  },
  {
    name: 'shell',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('please run the tests')
      await film.rests('a prompt is typed and not sent', 'please run the tests')
      film.key('\r')
      await film.asks('wants to run a command', 'Allow execution', {
        question: 'touch proof-of-run && ls: Allow execution of [Shell]?',
        options: ['1', '2', '3'],
      })
      film.key(DOWN)
      await film.asks('another option is marked', /● 2\. Allow/, { options: ['1', '2', '3'] })
      await once(film)
      await film.works('the command ran, the model thinks', BUSY)
      await film.rests('the turn ended', OVER)
      await film.prompt('use two commands')
      await film.asks('wants to run the first of two commands', /Shell +mkdir -p out/, { options: ['1', '2', '3'] })
      await once(film)
      await film.asks('wants to run the second of two commands', /Shell +touch out\/one/, { options: ['1', '2', '3'] })
      await choose(film, 'gemini', 'No, suggest changes')
      await film.rests('the second command was refused', /- +Shell touch[\s\S]*wrong/)
    },
  },
  {
    name: 'long-command',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('the long command')
      await film.asks('wants to run a command of several lines', 'Allow execution', {
        question: 'Allow execution of [Shell]?',
        options: ['1', '2', '3'],
      })
      await choose(film, 'gemini', 'Allow for this session')
      await film.rests('the turn ended', OVER)
      await film.prompt('please delete the build')
      await film.asks('wants to delete a folder', 'Allow execution', {
        question: 'rm -rf build: Allow execution',
        options: ['1', '2', '3'],
      })
      film.key(ESC)
      await film.rests('the command was refused with Esc', 'Request cancelled')
    },
  },
  {
    name: 'edits',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please create a file')
      await film.asks('wants to write a file', 'Apply this change', {
        question: 'hello.js: Apply this change?',
        options: ['1', '2', '3', '4'],
      })
      await once(film)
      await film.works('the file was written, the model thinks', BUSY)
      await film.rests('the file is written', OVER)
      await film.prompt('please correct sum.js')
      await film.asks('wants to edit a file', /return a \+ b[\s\S]*Apply this change/, {
        question: 'Apply this change?',
        options: ['1', '2', '3', '4'],
      })
      await choose(film, 'gemini', 'No, suggest')
      await film.rests('the edit was refused', 'Request cancelled')
    },
  },
  {
    name: 'questions',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('ask me which')
      await film.asks('asks a question with choices', 'Which database', {
        question: 'Which database do you want to use?',
        options: ['1', '2', '3'],
      })
      await choose(film, 'gemini', 'PostgreSQL')
      await film.rests('the answer is given, and the turn ended', OVER)
      await film.prompt('ask me again')
      await film.asks('asks again', /Which database[\s\S]*MySQL/, { question: 'Which database do you want to use?' })
      film.key('4')
      await film.asks('an own answer can be typed', /4\. +Enter a custom/, {
        question: 'Which database do you want to use?',
      })
      film.key('a file')
      await film.asks('an own answer is typed', /4\. +a file/, { question: 'Which database do you want to use?' })
      film.key('\r')
      await film.rests('an own answer is given, and the turn ended', /→ a file[\s\S]*code\s+is\s+wrong/)
      await film.prompt('fetch the page')
      await film.asks('wants to fetch a page', 'URLs to fetch', {
        question: 'Do you want to proceed?',
        options: ['1', '2', '3'],
      })
      await choose(film, 'gemini', 'No, suggest')
      await film.rests('fetching was refused', 'Request cancelled')
    },
  },
  {
    name: 'work',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('think about it')
      await film.works('the turn has begun', BUSY)
      await film.works('a thought is shown', 'Reading the test')
      await film.works('the answer is printed', '✦')
      film.key('and then')
      await film.works('the next prompt is typed at work', 'and then')
      film.key(ESC)
      await film.rests('interrupted', 'Request cancelled')
    },
  },
  {
    name: 'tool',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('sleep now')
      await film.asks('wants to run a slow command', 'Allow execution', { options: ['1', '2', '3'] })
      await once(film)
      await film.works('the command runs', /⊷/)
      await film.works('the command still runs', BUSY)
      film.key(ESC)
      await film.rests('the command was interrupted', 'Request cancelled')
    },
  },
  {
    name: 'prompt',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('/')
      await film.rests('the menu of commands is open', /clear|about/)
      film.key('mod')
      await film.rests('the menu of commands is narrowed', 'model')
      film.key(CLEAR)
      await film.wait(300)
      film.key('1. Allow once? (y/n)')
      await film.rests('what is typed looks like a question', 'Allow once')
      film.key(CLEAR)
      await film.wait(300)
      film.key('!')
      await film.rests('a command of the shell can be typed', 'shell mode')
      film.key(ESC)
      await film.wait(300)
      film.key('@')
      await film.rests('the menu of files is open', 'sum.js')
      film.key(CLEAR)
      await film.prompt('print a menu')
      await film.rests('the answer looks like a question', 'Tell me what you prefer')
      await film.prompt('please fail')
      await film.rests('the model refused', 'refuses')
    },
  },
  {
    name: 'dialogs',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('\x1b[Z')
      await film.rests('edits are accepted from now on', 'Shift+Tab to plan')
      await film.prompt('please create a file')
      await film.rests('the file was written without a question', OVER)
      film.key('?')
      await film.rests('the keys are shown', /[Ss]hortcuts|paste/)
    },
  },
]
