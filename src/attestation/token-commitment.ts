/*
 * `Work.commitment`: what a contributor fixes of an answer's tokens before anybody knows which answers are audited, so that
 * it cannot make up later what its model thought of them (docs/tiers.md).
 *
 *   record      choice ‖ index ‖ token id ‖ log-probability, 4 bytes each, big-endian, then the number of alternatives in
 *               one byte and of each its token id and log-probability, best first
 *   leaf        keccak256(record), one for each sampled token, choice by choice
 *   root        of the sorted-pair tree over the leaves (chain/sorted-merkle-tree.ts)
 *   commitment  keccak256(keccak256("vouch-tokens/1") ‖ number of tokens, 32 bytes ‖ root); zero without tokens
 *
 * A record has 17 bytes and eight for each alternative, so never the 64 of an inner node. Log-probabilities are those of the
 * model at temperature 1 in fixed point with 16 binary places, rounded to the nearest, as int32.
 */
import { keccak256, keccak256Hex, keccak256Utf8 } from '../chain/keccak.ts'
import { merkleTree, rootFrom, rootOf, siblingsOf } from '../chain/sorted-merkle-tree.ts'
import { hashWord, uintWord } from '../chain/typed-data.ts'
import { type Bytes32, zeroBytes32 } from '../domain/units.ts'

/** A token and what the model thought of it: natural logarithm of its probability, times 2^16. */
type WeighedToken = { readonly tokenId: number; readonly logprobQ16: number }

export type CommittedToken = WeighedToken & {
  /** The most probable tokens, best first; fewer than `alternativesKept` where the engine tells fewer. */
  readonly top: readonly WeighedToken[]
}

/** The tokens of one answer, choice by choice in the order of their index. */
export type CommittedTokens = readonly (readonly CommittedToken[])[]

/** One token, shown without the others. */
export type TokenOpening = {
  readonly choice: number
  /** In its choice, from 0. */
  readonly index: number
  readonly token: CommittedToken
  /** Of the whole answer. */
  readonly tokenCount: number
  readonly siblings: readonly Bytes32[]
}

/** Alternatives for each token. */
export const alternativesKept = 5

const q16 = 2 ** 16
const int32Min = -(2 ** 31)

/** In fixed point. What is less likely than e^-32768, an impossible token too, is the smallest number. */
export const logprobQ16 = (logprob: number): number =>
  // Minus zero would be written as another text.
  Math.max(int32Min, Math.round(Math.min(0, logprob) * q16)) + 0

/** Zero for an answer without tokens. */
export function tokenCommitment(tokens: CommittedTokens): Bytes32 {
  const leaves = leavesOf(tokens)
  if (leaves.length === 0) return zeroBytes32
  return commitmentOf({ tokenCount: leaves.length, root: rootOf(merkleTree(leaves)) })
}

/** Undefined where there is no such token. */
export function openToken(
  tokens: CommittedTokens,
  { choice, index }: Pick<TokenOpening, 'choice' | 'index'>,
): TokenOpening | undefined {
  const token = tokens[choice]?.[index]
  if (token === undefined) return undefined
  const leaves = leavesOf(tokens)
  const place = tokens.slice(0, choice).reduce((sum, { length }) => sum + length, index)
  const siblings = siblingsOf(merkleTree(leaves), place)
  return { choice, index, token, tokenCount: leaves.length, siblings }
}

/** What an opened token was committed to by, if it is what it says. */
export const commitmentOfOpening = ({ tokenCount, siblings, ...opened }: TokenOpening): Bytes32 =>
  commitmentOf({ tokenCount, root: rootFrom(leafOf(opened), siblings) })

const commitmentTag = keccak256Utf8('vouch-tokens/1')

const commitmentOf = (of: { readonly tokenCount: number; readonly root: Bytes32 }): Bytes32 =>
  keccak256Hex(hashWord(commitmentTag) + uintWord(of.tokenCount, 256) + hashWord(of.root))

const leavesOf = (tokens: CommittedTokens): readonly Bytes32[] =>
  tokens.flatMap((choiceTokens, choice) =>
    choiceTokens.map((token, index) => leafOf({ choice, index, token })),
  )

function leafOf({ choice, index, token }: Pick<TokenOpening, 'choice' | 'index' | 'token'>) {
  const { top } = token
  const record = Buffer.allocUnsafe(17 + 8 * top.length)
  record.writeUInt32BE(choice, 0)
  record.writeUInt32BE(index, 4)
  writeWeighed(record, token, 8)
  record.writeUInt8(top.length, 16)
  for (const [place, alternative] of top.entries())
    writeWeighed(record, alternative, 17 + 8 * place)
  return keccak256(record)
}

function writeWeighed(record: Buffer, { tokenId, logprobQ16 }: WeighedToken, at: number): void {
  record.writeUInt32BE(tokenId, at)
  record.writeInt32BE(logprobQ16, at + 4)
}
