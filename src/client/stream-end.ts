/*
 * Where a stream of server-sent events ends for whoever reads it. Readers stop at `data: [DONE]`, at the Responses API's
 * closing events or at Anthropic's `message_stop`, without waiting for the connection to close: so these, and all that comes
 * behind them, are kept back until the answer is verified. Every spelling that the specification of server-sent events lets
 * a reader understand counts (CR, LF, CR LF, data over several lines, escapes in its JSON): a gateway that means harm writes
 * what a reader understands, not what we expect.
 */
import { joinBytes, utf8Text } from '../base/bytes.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Nothing is said of an answer's end by `none`; `error` tells the reader that it broke off. What stands behind the end, the
 * receipt itself, counts as the end.
 */
export type EventMeaning = 'none' | 'end' | 'error'

/**
 * Cuts bytes into events as they come. A reader cannot use an event before its blank line, so to keep an unfinished one back
 * costs no time.
 */
export class EndKeeper {
  /** The unfinished event, or all since the end was seen. */
  #kept: Uint8Array[] = []
  #isEnding = false
  #lineIsEmpty = true
  #isBehindReturn = false

  /** What may be handed on now, in order. Together with `kept` at the end these are exactly the bytes that were added. */
  add(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#isEnding) {
      this.#kept.push(chunk)
      return []
    }
    const free: Uint8Array[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      if (!this.#endsEvent(chunk[at])) continue
      this.#kept.push(chunk.subarray(start, at + 1))
      start = at + 1
      if (meaningOfEvent(joinBytes(this.#kept)) === 'end') {
        this.#isEnding = true
        break
      }
      free.push(...this.#kept)
      this.#kept = []
    }
    if (start < chunk.length) this.#kept.push(chunk.subarray(start))
    return free
  }

  /** What was not handed on. */
  get kept(): readonly Uint8Array[] {
    return this.#kept
  }

  /** The line feed of CR LF belongs to the line end before it, wherever the chunks were cut. */
  #endsEvent(byte: number | undefined): boolean {
    const isSecondHalf = byte === lineFeed && this.#isBehindReturn
    this.#isBehindReturn = byte === carriageReturn
    if (isSecondHalf) return false
    if (byte !== lineFeed && byte !== carriageReturn) {
      this.#lineIsEmpty = false
      return false
    }
    const wasEmpty = this.#lineIsEmpty
    this.#lineIsEmpty = true
    return wasEmpty
  }
}

const endTypes: ReadonlySet<unknown> = new Set([
  'vouch.receipt',
  'response.completed',
  'response.incomplete',
  'response.failed',
  'message_stop',
])
/** JSON is read only where it may name such a type, if need be by escapes. */
const mayNameType = /response\.|message_stop|"error"|\\u/

/** What one event, with or without its blank line, tells a reader of the stream. */
export function meaningOfEvent(event: Uint8Array): EventMeaning {
  const { name, data } = readEvent(utf8Text(event))
  if (/^\s*\[DONE\]/.test(data)) return 'end'
  if (name === 'error') return 'error'
  if (endTypes.has(name)) return name === 'response.failed' ? 'error' : 'end'
  if (!mayNameType.test(data)) return 'none'
  const { type, error } = parseObject(data)
  if (type === 'error' || type === 'response.failed') return 'error'
  if (endTypes.has(type)) return 'end'
  return error !== undefined && error !== null && type === undefined ? 'error' : 'none'
}

/** Source: HTML Living Standard, "9.2.6 Interpreting an event stream". */
export function readEvent(text: string): { readonly name: string; readonly data: string } {
  let name = ''
  const data: string[] = []
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') name = value.trim()
    if (field === 'data') data.push(value)
  }
  return { name, data: data.join('\n') }
}

/** Empty for what is no JSON. */
export function parseObject(data: string): { readonly type?: unknown; readonly error?: unknown } {
  try {
    return Object(JSON.parse(data))
  } catch {
    return {}
  }
}
