import { endOfString } from './json-members.ts'

const quote = 0x22
const colon = 0x3a
const openBrace = 0x7b
const openBracket = 0x5b
const closeBrace = 0x7d
const closeBracket = 0x5d

/** What a JSON text is made of. */
export type JsonStructure = {
  readonly depth: number
  /** Pairs of a name and a value. */
  readonly members: number
  /** Objects and arrays. */
  readonly containers: number
}

/**
 * Counted without parsing: what it costs to parse and to walk through depends on these far more than on bytes. Meaningless for
 * text that is not JSON.
 */
export function structureOf(json: Buffer): JsonStructure {
  let depth = 0
  let depthMax = 0
  let members = 0
  let containers = 0
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index]
    if (byte === quote) {
      index = endOfString(json, index)
    } else if (byte === colon) {
      members += 1
    } else if (byte === openBrace || byte === openBracket) {
      depth += 1
      containers += 1
      if (depth > depthMax) depthMax = depth
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1
    }
  }
  return { depth: depthMax, members, containers }
}
