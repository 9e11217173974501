/*
 * Members of a JSON object, taken out and put in by its text. What stays, stays byte for byte: to parse and write it again
 * would round whatever number JavaScript cannot hold, such as a seed beyond 2^53. Every object here is known to be valid.
 */
const space = 0x20
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
/** Every byte that shapes an object, and how it changes the depth: [ ] { }. */
const depthSteps: ReadonlyMap<number, number> = new Map([
  [quote, 0],
  [comma, 0],
  [0x5b, 1],
  [0x5d, -1],
  [openBrace, 1],
  [closeBrace, -1],
])

/** A JSON object without some of its members. */
export function withoutMembers(json: Buffer, names: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = []
  for (const member of membersOf(json)) {
    if (names.has(nameOf(json, member))) continue
    kept.push(Buffer.from(kept.length === 0 ? '{' : ','), json.subarray(member.start, member.end))
  }
  return Buffer.concat(kept.length === 0 ? [Buffer.from('{}')] : [...kept, Buffer.from('}')])
}

/** A JSON object that has these members behind all others, whatever it said of them before. Values are JSON texts. */
export function withMembers(json: Buffer, members: ReadonlyMap<string, string>): Buffer {
  const names = new Set(members.keys())
  const rest = mayHave(json, names) ? withoutMembers(json, names) : json
  const close = rest.lastIndexOf(closeBrace)
  const added = [...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')
  const behindOthers = rest[lastSignBefore(rest, close)] === openBrace ? added : `,${added}`
  return Buffer.concat([rest.subarray(0, close), Buffer.from(behindOthers), rest.subarray(close)])
}

/** Where the last byte before `end` stands that is no white space. */
function lastSignBefore(json: Buffer, end: number): number {
  let at = end - 1
  while (at > 0 && (json[at] ?? 0) <= space) at -= 1
  return at
}

/** The text of a member's value; undefined where there is none. */
export function textOfMember(json: Buffer, name: string): string | undefined {
  if (!mayHave(json, new Set([name]))) return undefined
  for (const member of membersOf(json)) {
    if (nameOf(json, member) !== name) continue
    const colon = json.indexOf(':', member.nameEnd)
    return json.toString('utf8', colon + 1, member.end).trim()
  }
  return undefined
}

/** False only where none of these names is anywhere in the text; one may be spelled with escapes. */
const mayHave = (json: Buffer, names: ReadonlySet<string>): boolean =>
  json.includes('\\u') || [...names].some((name) => json.includes(JSON.stringify(name)))

const nameOf = (json: Buffer, { nameStart, nameEnd }: Member): string =>
  JSON.parse(json.toString('utf8', nameStart, nameEnd))

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

/** Position of the quote that closes the string opened at `start`; the last byte where none does. */
export function endOfString(body: Buffer, start: number): number {
  let end = body.indexOf(quote, start + 1)
  while (end !== -1) {
    let slashes = 0
    while (body[end - 1 - slashes] === backslash) slashes += 1
    if (slashes % 2 === 0) return end
    end = body.indexOf(quote, end + 1)
  }
  return body.length
}
