// Entry of the thread that backs up or checks the history beside a host, for one call.
import { parentPort } from 'node:worker_threads'
import { storeFault } from '../store/faults.ts'
import { answer, ThreadReplies, type ToThread } from '../threads/call.ts'
import { backUp } from './backup.ts'
import { checkHistory } from './repair.ts'
import type { UpkeepCalls } from './upkeep-protocol.ts'

const port = parentPort!
const replies = new ThreadReplies((message, transfer) => port.postMessage(message, transfer), storeFault)
const answers: UpkeepCalls = { backUp, check: ({ database }) => checkHistory(database) }

port.on('message', (message: ToThread<UpkeepCalls>) => {
  if (message.do === 'call') replies.attempt(message.id, () => replies.reply(message.id, answer(answers, message)))
  port.close()
})
