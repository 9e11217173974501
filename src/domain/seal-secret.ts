/** One of the secrets that API keys of contributors are encrypted with; the newest encrypts, all decrypt. */
export type SealSecret = {
  /** 1…255, the first byte of what it sealed. */
  readonly version: number
  /** 32 random bytes. */
  readonly secret: Uint8Array
}

const linePattern = /^(\d{1,3}):([0-9a-f]{64})$/

/** Lines of `version:64 hex digits`. Undefined for anything else, for a version twice, and for none at all. */
export function parseSealSecrets(text: string): readonly SealSecret[] | undefined {
  const secrets = new Map<number, SealSecret>()
  for (const line of text.trim().split('\n')) {
    const [, digits, hex = ''] = linePattern.exec(line.trim()) ?? []
    const version = Number(digits)
    if (!(version >= 1 && version <= 255) || secrets.has(version)) return undefined
    secrets.set(version, { version, secret: Buffer.from(hex, 'hex') })
  }
  return [...secrets.values()]
}

export const sealSecretLine = ({ version, secret }: SealSecret): string =>
  `${version}:${Buffer.from(secret).toString('hex')}`
