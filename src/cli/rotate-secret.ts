import { renameSync, writeFileSync } from 'node:fs'
import { newSealSecret, readSealSecrets, sealSecretFile, sealSecretText } from './open-seal.ts'

/**
 * Adds a secret to a file of secrets, or keeps the newest alone. A gateway takes it over at its next start: then it encrypts
 * every kept key anew, so that the older secrets open nothing any more. Answers what a person must do next.
 */
export function rotateSecret(
  path: string = sealSecretFile('.vouch/dev'),
  forgetOld = false,
): readonly string[] {
  const known = readSealSecrets(path)
  const secrets = forgetOld ? newestOf(known) : newSealSecret(known)
  // A power cut leaves the old file or the new one: half of it would lose every key.
  writeFileSync(`${path}.next`, sealSecretText(secrets), { mode: 0o600, flush: true })
  renameSync(`${path}.next`, path)
  const newest = Math.max(...secrets.map(({ version }) => version))
  return forgetOld
    ? [`${path} has secret ${newest} alone`]
    : [
        `${path} has secret ${newest} now`,
        'Start every gateway anew: each encrypts the kept keys with it.',
        "Then 'vouch contributors rotate-secret --forget-old' takes the older ones away.",
      ]
}

const newestOf = (secrets: ReturnType<typeof readSealSecrets>) => {
  const newest = Math.max(...secrets.map(({ version }) => version))
  return secrets.filter(({ version }) => version === newest)
}
