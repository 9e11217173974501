/*
 * A configuration for people: everything but its secrets. What a member is called tells whether it is one, and of a URL only
 * the host is shown, because nodes and stores carry their keys in the rest of it.
 */

/** Members whose text is a secret, or what one is made of. */
const secretPattern = /(key|secrets?|password|hash)$/i
/** Base URLs of contributors, whose whole text is no secret: a user, a query and a fragment are refused in them. */
const plainUrls: ReadonlySet<string> = new Set(['baseUrl'])

export const redactedConfig = (config: object): unknown => redacted(config, '')

function redacted(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return String(value)
  if (secretPattern.test(name)) return '(secret)'
  if (typeof value === 'string') return plainUrls.has(name) ? value : hostOnly(value)
  if (Array.isArray(value)) return value.map((item) => redacted(item, ''))
  if (ArrayBuffer.isView(value) || typeof value !== 'object') return '(secret)'
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [member, redacted(inner, member)]),
  )
}

function hostOnly(text: string): string {
  if (!/^[a-z]+:\/\//i.test(text)) return text
  if (!URL.canParse(text)) return '(secret)'
  const { protocol, host, pathname, username, password, search } = new URL(text)
  const isPlain = `${username}${password}${search}` === '' && /^\/?$/.test(pathname)
  return `${protocol}//${host}${isPlain ? '' : '/…'}`
}
