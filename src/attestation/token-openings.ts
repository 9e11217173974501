/*
 * The whole opening of a `Work.commitment` as text: JSON with one flat list of whole numbers for each choice, about forty
 * bytes a token.
 *
 *   {"object":"vouch.tokens","choices":[[token id, log-probability, alternatives, token id, log-probability, …], …]}
 */
import { alternativesKept, type CommittedToken, type CommittedTokens } from './token-commitment.ts'

/** `CommittedTokens` as text. */
export function writeTokens(tokens: CommittedTokens): string {
  const choices = tokens.map((choice) => choice.flatMap(numbersOf))
  return JSON.stringify({ object: 'vouch.tokens', choices })
}

const numbersOf = ({ tokenId, logprobQ16, top }: CommittedToken): number[] => [
  tokenId,
  logprobQ16,
  top.length,
  ...top.flatMap((one) => [one.tokenId, one.logprobQ16]),
]

/** Undefined for what is no such text: whoever wrote it has something to hide, or is broken. */
export function readTokens(text: string): CommittedTokens | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { object, choices } = (value ?? {}) as { object?: unknown; choices?: unknown }
  if (object !== 'vouch.tokens' || !Array.isArray(choices)) return undefined
  const read = choices.map(readChoice)
  return read.every((choice) => choice !== undefined) ? read : undefined
}

function readChoice(numbers: unknown): readonly CommittedToken[] | undefined {
  if (!Array.isArray(numbers) || !numbers.every(Number.isSafeInteger)) return undefined
  const tokens: CommittedToken[] = []
  for (let at = 0; at < numbers.length; ) {
    const [tokenId, logprobQ16, count] = numbers.slice(at, at + 3) as number[]
    if (tokenId === undefined || logprobQ16 === undefined || count === undefined) return undefined
    if (count < 0 || count > alternativesKept || at + 3 + 2 * count > numbers.length)
      return undefined
    const top = Array.from({ length: count }, (_, place) => ({
      tokenId: numbers[at + 3 + 2 * place] as number,
      logprobQ16: numbers[at + 4 + 2 * place] as number,
    }))
    const token = { tokenId, logprobQ16, top }
    if (![token, ...top].every(isWeighed)) return undefined
    tokens.push(token)
    at += 3 + 2 * count
  }
  return tokens
}

const isWeighed = (of: { readonly tokenId: number; readonly logprobQ16: number }): boolean =>
  of.tokenId >= 0 && of.tokenId < 2 ** 32 && of.logprobQ16 <= 0 && of.logprobQ16 >= -(2 ** 31)
