import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Whether an authorization header says `Bearer <secret>`; without a secret everybody may come. Compares digests, whose length
 * and timing tell nothing of the secret.
 */
export function bearerCheck(
  secret: string | undefined,
): (authorization: string | undefined) => boolean {
  if (secret === undefined) return () => true
  const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer')
  const expected = digestOf(`Bearer ${secret}`)
  return (authorization) => timingSafeEqual(digestOf(authorization ?? ''), expected)
}
