import type { ServerResponse } from 'node:http'
import { type StreamHash, startStreamHash } from '../attestation/stream-hash.ts'
import { type AnswerEnd, type Answering, usageOf } from './answering.ts'
import {
  type AnswerUsage,
  type ChunkChoice,
  chunkJson,
  usageChunkJson,
} from './chat-completions.ts'
import { sealChatWork } from './chat-work.ts'
import { type ChoiceEvent, generateChoices } from './generate-choices.ts'
import { writeOrWait } from './write-or-wait.ts'

/**
 * Sends an answer as server-sent events, one write for each: the role of every choice once the
 * first token is known (until then a failure can still be a status), text as it may leave, the
 * reason of each end, usage where it was asked for, and `[DONE]`. For a job the signed Work follows
 * as a comment, which is outside of what it signs.
 */
export async function answerStreamed(answering: Answering): Promise<AnswerEnd> {
  const { engine, work, prompt, response, signal } = answering
  const { request, seed, job, inputHash } = work
  const hashes = job === undefined ? undefined : startStreamHash({ jobId: job.jobId, inputHash })
  const sendJson = async (json: string): Promise<void> => {
    const event = Buffer.from(`data: ${json}\n\n`)
    hashes?.event(event)
    await writeOrWait(response, event)
  }
  const stream = { withUsage: request.includeUsage, tokenizer: engine.model.tokenizer }
  const sendChunk = (choice: ChunkChoice): Promise<void> =>
    sendJson(chunkJson(work.head, choice, stream))

  const texts = Array.from({ length: request.choices }, () => '')
  let completionTokens = 0
  for await (const event of generateChoices(engine.model, prompt, { ...request, seed, signal })) {
    if (!response.headersSent) {
      startEventStream(response)
      for (const index of texts.keys()) await sendChunk(roleChunk(index))
    }
    if (event.kind === 'delta') texts[event.index] += event.delta.text
    else completionTokens += event.end.completionTokens
    const choice = chunkChoiceOf(event, request.topLogprobs !== undefined)
    if (choice !== undefined && !signal.aborted) await sendChunk(choice)
  }
  const usage = usageOf(answering, completionTokens)
  if (request.includeUsage && !signal.aborted) await sendJson(usageChunkJson(work.head, usage))
  if (signal.aborted) return { finished: false, completionTokens }
  endEventStream(answering, { hashes, texts, usage })
  return { finished: true, completionTokens }
}

/**
 * The Work is sealed before anything is written, so that the end of the answer and its Work leave
 * in one packet.
 */
function endEventStream(
  answering: Answering,
  answer: {
    readonly hashes: StreamHash | undefined
    readonly texts: readonly string[]
    readonly usage: AnswerUsage
  },
): void {
  const { engine, work, response } = answering
  const { hashes, texts, usage } = answer
  const done = Buffer.from('data: [DONE]\n\n')
  hashes?.event(done)
  const sealed = hashes && sealChatWork(engine, work, { ...hashes.finish(), texts, usage })
  response.cork()
  response.write(done)
  if (sealed !== undefined) response.write(`: vouch-work ${sealed}\n\n`)
  response.end()
}

function startEventStream(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  })
}

const roleChunk = (index: number): ChunkChoice => ({
  index,
  delta: { role: 'assistant', content: '' },
  tokens: undefined,
  finishReason: null,
})

/** Undefined for a delta that holds everything back. */
function chunkChoiceOf(event: ChoiceEvent, withLogprobs: boolean): ChunkChoice | undefined {
  const { index } = event
  if (event.kind === 'end') {
    return { index, delta: {}, tokens: undefined, finishReason: event.end.finishReason ?? null }
  }
  const { text, tokens } = event.delta
  if (text === '' && !(withLogprobs && tokens.length > 0)) return undefined
  const reported = withLogprobs ? tokens : undefined
  return { index, delta: { content: text }, tokens: reported, finishReason: null }
}
