/*
 * Clients of a gateway that may die at any moment. Each notes the very bytes that it got and whether it saw their end: what
 * it was promised, and what its receipt must say.
 */
import { seededRandom } from './seeded-random.ts'

/** What one client saw of its answer. */
export type Sighting = {
  readonly kind: RequestKind
  readonly requestBody: string
  readonly status: number
  readonly receiptId: string | undefined
  readonly bytes: Buffer
  /** [DONE], or a whole body: from then on the receipt is owed. */
  readonly sawEnd: boolean
  /** Saw why the answer ended, which comes before its charge. */
  readonly sawFinish: boolean
  /** Code of an error that the gateway told, in place of an answer or in the middle of one. */
  readonly errorCode: string | undefined
}

export type RequestKind = 'unary' | 'stream' | 'long-stream' | 'leaver'

/** What a client tells while it reads. */
export type Moment = 'sent' | 'first-byte' | 'event' | 'finish' | 'end'

export type ClientLoad = {
  readonly origin: string
  readonly apiKey: string
  readonly modelName: string
  readonly onMoment: (moment: Moment) => void
}

const questions = ['What is a receipt?', 'Tell me about Vouch.', 'What is 2 + 3?', 'Hello!']

function askOf(kind: RequestKind, modelName: string, random: (below: number) => number) {
  const content = questions[random(questions.length)] ?? ''
  const long = kind === 'long-stream' || kind === 'leaver'
  return JSON.stringify({
    model: modelName,
    messages: [{ role: 'user', content }],
    max_tokens: long ? 40 : 2 + random(8),
    ...(long ? { n: 4, temperature: 1 } : {}),
    stream: kind !== 'unary',
    ...(random(2) === 0 && kind !== 'unary' ? { stream_options: { include_usage: true } } : {}),
  })
}

const kinds: readonly RequestKind[] = [
  'unary',
  'unary',
  'stream',
  'stream',
  'long-stream',
  'leaver',
]

/** Asks and asks again until `goesOn` says no or the gateway is gone. */
export async function askOnAndOn(
  load: ClientLoad,
  seed: number,
  goesOn: () => boolean,
): Promise<Sighting[]> {
  const random = seededRandom(seed)
  const sightings: Sighting[] = []
  while (goesOn()) {
    const kind = kinds[random(kinds.length)] ?? 'unary'
    const sighting = await askOnce(load, kind, random)
    sightings.push(sighting)
    if (sighting.status === 0) return sightings
  }
  return sightings
}

/** A status of 0: no answer began, because the connection broke or was refused. */
async function askOnce(
  load: ClientLoad,
  kind: RequestKind,
  random: (below: number) => number,
): Promise<Sighting> {
  const requestBody = askOf(kind, load.modelName, random)
  const leavesAt = kind === 'leaver' ? 1 + random(60) : Number.POSITIVE_INFINITY
  const leaving = new AbortController()
  const chunks: Buffer[] = []
  let status = 0
  let receiptId: string | undefined
  let sawBodyEnd = false
  try {
    load.onMoment('sent')
    const response = await fetch(`${load.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${load.apiKey}` },
      body: requestBody,
      signal: leaving.signal,
    })
    status = response.status
    receiptId = response.headers.get('x-vouch-receipt') ?? undefined
    load.onMoment('first-byte')
    let events = 0
    for await (const chunk of response.body ?? []) {
      chunks.push(Buffer.from(chunk))
      events += 1
      load.onMoment('event')
      if (Buffer.from(chunk).includes('"finish_reason":"')) load.onMoment('finish')
      if (events >= leavesAt) leaving.abort()
    }
    sawBodyEnd = true
  } catch {
    // It was killed, or we left: what was seen until then is what counts.
  }
  const bytes = Buffer.concat(chunks)
  const streamed = kind !== 'unary' && status === 200
  const sawEnd = status === 200 && (streamed ? bytes.includes('data: [DONE]\n\n') : sawBodyEnd)
  if (sawEnd) load.onMoment('end')
  return {
    kind,
    requestBody,
    status,
    receiptId,
    bytes,
    sawEnd,
    sawFinish: bytes.includes('"finish_reason":"'),
    errorCode: /"code":"(\w+)"/.exec(bytes.toString())?.[1],
  }
}
