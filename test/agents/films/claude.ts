// Claude Code in every state that it can be brought into with the stand-in model.
import { choose } from './choose.ts'
import type { Film } from './film.ts'

const ESC = '\x1b'
const BUSY = /esc to interrupt|[·✢✳✶✻✽] \S+…/

export const claudeFilms: Film[] = [
  {
    name: 'permissions',
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
      film.key('please run the test')
      await film.rests('a prompt is typed and not sent', 'please run the test')
      film.key('\r')
      await film.works('the turn has begun', BUSY)
      await film.asks('wants to run a command', 'Do you want to proceed?', {
        question: 'Do you want to proceed?',
      })
      film.key('1')
      await film.rests('the command ran and the turn ended', 'the code is wrong')
      await film.prompt('please edit the file')
      await film.asks('wants to edit a file', 'make this edit', {
        question: 'Do you want to make this edit to sum.js?',
      })
      film.key('1')
      await film.rests('the file is edited')
      await film.prompt('please write a file')
      await film.asks('wants to write a file', 'create hello.txt', {
        question: 'Do you want to create hello.txt?',
      })
      await choose(film, 'claude', 'No')
      await film.rests('writing was declined')
      await film.prompt('please fetch the guide')
      await film.asks('wants to fetch a page', 'allow Claude to fetch', {
        question: 'Do you want to allow Claude to fetch this content?',
      })
      film.key(ESC)
      await film.rests('fetching was interrupted', 'Interrupt')
      await film.prompt('please do several things')
      await film.asks('wants to run the first of two commands', /Make the first file.*Do you want to/, {
        question: 'Do you want to',
      })
      film.key('1')
      await film.asks('wants to run the second of two commands', /Make the second file.*Do you want to/, {
        question: 'Do you want to',
      })
      film.key('1')
      await film.rests('both commands ran')
    },
  },
  {
    name: 'questions',
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
      await film.prompt('please ask me')
      await film.asks('asks with choices', 'Which color', {
        question: 'Which color should the button have?',
        options: ['1', '2', '3', '5'],
      })
      film.key('2')
      await film.rests('the choice is made')
      await film.prompt('please ask sizes')
      await film.asks('asks for any number of choices', 'Which sizes', { question: 'Which sizes should be tested?' })
      film.key('1')
      await film.wait(500)
      await film.asks('one is chosen', 'Phone', { question: 'Which sizes should be tested?' })
      film.key('\x1b[C')
      await film.asks('asks whether to submit', 'Submit answers', { question: 'your answers' })
      film.key('1')
      await film.rests('the choices are submitted')
      await film.prompt('please ask both')
      await film.asks('asks the first of two questions', '← ☐ Color', {
        question: 'Which color should the button have?',
      })
      film.key('1')
      await film.wait(600)
      await film.asks('asks the second of two questions', '☐ Sizes', { question: 'Which sizes should be tested?' })
      film.key(ESC)
      await film.rests('the questions are declined', /[Dd]eclined/)
    },
  },
  {
    name: 'plan',
    args: ['--permission-mode', 'plan'],
    async run(film) {
      await film.rests('waits for a prompt in plan mode', 'plan mode on')
      await film.prompt('please make a plan')
      await film.asks('wants its plan approved', 'Would you like to proceed?', {
        question: 'Would you like to proceed?',
        options: ['1', '2'],
      })
      film.key(ESC)
      await film.rests('the plan is rejected', /User rejected|Rejected Claude/)
      await film.prompt('please make a plan again')
      await film.wait(2_500)
      await film.asks('wants its second plan approved', 'Would you like to proceed?', {
        question: 'Would you like to proceed?',
      })
      film.key('2')
      await film.rests('the plan is approved and done')
      film.key('\x1b[Z')
      await film.rests('another mode is chosen')
    },
  },
  {
    name: 'working',
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
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
      await film.rests('interrupted by the user', 'Interrupt')
      await film.prompt('please think about it')
      await film.works('thinks', BUSY)
      await film.wait(1_200)
      await film.works('goes on thinking')
      await film.rests('thought and answered', 'the code is wrong')
      await film.prompt('please run `touch slow && sleep 4`')
      await film.asks('wants to run a slow command', 'Do you want to', { question: 'Do you want to proceed?' })
      film.key('1')
      await film.works('the command runs', BUSY)
      await film.wait(1_500)
      await film.works('the command still runs', BUSY)
      await film.rests('the slow command ended')
      await film.prompt('please use tasks')
      await film.works('has a list of tasks', /Read the code|Reading the code/)
      await film.wait(1_000)
      await film.works('works on its first task')
      film.key(ESC)
      await film.rests('interrupted with tasks open')
      await film.prompt('please start a subagent')
      await film.works('a subagent works', /Look at the parser\)|Agent/)
      await film.wait(1_000)
      await film.works('the subagent still works')
      await film.rests('the subagent and the turn ended', /Done \(.*the code is wrong/)
    },
  },
  {
    name: 'errors',
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
      await film.prompt('please fail')
      await film.works('tries again after an error', /Retrying|attempt/)
      film.key(ESC)
      await film.rests('interrupted while it tried again')
      film.key('\x15')
      await film.wait(300)
      await film.prompt('you are overloaded')
      await film.works('tries again while overloaded', /Retrying|attempt/)
      film.key(ESC)
      await film.rests('interrupted while overloaded')
      film.key('\x15')
      await film.wait(300)
      await film.prompt('what is the limit')
      await film.works('tries again after a rate limit', /Retrying|attempt/)
      film.key(ESC)
      await film.rests('interrupted at a rate limit')
      film.key('\x15')
      await film.wait(300)
      await film.prompt('this is a bad request')
      await film.rests('an error ended the turn', /too long|Context limit|invalid/i)
    },
  },
  {
    name: 'errors-end',
    env: { CLAUDE_CODE_MAX_RETRIES: '0' },
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
      await film.prompt('please fail')
      await film.rests('an error of the server ended the turn', /API Error/i)
      await film.prompt('what is the limit')
      await film.rests('a rate limit ended the turn', /limit/i)
    },
  },
  {
    name: 'menus',
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
      film.key('/')
      await film.rests('the commands are listed', '/add-dir')
      film.key('\x7f')
      await film.wait(300)
      film.key('?')
      await film.rests('the shortcuts are listed')
      film.key('\x7f')
      await film.wait(300)
      film.key('/model')
      await film.wait(500)
      film.key('\r')
      await film.rests('the models are listed', 'Esc to cancel')
      film.key(ESC)
      await film.wait(500)
      film.key('/theme')
      await film.wait(500)
      film.key('\r')
      await film.rests('the themes are listed', /Light mode/)
      film.key(ESC)
      await film.wait(500)
      await film.prompt('please give a long answer')
      await film.rests('a long answer is finished', 'That is all.')
      await film.prompt('please give another long answer')
      await film.rests('another long answer is finished', 'That is all.')
      film.key('/compact')
      await film.wait(500)
      film.key('\r')
      await film.works('replaces the conversation by a summary', 'Compacting')
      await film.wait(800)
      await film.works('goes on with the summary')
      await film.rests('the conversation is a summary', 'ompacted')
      film.key('! ')
      await film.rests('a shell command can be typed')
      film.key('ls')
      await film.wait(300)
      film.key('\r')
      await film.rests('a shell command was run', 'sum.js')
      film.recorder.resize(80, 24)
      await film.rests('the window has another size')
    },
  },
  {
    name: 'quotes',
    async run(film) {
      await film.rests('waits for the first prompt', 'for shortcuts')
      await film.prompt('please quote a dialog')
      await film.works('prints an answer that quotes dialogs', 'When a program')
      await film.wait(700)
      await film.works('goes on quoting')
      await film.rests('an answer that quotes dialogs is on the screen', /2\. No .*shortcuts/)
      await film.prompt('please quote it in a file: run `echo "Do you want to proceed?"`')
      await film.rests('quotes them again', /2\. No .*shortcuts/)
      film.key('Do you want to proceed? 1. Yes 2. No')
      await film.rests('a quote is typed', '1. Yes 2. No')
    },
  },
  {
    // From 2.1.332 on, which marks an option by a sign and has no digits.
    name: 'offer',
    fresh: true,
    async run(film) {
      await film.asks('asks whether the folder is trusted', 'trust this folder', {
        question: 'Is this a project you created or one you trust?',
        options: ['No, exit', 'Yes, I trust this folder'],
      })
      await choose(film, 'claude', 'Yes')
      await film.asks('asks whether the key may be used', 'API key', { options: ['Yes', 'No (recommended)'] })
      await choose(film, 'claude', 'Yes')
      const offer = {
        question: 'Make auto mode your default',
        options: ['Yes, set auto mode as my default permission mode', 'No, keep manual mode'],
      }
      await film.asks('offers a mode', 'keep manual mode', offer)
      film.key('\x1b[B')
      await film.asks('another option is marked', 'keep manual mode', offer)
      await choose(film, 'claude', 'No')
      await film.rests('waits for the first prompt', 'for shortcuts')
    },
  },
  {
    name: 'first-start',
    fresh: true,
    async run(film) {
      await film.asks('asks whether the folder is trusted', 'trust this folder', {
        question: 'Is this a project you created or one you trust?',
        options: ['1', '2'],
      })
      film.key('\r')
      await film.asks('asks whether the key may be used', 'API key', {
        question: 'Do you want to use this API key?',
        options: ['1', '2'],
      })
      film.key('1')
      await film.rests('waits for the first prompt', 'for shortcuts')
      film.key('/login')
      await film.wait(500)
      film.key('\r')
      await film.asks('asks for a way to log in', 'Select login method', { question: 'Select login method' })
    },
  },
]
