import { expect, it } from 'vitest'
import type { PromptCheck } from '../../../main/host/agents/prompt-check.ts'
import type { Finding } from '../../../main/host/agents/screen-rules.ts'
import type { PooledScreen } from '../../../main/host/screen/pooled-screen.ts'
import { AnswerTyping } from '../../../main/host/session/activity/answer-typing.ts'

it('case 88: an answer of which a part is typed ends there when its device may no longer type', async () => {
  const typed: string[] = []
  let isRevoked = false
  const options = {
    // Neither is used between the steps of an agent's option.
    screen: {} as PooledScreen,
    flushOutput: () => {},
    write: (bytes: Uint8Array, peer: string) => {
      typed.push(`${peer} ${Buffer.from(bytes)}`)
      isRevoked = true
      return true
    },
    terminal: '',
  }
  const typing = new AnswerTyping(options, {} as PromptCheck)
  const asked = { agent: 'claude', question: { kind: 'choice', options: [{}, {}] } } as unknown as Finding
  const typist = { peer: 'a phone', mayType: () => !isRevoked }
  await expect(typing.type(['2', '\r'], asked, 1, typist)).rejects.toMatchObject({ code: 'device_revoked' })
  expect(typed).toEqual(['a phone 2'])
})
