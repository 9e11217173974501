/**
 * Strings, a key with its colon, and the signs of nesting; the rest of a valid text is skipped. No
 * alternative fails after a long run, so the time is linear in the text.
 */
const markPattern = /"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g

type Level = { readonly keys: Set<string>; readonly path: string }

/**
 * The path of the first key that one object has twice, as `receipt.work.status`; undefined when
 * there is none. Parsers disagree on which of the two counts, so a signature over one would vouch
 * for the other.
 *
 * `json` is text that JSON.parse accepts: nothing here makes up for a parser.
 */
export function findRepeatedKey(json: string): string | undefined {
  let level: Level = { keys: new Set(), path: '' }
  let path = ''
  const outer: Level[] = []
  for (const [mark] of json.matchAll(markPattern)) {
    if (mark.endsWith(':')) {
      // Escapes are undone first: "a" and "\u0061" are one key.
      const key = JSON.parse(mark.slice(0, -1)) as string
      path = level.path === '' ? key : `${level.path}.${key}`
      if (level.keys.has(key)) return path
      level.keys.add(key)
    } else if ('{['.includes(mark)) {
      outer.push(level)
      level = { keys: new Set(), path }
    } else if ('}]'.includes(mark)) {
      path = level.path
      level = outer.pop() ?? level
    }
  }
  return undefined
}
