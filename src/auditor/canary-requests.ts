/*
 * Requests of the auditor's own, for answers whose callers let nobody keep them. A contributor that could tell them from others
 * would answer them honestly and cheat the rest, so they are made of what clients ask: what is asked is one request of a
 * corpus, with a slip now and then, and the parameters of another one. docs/audit-statistics.md says how well a
 * classifier tells them apart.
 */
import { assert } from '../base/assert.ts'
import { canaryTopics, canaryWordings } from './canary-wordings.ts'

/** A request as clients of the gateway send them, without its model: `messages` and whatever else. */
export type OrdinaryRequest = Readonly<Record<string, unknown>> & {
  readonly messages: readonly ChatTurn[]
}

type ChatTurn = { readonly role: string; readonly content: unknown }

/** Uniform in [0, 1). */
export type Random = () => number

/** One line of a corpus: a text, or a JSON body of a chat completion. Undefined for a line that is neither. */
export function readOrdinaryRequest(line: string): OrdinaryRequest | undefined {
  if (!line.startsWith('{')) {
    return line.trim() === '' ? undefined : { messages: [{ role: 'user', content: line.trim() }] }
  }
  try {
    const { model: _, ...body } = JSON.parse(line) as Record<string, unknown>
    return Array.isArray(body['messages']) ? (body as OrdinaryRequest) : undefined
  } catch {
    return undefined
  }
}

/** One request. Without a corpus it is made of common wordings, which are easy to tell from what others ask. */
export function canaryRequest(corpus: readonly OrdinaryRequest[], random: Random): OrdinaryRequest {
  if (corpus.length === 0) {
    const content = varied(commonQuestion(random), random)
    return { messages: [{ role: 'user', content }], ...commonParameters(random) }
  }
  const asked = oneOf(corpus, random)
  // A seed or a user's name in a parameter would tie two requests of one client together.
  const { messages: _, seed, user, metadata, ...parameters } = oneOf(corpus, random)
  const last = asked.messages.at(-1)
  const messages =
    last?.role === 'user' && typeof last.content === 'string'
      ? [...asked.messages.slice(0, -1), { ...last, content: varied(last.content, random) }]
      : asked.messages
  return { messages, ...parameters }
}

/** Milliseconds until the next canary: gaps as those between strangers, so that no rhythm tells. */
export const canaryGapMs = (meanMs: number, random: Random): number =>
  Math.round(-Math.log(1 - random()) * meanMs)

function oneOf<T>(list: readonly T[], random: Random): T {
  const chosen = list[Math.floor(random() * list.length)]
  assert(chosen !== undefined, 'what is chosen from is not empty')
  return chosen
}

const commonQuestion = (random: Random): string =>
  oneOf(canaryWordings, random).replace('{topic}', oneOf(canaryTopics, random))

function commonParameters(random: Random): Readonly<Record<string, unknown>> {
  const stream = random() < 0.6 ? { stream: true } : {}
  const kind = random()
  if (kind < 0.2) return { ...stream, temperature: 0 }
  if (kind < 0.4) return { ...stream, temperature: oneOf([0.2, 0.7, 1], random) }
  return kind < 0.5 ? { ...stream, max_tokens: oneOf([64, 128, 256, 512], random) } : stream
}

/** Slips that people make: anything more, such as a greeting, tells a canary from those who do not greet. */
const slips: readonly ((text: string, random: Random) => string)[] = [
  (text) => text.charAt(0).toLowerCase() + text.slice(1),
  (text) => text.replace(/[?.!]$/, ''),
  withTypo,
]
const slipShare = 0.05

function varied(text: string, random: Random): string {
  let changed = text
  for (const slip of slips) if (random() < slipShare) changed = slip(changed, random)
  return changed
}

/** Two neighbours swapped inside a word. */
function withTypo(text: string, random: Random): string {
  const places = [...text.matchAll(/(?<=[a-z])[a-z](?=[a-z])/g)].map(({ index }) => index)
  if (places.length === 0) return text
  const at = oneOf(places, random)
  return text.slice(0, at - 1) + text.charAt(at) + text.charAt(at - 1) + text.slice(at + 1)
}
