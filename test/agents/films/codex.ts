// Codex in every state that it can be brought into with the stand-in model.
import type { Film } from './film.ts'

const ESC = '\x1b'
const READY = 'Ask Codex'
const BUSY = /esc to interrupt/

export const codexFilms: Film[] = [
  {
    name: 'permissions',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('please run the test')
      await film.rests('a prompt is typed and not sent', 'please run the test')
      film.key('\r')
      await film.works('the turn has begun', BUSY)
      await film.asks('wants to run a command', 'Press enter to confirm', {
        question: 'Would you like to run the following command?',
        options: ['1', '2', '3'],
      })
      film.key('1')
      await film.rests('the command ran and the turn ended', 'the code is wrong')
      await film.prompt('please edit the file')
      await film.asks('wants to edit a file', 'make the following edits', {
        question: 'Would you like to make the following edits?',
        options: ['1', '2', '3'],
      })
      film.key('1')
      await film.rests('the file is edited')
      await film.prompt('please write a file')
      await film.asks('wants to write a file', 'make the following edits', {
        question: 'Would you like to make the following edits?',
        options: ['1', '2', '3'],
      })
      film.key('3')
      await film.rests('writing was declined')
      await film.prompt('please fetch the guide')
      await film.asks('wants to fetch a page', 'Would you like to', { question: 'Would you like to' })
      film.key(ESC)
      await film.rests('fetching was declined')
      await film.prompt('please do several things')
      await film.asks('wants to run the first of two commands', 'Would you like to', { question: 'Would you like to' })
      film.key('1')
      await film.wait(800)
      await film.asks('wants to run the second of two commands', 'Would you like to', { question: 'Would you like to' })
      film.key('1')
      await film.rests('both commands ran')
    },
  },
  {
    name: 'questions',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('\x1b[Z')
      await film.rests('plan mode is on', 'Plan mode')
      await film.prompt('please ask me')
      await film.asks('asks with choices', 'Which color', {
        question: 'Which color should the button have?',
        options: ['1', '2', '3', '4'],
      })
      film.key('2')
      await film.rests('the choice is made', 'answered')
      await film.prompt('please ask both')
      await film.asks('asks the first of two questions', 'Question 1/2', {
        question: 'Which color should the button have?',
      })
      film.key('1')
      await film.asks('asks the second of two questions', 'Question 2/2', { question: 'Which sizes should be tested?' })
      film.key('1')
      await film.rests('both choices are made')
      await film.prompt('please ask me')
      await film.wait(1_000)
      await film.asks('asks again', 'Question 1/1', { question: 'Which color should the button have?' })
      film.key(ESC)
      await film.rests('the question was interrupted')
    },
  },
  {
    name: 'working',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please be slow')
      await film.works('waits for the first word', BUSY)
      await film.works('prints its answer', 'I am looking')
      await film.wait(900)
      await film.works('goes on printing')
      film.key('and then')
      await film.works('the user types meanwhile', 'and then')
      film.key('\x7f'.repeat(8))
      await film.wait(300)
      film.key(ESC)
      await film.rests('interrupted by the user', 'interrupted')
      await film.prompt('please think about it')
      await film.works('thinks', /• esc|…/)
      await film.wait(1_200)
      await film.works('goes on thinking')
      await film.rests('thought and answered', 'the code is wrong')
      await film.prompt('please run `sleep 4`')
      await film.asks('wants to run a slow command', 'Would you like to', { question: 'Would you like to' })
      film.key('1')
      await film.works('the command runs', BUSY)
      await film.wait(1_500)
      await film.works('the command still runs', BUSY)
      await film.rests('the slow command ended')
    },
  },
  {
    name: 'errors',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please fail')
      await film.works('tries again after an error', BUSY)
      await film.wait(2_000)
      await film.works('tries once more', BUSY)
      film.key(ESC)
      await film.rests('interrupted while it tried again', 'interrupted')
      await film.prompt('what is the limit')
      await film.works('tries again after a rate limit', /reconnecting|esc to interrupt/)
      await film.wait(2_000)
      await film.works('is told that the server is busy', /reconnecting|esc to interrupt/)
      film.key(ESC)
      await film.rests('interrupted at a rate limit')
      await film.prompt('this is a bad request')
      await film.rests('an error ended the turn', 'invalid_request')
    },
  },
  {
    name: 'menus',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      film.key('/')
      await film.rests('the commands are listed', '/model')
      film.key('model')
      await film.wait(500)
      film.key('\r')
      await film.rests('the models are listed', 'Select Model')
      film.key(ESC)
      await film.wait(500)
      film.key('\x15')
      await film.wait(300)
      film.key('/permissions')
      await film.wait(500)
      film.key('\r')
      await film.rests('the permissions are listed', /esc/)
      film.key(ESC)
      await film.wait(500)
      film.key('\x15')
      await film.wait(300)
      await film.prompt('please give a long answer')
      await film.rests('a long answer is finished', 'That is all.')
      film.key('/compact')
      await film.wait(500)
      film.key('\r')
      await film.works('replaces the conversation by a summary', 'Compacting')
      await film.wait(800)
      await film.works('goes on with the summary')
      await film.rests('the conversation is a summary', 'compacted')
      film.key('?')
      await film.rests('the shortcuts are listed')
      film.key(ESC)
      await film.wait(300)
      film.recorder.resize(80, 24)
      await film.rests('the window has another size')
    },
  },
  {
    name: 'quotes',
    async run(film) {
      await film.rests('waits for the first prompt', READY)
      await film.prompt('please quote a dialog')
      await film.works('prints an answer that quotes dialogs', 'When a program')
      await film.wait(500)
      await film.works('goes on quoting')
      await film.rests('an answer that quotes dialogs is on the screen', /2\. No .*Worked/)
      film.key('Would you like to proceed? 1. Yes 2. No')
      await film.rests('a quote is typed', '1. Yes 2. No')
    },
  },
  {
    name: 'hooks',
    fresh: true,
    async run(film) {
      await film.asks('asks what to do with a new hook', 'Hooks need review', {
        question: 'Hooks need review',
        options: ['1', '2', '3'],
      })
      film.key('2')
      await film.asks('another choice is selected', 'Hooks need review', { question: 'Hooks need review' })
      film.key('\r')
      await film.rests('waits for the first prompt', READY)
    },
  },
]
