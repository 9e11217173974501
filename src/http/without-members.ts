import { endOfString } from './strict-json.ts'

const quote = 0x22
const comma = 0x2c
/** Every byte that shapes an object, and how it changes the depth: [ ] { }. */
const depthSteps: ReadonlyMap<number, number> = new Map([
  [quote, 0],
  [comma, 0],
  [0x5b, 1],
  [0x5d, -1],
  [0x7b, 1],
  [0x7d, -1],
])

/**
 * A JSON object without some of its members. What stays, stays byte for byte: to parse and write it again would round
 * whatever number JavaScript cannot hold, such as a seed beyond 2^53. `json` has passed `parseStrictJson` as an object.
 */
export function withoutMembers(json: Buffer, names: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = []
  for (const { start, nameEnd, end } of membersOf(json)) {
    const name: unknown = JSON.parse(json.toString('utf8', start, nameEnd))
    if (typeof name === 'string' && names.has(name)) continue
    kept.push(Buffer.from(kept.length === 0 ? '{' : ','), json.subarray(start, end))
  }
  return Buffer.concat(kept.length === 0 ? [Buffer.from('{}')] : [...kept, Buffer.from('}')])
}

type Member = { readonly start: number; readonly nameEnd: number; readonly end: number }

/** Where the members of the outermost object stand: from the quote of the name to the comma or brace behind the value. */
function* membersOf(json: Buffer): Generator<Member> {
  let start = -1
  let nameEnd = -1
  for (const { byte, depth, at } of marksOf(json)) {
    if (byte === quote) {
      if (start < 0) {
        start = at
        nameEnd = endOfString(json, at) + 1
      }
    } else if (start >= 0 && (depth === 0 || (byte === comma && depth === 1))) {
      yield { start, nameEnd, end: at }
      start = -1
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
