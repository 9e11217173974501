/** What a terminal obeys: controls but tab and line feed, and marks that turn the direction of writing. */
const obeyed =
  /[^\P{Cc}\t\n]\[(?:0|3[0-7])m|[^\P{Cc}\t\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** What begins a colour, which is all that we say to a terminal in a line. */
const colourBegin = '\u001b'

/**
 * A line as it may be shown. Gateways, engines and nodes say things that are printed, such as why they refuse or what a token
 * is called: none of them may move the cursor, rewrite what stands there or set what is pasted next.
 */
export const plainLine = (line: string): string =>
  line.replace(obeyed, (found) =>
    found.length > 1 && found.startsWith(colourBegin) ? found : `\ufffd${found.slice(1)}`,
  )
