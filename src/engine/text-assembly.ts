/*
 * From tokens to text that may leave: a character leaves when its last byte is known, and text
 * leaves when it can no longer become a stop string. Nothing that was given out is ever taken back.
 */

/**
 * Text that may leave now, with the tokens whose text begins in it. Both empty when all is held
 * back.
 */
export type TextDelta<Token> = { readonly text: string; readonly tokens: readonly Token[] }

export type TextAssembly<Token> = {
  /**
   * Appends one token: its UTF-8 bytes (a part of a character is enough) and what is to travel with
   * its text.
   */
  readonly push: (bytes: Uint8Array, token: Token) => TextDelta<Token>
  /**
   * True when a stop string was completed: what came before it has left, it and what follows never
   * will.
   */
  readonly stopped: () => boolean
  /**
   * What was held back, for an answer that ended otherwise. The rest of an unfinished character is
   * dropped.
   */
  readonly end: () => TextDelta<Token>
}

/** Stop strings are well-formed and not empty. */
export function startTextAssembly<Token>(stopStrings: readonly string[]): TextAssembly<Token> {
  // A byte-order mark that the model wrote is text like any other.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  let given = 0
  let stopped = false
  let waiting: { readonly token: Token; readonly startsAt: number }[] = []

  function giveUpTo(end: number): TextDelta<Token> {
    const delta = { text: text.slice(given, end), tokens: tokensBefore(end) }
    given = end
    return delta
  }

  function tokensBefore(end: number): Token[] {
    const leaving = waiting.filter(({ startsAt }) => startsAt < end)
    waiting = waiting.filter(({ startsAt }) => startsAt >= end)
    return leaving.map(({ token }) => token)
  }

  return {
    push: (bytes, token) => {
      waiting.push({ token, startsAt: text.length })
      text += decoder.decode(bytes, { stream: true })
      const stopAt = firstStopAt(text, { stopStrings, from: given })
      if (stopAt === undefined) {
        return giveUpTo(text.length - heldLength(text.slice(given), stopStrings))
      }
      stopped = true
      return giveUpTo(stopAt)
    },
    stopped: () => stopped,
    end: () => giveUpTo(Number.POSITIVE_INFINITY),
  }
}

/**
 * Where the stop string begins that is complete first, the longest of those that end together: so
 * the cut is the same however the text was split into tokens. What has left holds no beginning of
 * one.
 */
function firstStopAt(
  text: string,
  search: { readonly stopStrings: readonly string[]; readonly from: number },
): number | undefined {
  const found = search.stopStrings
    .map((stop) => ({ stop, at: text.indexOf(stop, search.from) }))
    .filter(({ at }) => at >= 0)
    .map(({ stop, at }) => ({ at, end: at + stop.length }))
    .sort((one, other) => one.end - other.end || one.at - other.at)
  return found[0]?.at
}

/** The longest end of `text` that is a beginning of a stop string. */
function heldLength(text: string, stopStrings: readonly string[]): number {
  let held = 0
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > held; length -= 1) {
      if (text.endsWith(stop.slice(0, length))) held = length
    }
  }
  return held
}
