import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { messageOf } from '../base/message-of.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type PrivateKey, parsePrivateKey, randomPrivateKey } from '../chain/private-key.ts'

/** Who acts on the development chain, each with a key of its own. */
export const devRoles = [
  'deployer',
  /** Registered in the GatewayRegistry; receives and claims what channels pay. */
  'gatewayOperator',
  /** Signs receipts. */
  'gatewaySigner',
  'contributorOperator',
  /** Signs Work. */
  'contributorSigner',
  /** The wallet that deposits. */
  'payer',
  /** Signs vouchers for the wallet (`payerAuthorizer`). */
  'session',
  /** Holds the money for contributors and deposits it. */
  'treasury',
  /** Signs the vouchers to contributors for the treasury. */
  'payoutSigner',
  /** Receives what the contributor earns. */
  'contributorPayout',
  /** Has devUSD and no channel: the wallet of whoever tries to pay from outside. */
  'guest',
] as const
export type DevRole = (typeof devRoles)[number]
export type DevKeys = Readonly<Record<DevRole, PrivateKey>>

export type DevKeysFailure = {
  readonly reason: 'keys_unusable'
  readonly path: string
  readonly detail: string
}

/** One line for a person. */
export const describeDevKeysFailure = ({ path, detail }: DevKeysFailure): string =>
  `cannot use the keys in ${path} (${detail}): they own what is on the development chain, so remove the whole data folder to begin anew`

/** Random keys, made once for each data folder and kept in a file that only its owner can read. */
export function loadDevKeys(path: string): Result<DevKeys, DevKeysFailure> {
  const failed = (detail: string) => err({ reason: 'keys_unusable', path, detail } as const)
  try {
    const stored = readStored(path)
    const keys: Partial<Record<DevRole, PrivateKey>> = {}
    for (const role of devRoles) {
      const text = stored[role]
      // A role that a newer version added gets its key now.
      const key = text === undefined ? randomPrivateKey() : parsePrivateKey(String(text))
      if (key === undefined) return failed(`"${role}" is no private key`)
      keys[role] = key
    }
    if (devRoles.some((role) => stored[role] === undefined)) writeWhole(path, keys)
    return ok(keys as DevKeys)
  } catch (error) {
    return failed(messageOf(error))
  }
}

function readStored(path: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  const stored: unknown = JSON.parse(text)
  if (typeof stored !== 'object' || stored === null) throw new Error('no JSON object')
  return stored as Record<string, unknown>
}

/** Durable before the first key is used: a key that is lost takes its stake and its deposits along. */
function writeWhole(path: string, keys: object): void {
  const draft = `${path}.new`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}
