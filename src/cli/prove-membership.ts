/*
 * `vouch prove membership`: that the caller knows a receipt of some kind, and nothing else of it.
 */
import { parseArgs } from 'node:util'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
  type UnixSeconds,
  unixSeconds,
  unixSecondsOf,
} from '../domain/units.ts'
import { membershipInputs, membershipStatement } from '../proofs/membership-inputs.ts'
import { noirSource } from '../prover/noir-source.ts'
import { CommandFailure, terminal } from './command.ts'
import { fetchInclusion } from './fetch-proof.ts'
import { meteringProver, proverOptions, proverPlaceOf, writeProof } from './metering-prover.ts'
import { readReceiptFile } from './read-receipt-file.ts'

export const proveMembershipHelp = `vouch prove membership: you know a receipt of that gateway and model, with at least these
tiers, finished within that time, under a root of the gateway's log. --gateway is needed.
  --scope WORD         what it is for: 32 bytes that a verifier gives; each receipt is good once
                       in each scope
  --for ADDRESS        the only account that may use the proof
  --tiers MASK         bits that the receipt has (default: all of its own)
  --after SECONDS      it was finished then or later, Unix time (default: the day before)
  --before SECONDS     it was finished then or earlier (default: now)
`

const dayS = 86_400

export async function proveMembership(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...proverOptions,
      scope: { type: 'string' },
      for: { type: 'string' },
      tiers: { type: 'string' },
      after: { type: 'string' },
      before: { type: 'string' },
    },
  })
  const [file, unexpected] = positionals
  if (file === undefined) throw new CommandFailure('which receipt? Give its file', 2)
  if (unexpected !== undefined) throw new CommandFailure(`unexpected '${unexpected}'`, 2)
  const { gateway: origin } = values
  if (origin === undefined) throw new CommandFailure('--gateway is needed: its log has the root', 2)
  const [scope, bound] = [scopeOf(values.scope), accountOf(values.for)]
  const parsed = await readReceiptFile(file)
  const { receipt } = parsed
  const dayOf = (at: UnixSeconds): UnixSeconds => unixSeconds(at - (at % dayS) - dayS)
  const { siblings } = await fetchInclusion(origin, parsed)
  const claim = {
    domain: receiptDomain(parsed.domain),
    tiers: numberOf('--tiers', values.tiers) ?? receipt.tiers,
    finishedAfter: secondsOf('--after', values.after) ?? dayOf(receipt.work.finishedAt),
    finishedBefore: secondsOf('--before', values.before) ?? unixSecondsOf(Date.now()),
    scope,
    bound,
    siblings,
  }
  const statement = membershipStatement(parsed, claim)
  if (!statement.ok) throw new CommandFailure(statement.error.detail)
  const place = proverPlaceOf(values)
  const prover = await meteringProver(noirSource('membership'), { place, terminal })
  const inputs = membershipInputs(statement.value, parsed, siblings)
  const proof = await prover.prove('proof', inputs)
  terminal.printError(`root ${statement.value.root}, nullifier ${statement.value.nullifier}`)
  writeProof(proof, values.out, terminal)
  return 0
}

function scopeOf(text: string | undefined): Bytes32 {
  if (isBytes32(text)) return bytes32(text)
  throw new CommandFailure('--scope is 0x and 64 hex digits', 2)
}

function accountOf(text: string | undefined): Address {
  if (isAddress(text)) return address(text)
  throw new CommandFailure('--for is an account, 0x and 40 hex digits', 2)
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new CommandFailure(`${option} is a whole number`, 2)
}

const secondsOf = (option: string, text: string | undefined): UnixSeconds | undefined => {
  const value = numberOf(option, text)
  return value === undefined ? undefined : unixSeconds(value)
}
