import type { ServerResponse } from 'node:http'
import { type StreamHash, startStreamHash } from '../attestation/stream-hash.ts'
import { writeOrWait } from '../contributor/write-or-wait.ts'
import type { AnswerUsage, ChunkChoice } from './answer-wire.ts'
import { echoesOf, hashOfTexts, sealWork, usageOf } from './answer-work.ts'
import type { AnswerEnd, Answering } from './answering.ts'
import { generateAnswers } from './generate-answers.ts'
import type { ChoiceEvent } from './generate-choices.ts'

/**
 * Sends an answer as server-sent events, one write for each: the opening of every choice once the
 * first token is known (until then a failure can still be a status), text as it may leave, the
 * reason of each end, usage where it was asked for, and `[DONE]`. For a job the signed Work follows
 * as a comment, which is outside of what it signs.
 */
export async function answerStreamed(answering: Answering): Promise<AnswerEnd> {
  const { engine, work, response, signal } = answering
  const { request, wire, head } = work
  const { hashes, send } = openEvents(answering)
  const stream = {
    withUsage: request.includeUsage,
    tokenizer: engine.model.tokenizer,
    withIds: request.returnsTokenIds,
  }
  const texts = echoesOf(work)
  // Left in any way, it gives its places in the batch back.
  await using steps = generateAnswers(engine, work, signal)
  let step = await steps.next()
  for (; !step.done; step = await steps.next()) {
    const pieces: (ChunkChoice | undefined)[] = []
    if (!response.headersSent) {
      startEventStream(response)
      pieces.push(...texts.map((echo, index) => wire.opening(index, echo)))
    }
    pieces.push(pieceOf(step.value, texts, request.topLogprobs !== undefined))
    for (const piece of pieces) {
      if (piece !== undefined && !signal.aborted) await send(wire.chunk(head, piece, stream))
    }
  }
  const counts = step.value
  const usage = usageOf(work, counts)
  if (request.includeUsage && !signal.aborted) await send(wire.usageChunk(head, usage))
  if (signal.aborted) return { ...counts, finished: false, texts }
  await endEventStream(answering, { hashes, texts, usage })
  return { ...counts, finished: true, texts }
}

/** Events on their way, hashed for a job. */
function openEvents({ work, response }: Answering): {
  readonly hashes: StreamHash | undefined
  readonly send: (json: string) => Promise<void>
} {
  const { job, inputHash } = work
  const hashes = job === undefined ? undefined : startStreamHash({ jobId: job.jobId, inputHash })
  const send = async (json: string): Promise<void> => {
    const event = Buffer.from(`data: ${json}\n\n`)
    hashes?.event(event)
    await writeOrWait(response, event)
  }
  return { hashes, send }
}

/**
 * The Work is sealed before anything is written, so that the end of the answer and its Work leave
 * in one packet.
 */
async function endEventStream(
  answering: Answering,
  answer: {
    readonly hashes: StreamHash | undefined
    readonly texts: readonly string[]
    readonly usage: AnswerUsage
  },
): Promise<void> {
  const { engine, work, response } = answering
  const { hashes, texts, usage } = answer
  const done = Buffer.from('data: [DONE]\n\n')
  hashes?.event(done)
  const sealed =
    hashes &&
    (await sealWork(engine, work, { ...hashes.finish(), contentHash: hashOfTexts(texts), usage }))
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

/** Adds what an event says to the text of its choice. */
function pieceOf(
  event: ChoiceEvent,
  texts: string[],
  withLogprobs: boolean,
): ChunkChoice | undefined {
  const before = texts[event.index] ?? ''
  if (event.kind === 'delta') texts[event.index] = before + event.delta.text
  return chunkChoiceOf(event, withLogprobs ? before : undefined)
}

/**
 * Undefined for a delta that holds everything back. `before` is the choice's text until now, where
 * log-probabilities are reported.
 */
function chunkChoiceOf(event: ChoiceEvent, before: string | undefined): ChunkChoice | undefined {
  const { index } = event
  if (event.kind === 'end') {
    return { index, delta: {}, tokens: undefined, finishReason: event.end.finishReason ?? null }
  }
  const { text, tokens } = event.delta
  const delta = { content: text }
  if (before === undefined) {
    return text === '' ? undefined : { index, delta, tokens: undefined, finishReason: null }
  }
  if (text === '' && tokens.length === 0) return undefined
  return { index, delta, textOffset: [...before].length, tokens, finishReason: null }
}
