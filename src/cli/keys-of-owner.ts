/*
 * API keys as the owner of a channel grants them, at any gateway: made here, known there by their hash alone.
 */
import { randomBytes } from 'node:crypto'
import type { PrivateKey } from '../chain/private-key.ts'
import { grantBody, ownerAuthorization, revokeBody } from '../client/billing-orders.ts'
import type { ListedKey } from '../client/gateway-answers.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import { apiKeySecretOf, hashApiKey } from '../domain/api-key.ts'
import { atomic, unixSeconds, unixSecondsOf } from '../domain/units.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { type ChannelFile, readChannelFile, readSessionKey } from './channel-file.ts'
import type { ChannelOptions, KeyOptions } from './channel-options.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

const dayS = 86_400

type Owner = { readonly file: ChannelFile; readonly sessionKey: PrivateKey }

/** A key that spends from the channel. The secret exists here only. */
export async function grantOwnKey(
  { file, sessionKey, key }: Owner & { readonly key: KeyOptions },
  { terminal, nowMs }: PayerSurroundings,
): Promise<{ readonly secret: string; readonly id: string }> {
  terminal.printError('granting an API key')
  const secret = apiKeySecretOf(randomBytes(32))
  const order = {
    channelId: file.channelId,
    keyHash: hashApiKey(secret),
    // Rising with the time: no counter needs to be kept.
    nonce: nowMs(),
    spendCap:
      key.cap === undefined ? atomic(0n) : parseAmount('--cap', key.cap, file.asset.decimals),
    expiresAt: unixSeconds(key.days === undefined ? 0 : unixSecondsOf(nowMs()) + key.days * dayS),
    models: key.models,
    label: key.label,
  }
  const billing = new GatewayBilling(file.gateway, () => '')
  const granted = orGatewayFailure(await billing.grantKey(grantBody(file, order, sessionKey)))
  return { secret, id: granted.id }
}

export async function createKeyAsOwner(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const owner = await readOwner(options)
  const { secret, id } = await grantOwnKey({ ...owner, key: options.key }, surroundings)
  report(surroundings, options, {
    lines: [`${id}  ${secret}`, 'This is the only time that the key is shown.'],
    value: { id, api_key: secret, channel_id: owner.file.channelId },
  })
  return 0
}

export async function listKeysAsOwner(
  options: ChannelOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const owner = await readOwner(options)
  const keys = orGatewayFailure(await billingOf(owner, surroundings).keys())
  report(surroundings, options, {
    lines: keys.map((key) => lineOf(key, owner.file)),
    value: {
      data: keys.map((key) => ({
        ...key,
        cap: key.cap === null ? null : String(key.cap),
        spent: String(key.spent),
      })),
    },
  })
  return 0
}

export async function revokeKeyAsOwner(
  options: ChannelOptions,
  keyId: string,
  surroundings: PayerSurroundings,
): Promise<number> {
  const owner = await readOwner(options)
  const billing = billingOf(owner, surroundings)
  const keys = orGatewayFailure(await billing.keys())
  const key = keys.find(({ id, revoked }) => id === keyId && !revoked)
  if (key === undefined) throw new CommandFailure(`${keyId} is not a live key of this channel`)
  const { channelId } = owner.file
  const order = { channelId, keyHash: key.key_hash.slice(2), nonce: surroundings.nowMs() }
  orGatewayFailure(await billing.revokeKey(revokeBody(owner.file, order, owner.sessionKey)))
  report(surroundings, options, {
    lines: [`${keyId} is revoked`],
    value: { id: keyId, revoked: true },
  })
  return 0
}

async function readOwner({ channelPath, gateway }: ChannelOptions): Promise<Owner> {
  const file = readChannelFile(channelPath)
  const sessionKey = await readSessionKey(channelPath, file)
  return { file: gateway === undefined ? file : { ...file, gateway }, sessionKey }
}

const billingOf = ({ file, sessionKey }: Owner, { nowMs }: PayerSurroundings): GatewayBilling =>
  new GatewayBilling(file.gateway, () => ownerAuthorization(file, nowMs(), sessionKey))

function lineOf(key: ListedKey, { asset }: ChannelFile): string {
  const until = key.expires_at === null ? 'never' : new Date(key.expires_at * 1000).toISOString()
  const state = key.revoked ? 'revoked' : `expires ${until}`
  const cap = key.cap === null ? 'no cap' : `cap ${formatAmount(key.cap, asset.decimals)}`
  const models = key.models === null ? 'all models' : key.models.join(', ')
  const spent = `spent ${formatAmount(key.spent, asset.decimals)}`
  return `${key.id}  ${state}  ${spent}  ${cap}  ${models}  ${key.label}`
}
