import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { assert } from '../base/assert.ts'
import { zeroBytes32 } from '../domain/units.ts'
import { type AnswerEnd, type Answering, usageOf } from './answering.ts'
import { completionJson, type FinishedChoice } from './chat-completions.ts'
import { sealChatWork } from './chat-work.ts'
import type { GeneratedToken } from './generate.ts'
import { generateChoices } from './generate-choices.ts'
import { sendJson } from './send-json.ts'

/** Sends an answer in one piece; for a job the signed Work travels in the header `x-vouch-work`. */
export async function answerWhole(answering: Answering): Promise<AnswerEnd> {
  const { engine, work, prompt, response, signal } = answering
  const { request, head, seed } = work
  const texts = Array.from({ length: request.choices }, () => '')
  const tokens = texts.map((): GeneratedToken[] => [])
  const choices: FinishedChoice[] = []
  let completionTokens = 0
  for await (const event of generateChoices(engine.model, prompt, { ...request, seed, signal })) {
    const { index } = event
    if (event.kind === 'delta') {
      texts[index] += event.delta.text
      tokens[index]?.push(...event.delta.tokens)
      continue
    }
    const { finishReason } = event.end
    completionTokens += event.end.completionTokens
    if (finishReason === undefined) continue
    const reported = request.topLogprobs === undefined ? undefined : tokens[index]
    choices[index] = { text: texts[index] ?? '', finishReason, tokens: reported }
  }
  if (signal.aborted) return { finished: false, completionTokens }
  assert(choices.length === request.choices, 'every choice has an end')

  const usage = usageOf(answering, completionTokens)
  const { tokenizer } = engine.model
  const body = Buffer.from(completionJson(head, choices, { usage, tokenizer }))
  const outputHash = sha256Bytes32(body)
  const sealed = sealChatWork(engine, work, { outputHash, streamRoot: zeroBytes32, texts, usage })
  const headers = sealed === undefined ? {} : { 'x-vouch-work': sealed }
  sendJson(response, { status: 200, body, headers })
  return { finished: true, completionTokens }
}
