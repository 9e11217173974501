import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { assert } from '../base/assert.ts'
import { sendJson } from '../contributor/send-json.ts'
import { zeroBytes32 } from '../domain/units.ts'
import type { FinishedChoice } from './answer-wire.ts'
import { choiceCountOf, echoesOf, hashOfTexts, sealWork, usageOf } from './answer-work.ts'
import type { AnswerEnd, Answering } from './answering.ts'
import type { GeneratedToken } from './generate.ts'
import { generateAnswers } from './generate-answers.ts'

/** Sends an answer in one piece; for a job the signed Work travels in the header `x-vouch-work`. */
export async function answerWhole(answering: Answering): Promise<AnswerEnd> {
  const { engine, work, response, signal } = answering
  const { request, head, wire } = work
  const texts = echoesOf(work)
  const tokens = texts.map((): GeneratedToken[] => [])
  const choices: FinishedChoice[] = []
  // Left in any way, it gives its places in the batch back.
  await using steps = generateAnswers(engine, work, signal)
  let step = await steps.next()
  for (; !step.done; step = await steps.next()) {
    const event = step.value
    const { index } = event
    if (event.kind === 'delta') {
      texts[index] += event.delta.text
      tokens[index]?.push(...event.delta.tokens)
      continue
    }
    const { finishReason } = event.end
    if (finishReason === undefined) continue
    const reported = request.topLogprobs === undefined ? undefined : tokens[index]
    choices[index] = { text: texts[index] ?? '', finishReason, tokens: reported }
  }
  const counts = step.value
  if (signal.aborted) return { ...counts, finished: false, texts }
  assert(choices.length === choiceCountOf(work), 'every choice has an end')

  const usage = usageOf(work, counts)
  const { tokenizer } = engine.model
  const body = Buffer.from(
    wire.whole(head, choices, { usage, tokenizer, withIds: request.returnsTokenIds }),
  )
  const outputHash = sha256Bytes32(body)
  const sealed = await sealWork(engine, work, {
    outputHash,
    streamRoot: zeroBytes32,
    contentHash: hashOfTexts(texts),
    usage,
    body,
  })
  const headers = sealed === undefined ? {} : { 'x-vouch-work': sealed }
  sendJson(response, { status: 200, body, headers })
  return { ...counts, finished: true, texts }
}
