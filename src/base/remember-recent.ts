/**
 * A pure function of a text that reads the same ones again and again, with the last `max` of its answers in mind. The least
 * recently asked is forgotten first.
 */
export function rememberRecent<T>(read: (text: string) => T, max: number): (text: string) => T {
  const known = new Map<string, { readonly answer: T }>()
  return (text) => {
    const found = known.get(text) ?? { answer: read(text) }
    known.delete(text)
    known.set(text, found)
    const [oldest] = known.keys()
    if (known.size > max && oldest !== undefined) known.delete(oldest)
    return found.answer
  }
}
