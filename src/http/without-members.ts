import { endOfString } from './strict-json.ts'

const quote = 0x22
const comma = 0x2c
const openBrace = 0x7b
/** Every byte that shapes an object, and how it changes the depth: [ ] { }. */
const depthSteps: ReadonlyMap<number, number> = new Map([
  [quote, 0],
  [comma, 0],
  [0x5b, 1],
  [0x5d, -1],
  [openBrace, 1],
  [0x7d, -1],
])

/**
 * A JSON object without some of its members. What stays, stays byte for byte: to parse and write it again would round
 * whatever number JavaScript cannot hold, such as a seed beyond 2^53. `json` has passed `parseStrictJson` as an object.
 */
export function withoutMembers(json: Buffer, names: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = []
  for (const { start, nameStart, nameEnd, end } of membersOf(json)) {
    const name: unknown = JSON.parse(json.toString('utf8', nameStart, nameEnd))
    if (typeof name === 'string' && names.has(name)) continue
    kept.push(Buffer.from(kept.length === 0 ? '{' : ','), json.subarray(start, end))
  }
  return Buffer.concat(kept.length === 0 ? [Buffer.from('{}')] : [...kept, Buffer.from('}')])
}

/** `start` and `end` are behind and before the braces and commas around it, so that spaces between members stay. */
type Member = {
  readonly start: number
  readonly nameStart: number
  readonly nameEnd: number
  readonly end: number
}

/** Where the members of the outermost object stand. */
function* membersOf(json: Buffer): Generator<Member> {
  let start = json.indexOf(openBrace) + 1
  let nameStart = -1
  let nameEnd = -1
  for (const { byte, depth, at } of marksOf(json)) {
    if (byte === quote) {
      if (nameStart < 0) {
        nameStart = at
        nameEnd = endOfString(json, at) + 1
      }
    } else if (nameStart >= 0 && (depth === 0 || (byte === comma && depth === 1))) {
      yield { start, nameStart, nameEnd, end: at }
      start = at + 1
      nameStart = -1
    }
  }
}

type Mark = { readonly byte: number; readonly depth: number; readonly at: number }

/** Quotes that open a text, commas, brackets and braces, each with the depth behind it. */
function* marksOf(json: Buffer): Generator<Mark> {
  let depth = 0
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0
    const step = depthSteps.get(byte)
    if (step === undefined) continue
    depth += step
    yield { byte, depth, at }
    if (byte === quote) at = endOfString(json, at)
  }
}
