/*
 * Token ids and log-probabilities that an engine was asked for although its asker did not ask: they are read for the
 * commitment and taken out before anything is hashed or sent, so that the asker gets what it would have got.
 *
 * Engines tell ids in three ways, all read here: as `id` beside each log-probability (llama.cpp's server, and our own engine), as
 * `token_ids` of the choice (vLLM, `return_token_ids`), and as the text `token_id:N` (vLLM, `return_tokens_as_token_ids`). Of
 * what is told in none of them nothing is committed to.
 */
import {
  alternativesKept,
  type CommittedToken,
  type CommittedTokens,
  logprobQ16,
} from '../attestation/token-commitment.ts'
import {
  asFields,
  count,
  type Fields,
  isFields,
  parseObject,
  parseWhole,
} from '../upstream/answer-json.ts'

/** What the asker wanted of log-probabilities: alternatives for each token; undefined wanted none at all. */
export type AskedLogprobs = number | undefined

const dataPrefix = Buffer.from('data: {')

export class ToldTokens {
  readonly #asked: AskedLogprobs
  readonly #choices: CommittedToken[][]
  /** Once a token came without its id there is no list of all of them. */
  #isComplete = true

  constructor(choiceCount: number, asked: AskedLogprobs) {
    this.#asked = asked
    this.#choices = Array.from({ length: choiceCount }, () => [])
  }

  /** Undefined unless every token of the answer, `completionTokens` in all, was told. */
  tokens(completionTokens: number): CommittedTokens | undefined {
    const told = this.#choices.reduce((sum, { length }) => sum + length, 0)
    return this.#isComplete && told === completionTokens ? this.#choices : undefined
  }

  /** An event as the asker gets it; undefined where it said nothing else. Whatever is no chunk stays as it is. */
  takeFrom(block: Buffer): Buffer | undefined {
    if (block.compare(dataPrefix, 0, dataPrefix.length, 0, dataPrefix.length) !== 0) return block
    const fields = parseObject(block.toString('utf8', dataPrefix.length - 1))
    const choices = fields?.['choices']
    if (fields === undefined || !Array.isArray(choices)) return block
    const wereSpeaking = choices.some(saysSomething)
    const rest = this.#without(fields, choices)
    const isEmpty = choices.length > 0 && !wereSpeaking && fields['usage'] == null
    return isEmpty ? undefined : Buffer.from(`data: ${JSON.stringify(rest)}\n\n`)
  }

  /** A whole answer as the asker gets it. */
  takeFromWhole(body: Buffer): Buffer {
    const fields = parseWhole(body)
    const choices = fields?.['choices']
    if (fields === undefined || !Array.isArray(choices)) return body
    return Buffer.from(JSON.stringify(this.#without(fields, choices)))
  }

  #without(fields: Fields, choices: readonly unknown[]): Fields {
    const { prompt_token_ids: _, ...rest } = fields
    return { ...rest, choices: choices.map((choice) => this.#choice(choice)) }
  }

  #choice(choice: unknown): unknown {
    if (!isFields(choice)) return choice
    const { token_ids: ids, prompt_token_ids: _, ...rest } = choice
    const entries = entriesOf(choice)
    const kept = this.#choices[count(choice['index']) ?? 0]
    const tokens = entries.map((entry, at) =>
      tokenOf(entry, Array.isArray(ids) ? ids[at] : undefined),
    )
    if (kept === undefined || !tokens.every((token) => token !== undefined))
      this.#isComplete = false
    else for (const token of tokens) kept.push(token)
    if (!('logprobs' in choice)) return rest
    return { ...rest, logprobs: this.#asked === undefined ? null : told(choice, this.#asked) }
  }
}

const entriesOf = (choice: Fields): readonly unknown[] => {
  const { content } = asFields(choice['logprobs']) as { readonly content?: unknown }
  return Array.isArray(content) ? content : []
}

/** The log-probabilities of a choice with no more alternatives than were asked for, and no ids. */
function told(choice: Fields, asked: number): unknown {
  const logprobs = choice['logprobs']
  if (!isFields(logprobs) || !Array.isArray(logprobs['content'])) return logprobs
  const content = logprobs['content'].map((entry: unknown) => {
    if (!isFields(entry)) return entry
    const { id: _, ...plain } = entry
    const top = plain['top_logprobs']
    return Array.isArray(top)
      ? { ...plain, top_logprobs: top.slice(0, asked).map(withoutId) }
      : plain
  })
  return { ...logprobs, content }
}

function withoutId(entry: unknown): unknown {
  if (!isFields(entry)) return entry
  const { id: _, ...plain } = entry
  return plain
}

function tokenOf(entry: unknown, toldId: unknown): CommittedToken | undefined {
  const chosen = weighed(entry, toldId)
  if (chosen === undefined) return undefined
  const top = asFields(entry)['top_logprobs']
  const alternatives = (Array.isArray(top) ? top : []).map((one: unknown) =>
    weighed(one, undefined),
  )
  // Alternatives that have no ids are left out altogether: a list with gaps would say that others are less likely.
  const named = alternatives.every((one) => one !== undefined) ? alternatives : []
  return { ...chosen, top: named.slice(0, alternativesKept) }
}

function weighed(entry: unknown, toldId: unknown): Omit<CommittedToken, 'top'> | undefined {
  const { id, token, logprob } = asFields(entry)
  const [, named] = typeof token === 'string' ? (/^token_id:(\d{1,10})$/.exec(token) ?? []) : []
  const tokenId =
    count(id) ?? count(toldId) ?? count(named === undefined ? undefined : Number(named))
  if (tokenId === undefined || typeof logprob !== 'number') return undefined
  return { tokenId, logprobQ16: logprobQ16(logprob) }
}

/** Whether a chunk's choice has anything that its asker asked for. */
function saysSomething(choice: unknown): boolean {
  if (!isFields(choice)) return true
  const { finish_reason: finish, delta } = choice
  const { content, ...others } = asFields(delta)
  return finish != null || Object.keys(others).length > 0 || (content !== '' && content != null)
}
