import { parseArgs } from 'node:util'
import type { ReceiptPolicy } from '../client/check-policy.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
} from '../domain/units.ts'
import { CommandFailure } from './command.ts'

/** What a person asked of `vouch verify`, read but not yet looked up. File names may be `-`. */
export type VerifyOptions = {
  readonly receiptFile: string
  readonly contentFiles: readonly string[]
  readonly requestFile: string | undefined
  readonly responseFile: string | undefined
  readonly openingFile: string | undefined
  /** The model's manifest, and the key of its proofs. */
  readonly manifestFile: string | undefined
  readonly keyFile: string | undefined
  /** Whether a proof by itself may be of keys that everybody can forge by. */
  readonly takesDevInsecure: boolean
  readonly trustFile: string | undefined
  readonly rpcUrl: string | undefined
  /** Base URL of the gateway, without `/v1` and without a slash at the end. */
  readonly gatewayUrl: string | undefined
  readonly verifier: Address | undefined
  /** Of `verifier`, for a proof by itself: it names no chain. */
  readonly chainId: number | undefined
  readonly modelProofs: Address | undefined
  readonly settlement: Address | undefined
  readonly gatewayKeys: readonly Address[]
  readonly contributorKeys: readonly Address[]
  readonly auditors: readonly Address[]
  readonly policy: ReceiptPolicy
  readonly json: boolean
  readonly plain: boolean
}

export const standardInput = '-'

/** Throws a CommandFailure with exit code 2, or parseArgs' own error, for what cannot be used. */
export function parseVerifyOptions(argv: readonly string[]): VerifyOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      content: { type: 'string', multiple: true },
      request: { type: 'string' },
      response: { type: 'string' },
      opening: { type: 'string' },
      manifest: { type: 'string' },
      vk: { type: 'string' },
      'dev-insecure': { type: 'boolean' },
      trust: { type: 'string' },
      rpc: { type: 'string' },
      log: { type: 'string' },
      verifier: { type: 'string' },
      chain: { type: 'string' },
      'model-proofs': { type: 'string' },
      settlement: { type: 'string' },
      'gateway-key': { type: 'string', multiple: true },
      'contributor-key': { type: 'string', multiple: true },
      auditor: { type: 'string', multiple: true },
      gateway: { type: 'string' },
      model: { type: 'string' },
      tiers: { type: 'string' },
      'max-age': { type: 'string' },
      json: { type: 'boolean' },
      plain: { type: 'boolean' },
    },
  })
  const [receiptFile, ...others] = positionals
  if (receiptFile === undefined)
    throw unusable('which receipt or proof? Give its file, or - for stdin')
  if (others.length > 0) throw unusable(`one at a time, not also ${others.join(' ')}`)
  const contentFiles = values.content ?? []
  const { request: requestFile, response: responseFile, opening: openingFile } = values
  const { manifest: manifestFile, vk: keyFile } = values
  refuseSharedInput([
    ...[receiptFile, ...contentFiles, requestFile, responseFile, openingFile],
    ...[manifestFile, keyFile],
  ])
  return {
    receiptFile,
    contentFiles,
    requestFile,
    responseFile,
    openingFile,
    manifestFile,
    keyFile,
    takesDevInsecure: values['dev-insecure'] === true,
    trustFile: values.trust,
    rpcUrl: readUrl('--rpc', values.rpc),
    gatewayUrl: readUrl('--log', values.log)?.replace(/\/(v1\/?)?$/, ''),
    verifier: readAddress('--verifier', values.verifier),
    chainId: readChainId(values.chain),
    modelProofs: readAddress('--model-proofs', values['model-proofs']),
    settlement: readAddress('--settlement', values.settlement),
    gatewayKeys: readAddresses('--gateway-key', values['gateway-key']),
    contributorKeys: readAddresses('--contributor-key', values['contributor-key']),
    auditors: readAddresses('--auditor', values.auditor),
    policy: {
      gateway: readAddress('--gateway', values.gateway),
      modelId: readHash('--model', values.model),
      tiers: readTiers(values.tiers),
      maxAgeS: readAge(values['max-age']),
    },
    json: values.json === true,
    plain: values.plain === true,
  }
}

const unusable = (message: string): CommandFailure => new CommandFailure(message, 2)

function refuseSharedInput(files: readonly (string | undefined)[]): void {
  if (files.filter((file) => file === standardInput).length > 1) {
    throw unusable('standard input can be one file only')
  }
}

function readAddress(option: string, text: string | undefined): Address | undefined {
  if (text === undefined) return undefined
  if (isAddress(text)) return address(text)
  throw unusable(`${option} takes an address, 0x and 40 hex digits, not '${text}'`)
}

const readAddresses = (option: string, texts: readonly string[] = []): readonly Address[] =>
  texts.flatMap((text) => readAddress(option, text) ?? [])

function readHash(option: string, text: string | undefined): Bytes32 | undefined {
  if (text === undefined) return undefined
  if (isBytes32(text)) return bytes32(text)
  throw unusable(`${option} takes 32 bytes, 0x and 64 hex digits, not '${text}'`)
}

function readUrl(option: '--rpc' | '--log', text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const protocol = URL.parse(text)?.protocol
  if (protocol === 'http:' || protocol === 'https:') return text
  const what = option === '--rpc' ? 'a JSON-RPC node' : 'a gateway'
  throw unusable(`${option} takes the http(s) URL of ${what}, not '${text}'`)
}

function readChainId(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text)
  throw unusable(`--chain takes the number of a chain, not '${text}'`)
}

function readTiers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const mask = Number(text)
  if (/^[0-9]{1,5}$/.test(text) && mask >= 1 && mask < 2 ** 16) return mask
  throw unusable(`--tiers takes a sum of tier numbers from 1 to 65535, not '${text}'`)
}

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const

function readAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, count, unit] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) {
    return Number(count) * secondsOf[unit as keyof typeof secondsOf]
  }
  throw unusable(`--max-age takes a number and s, m, h or d, such as 12h, not '${text}'`)
}
