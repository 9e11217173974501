/*
 * What travels in the benchmark: requests and answers of about one kilobyte, the size of a short chat. Upstream and load
 * share this file, so every answer can be compared with what was sent, byte for byte.
 */

export type Kind = 'unary' | 'burst' | 'paced'

const words = 'The quick brown fox jumps over the lazy dog while the gateway counts. '
const answerId = 'chatcmpl-Bx7Qm2Zt9LkVn4Rw'
const usage = '"usage":{"prompt_tokens":190,"completion_tokens":38,"total_tokens":228}'

/** A chat request of about 1 KB. `user` tells the upstream how to answer; the gateway forwards it unread. */
export function requestBody(kind: Kind): Buffer {
  const fields = {
    model: 'm',
    messages: [
      { role: 'system', content: 'You are a helpful assistant. Answer briefly.' },
      { role: 'user', content: words.repeat(11) },
    ],
    temperature: 0.7,
    max_tokens: 256,
    ...(kind === 'unary' ? {} : { stream: true, stream_options: { include_usage: true } }),
    user: kind,
  }
  return Buffer.from(JSON.stringify(fields))
}

/** A whole request as it goes over the wire. `credentials` are header lines that say who pays. */
export function requestBytes(
  kind: Kind,
  target: { readonly host: string; readonly credentials: string },
): Buffer {
  const body = requestBody(kind)
  const head =
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${target.host}\r\naccept: application/json\r\n` +
    'user-agent: OpenAI/JS 7.57.0\r\naccept-encoding: identity\r\n' +
    `${target.credentials}\r\ncontent-type: application/json\r\n` +
    `content-length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

/** About 1 KB of chat completion, compact as `JSON.stringify` writes it. */
export const unaryAnswer: Buffer = Buffer.from(
  `{"id":"${answerId}","object":"chat.completion","created":1760000000,"model":"m",` +
    `"choices":[{"index":0,"message":{"role":"assistant","content":"${words.repeat(10)}"},` +
    `"logprobs":null,"finish_reason":"stop"}],${usage},"system_fingerprint":"fp_44709d6fcb"}`,
)

/** Events of one stream, `data: [DONE]` included. */
export const eventsPerStream = 40
/** Pause between two events of a paced stream. */
export const pacedIntervalMs = 40

const stampDigits = 16
const stampMark = '"fp_'
const noStamp = '0'.repeat(stampDigits)

/** The events of a stream in order, each a whole SSE block. */
export const streamEvents: readonly string[] = [
  event('{"role":"assistant","content":""}', 'null'),
  ...Array.from({ length: eventsPerStream - 4 }, () => event('{"content":" gateway"}', 'null')),
  event('{}', '"stop"'),
  `data: ${chunkHead()}"choices":[],${usage}}\n\n`,
  'data: [DONE]\n\n',
]

/** The same as one piece: what a client has read when a burst has ended. */
export const streamAnswer: Buffer = Buffer.from(streamEvents.join(''))

function event(delta: string, finishReason: string): string {
  const choice = `{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}`
  return `data: ${chunkHead()}"choices":[${choice}]}\n\n`
}

function chunkHead(): string {
  return (
    `{"id":"${answerId}","object":"chat.completion.chunk","created":1760000000,"model":"m",` +
    `"service_tier":"default","system_fingerprint":"fp_${noStamp}",`
  )
}

/** Writes the time of sending into an event: its fingerprint becomes microseconds, the length stays. */
export function stamped(text: string, nowMs: number): string {
  const stamp = String(Math.round(nowMs * 1000)).padStart(stampDigits, '0')
  return text.replace(noStamp, stamp)
}

/** Milliseconds at which the first whole stamped event in `bytes` was sent; undefined where there is none. */
export function stampIn(bytes: Buffer): number | undefined {
  const mark = bytes.indexOf(stampMark)
  if (mark === -1) return undefined
  const digits = mark + stampMark.length
  const stamp = bytes.toString('latin1', digits, digits + stampDigits)
  return stamp.length === stampDigits ? Number(stamp) / 1000 : undefined
}
