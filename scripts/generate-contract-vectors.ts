// Writes `test/vectors/contracts-*.json` with ethers alone: neither the contracts nor `src/` have a hand
// in them, so that both can be held to them. Keys and values are fixed; running it again changes nothing.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  computeAddress,
  keccak256,
  SigningKey,
  sha256,
  TypedDataEncoder,
  toUtf8Bytes,
} from 'ethers'

const vectorsFolder = join(import.meta.dirname, '..', 'test', 'vectors')
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const zeroAddress = `0x${'0'.repeat(40)}`
const zeroWord = `0x${'0'.repeat(64)}`

const labelHash = (label: string): string => keccak256(toUtf8Bytes(label))
const keyOf = (label: string): SigningKey => new SigningKey(labelHash(`key of ${label}`))
const addressOf = (key: SigningKey): string => computeAddress(key.publicKey).toLowerCase()
const word = (value: bigint): string => value.toString(16).padStart(64, '0')

function write(name: string, vectors: unknown): void {
  writeFileSync(join(vectorsFolder, name), `${JSON.stringify(vectors, undefined, 2)}\n`)
}

/** Every spelling of one good signature; `signer` is zero where the strict rule refuses it. */
function signatureVectors(): readonly object[] {
  const key = keyOf('a signer')
  return ['one', 'two', 'three'].flatMap((label) => {
    const digest = labelHash(label)
    const { r, s, v, yParity, serialized, compactSerialized } = key.sign(digest)
    const rWord = r.slice(2)
    const sWord = s.slice(2)
    const highS = word(curveOrder - BigInt(s))
    const vByte = (value: number): string => value.toString(16).padStart(2, '0')
    const refused = {
      'high s, v flipped': `0x${rWord}${highS}${vByte(55 - v)}`,
      'high s, v kept': `0x${rWord}${highS}${vByte(v)}`,
      'v 0 or 1': `0x${rWord}${sWord}${vByte(yParity)}`,
      'v 29': `0x${rWord}${sWord}${vByte(29)}`,
      'v 255': `0x${rWord}${sWord}ff`,
      '64 bytes, EIP-2098': compactSerialized,
      '64 bytes, cut': serialized.slice(0, -2),
      '66 bytes': `${serialized}00`,
      empty: '0x',
      'r zero': `0x${word(0n)}${sWord}${vByte(v)}`,
      's zero': `0x${rWord}${word(0n)}${vByte(v)}`,
      'r is the order': `0x${word(curveOrder)}${sWord}${vByte(v)}`,
      's is the order': `0x${rWord}${word(curveOrder)}${vByte(v)}`,
    }
    return [
      { name: `${label}: canonical`, digest, signature: serialized, signer: addressOf(key) },
      ...Object.entries(refused).map(([form, signature]) => ({
        name: `${label}: ${form}`,
        digest,
        signature,
        signer: zeroAddress,
      })),
    ]
  })
}

const nodeOf = (a: string, b: string): string =>
  keccak256(a < b ? `${a}${b.slice(2)}` : `${b}${a.slice(2)}`)

/** The level above; an odd node moves up unpaired. */
function above(level: readonly string[]): readonly string[] {
  return level.flatMap((node, index) => {
    if (index % 2 === 1) return []
    const sibling = level[index + 1]
    return [sibling === undefined ? node : nodeOf(node, sibling)]
  })
}

function treeOf(digests: readonly string[], index: number): { root: string; proof: string[] } {
  const proof: string[] = []
  let level: readonly string[] = digests.map((digest) => keccak256(digest))
  for (let position = index; level.length > 1; position >>= 1) {
    const sibling = level[position ^ 1]
    if (sibling !== undefined) proof.push(sibling)
    level = above(level)
  }
  const [root] = level
  if (root === undefined) throw new Error('a tree has a leaf')
  return { root, proof }
}

function merkleVectors(): readonly object[] {
  return [1, 2, 3, 4, 5, 8, 33, 100].flatMap((count) => {
    const digests = Array.from({ length: count }, (_, index) => labelHash(`${count}/${index}`))
    const indexes = [...new Set([0, count >> 1, count - 1])]
    return indexes.map((index) => ({
      name: `leaf ${index} of ${count}`,
      count,
      index,
      digest: digests[index],
      ...treeOf(digests, index),
    }))
  })
}

const batchDigest = (root: string): string =>
  TypedDataEncoder.hash(
    { name: 'Vouch Batches', version: '1' },
    { Batch: [{ name: 'root', type: 'bytes32' }] },
    { root },
  )

/** One signature for several statements: good ones of each shape of tree, and what a forger would try. */
function batchVectors(): object {
  const key = keyOf('a signer of batches')
  const signatureOf = (root: string, proof: readonly string[]): string =>
    [key.sign(batchDigest(root)).serialized, ...proof.map((node) => node.slice(2))].join('')
  const good = [2, 3, 4, 5, 8, 33].flatMap((count) => {
    const digests = Array.from({ length: count }, (_, at) => labelHash(`batch ${count}/${at}`))
    return [...new Set([0, count >> 1, count - 1])].map((index) => {
      const { root, proof } = treeOf(digests, index)
      const name = `statement ${index} of ${count}`
      return { name, ok: true, digest: digests[index], signature: signatureOf(root, proof) }
    })
  })
  const digests = Array.from({ length: 8 }, (_, at) => labelHash(`forged/${at}`))
  const { root, proof } = treeOf(digests, 3)
  const [first, second, third] = proof as [string, string, string]
  const [digest = '', other = ''] = [digests[3], digests[4]]
  const signature = signatureOf(root, proof)
  const deep = Array.from({ length: 17 }, (_, at) => labelHash(`sibling ${at}`))
  const rootAbove = (siblings: readonly string[]): string =>
    siblings.reduce((node, sibling) => nodeOf(node, sibling), keccak256(digest))
  const forged = {
    'another digest': { digest: other, signature },
    'a leaf as a digest': { digest: keccak256(digest), signature },
    'a node as a digest, with what is above it': {
      digest: nodeOf(keccak256(digest), first),
      signature: signatureOf(root, [second, third]),
    },
    'the root as a digest, signed alone': { digest: root, signature: signatureOf(root, []) },
    'siblings in another order': { digest, signature: signatureOf(root, [second, first, third]) },
    'a sibling less': { digest, signature: signatureOf(root, [first, second]) },
    'a sibling more': { digest, signature: signatureOf(root, [...proof, root]) },
    'half a sibling more': { digest, signature: `${signature}${'00'.repeat(16)}` },
    'a plain signature of the root': {
      digest,
      signature: [key.sign(root).serialized, ...proof.map((node) => node.slice(2))].join(''),
    },
    '17 siblings': { digest, signature: signatureOf(rootAbove(deep), deep) },
  }
  const shallow = deep.slice(1)
  return {
    key: addressOf(key),
    batches: [
      ...good,
      {
        name: '16 siblings',
        ok: true,
        digest,
        signature: signatureOf(rootAbove(shallow), shallow),
      },
      ...Object.entries(forged).map(([name, of]) => ({ name, ok: false, ...of })),
    ],
  }
}

const workMembers = [
  { name: 'jobId', type: 'bytes32' },
  { name: 'gateway', type: 'address' },
  { name: 'contributor', type: 'address' },
  { name: 'modelId', type: 'bytes32' },
  { name: 'inputHash', type: 'bytes32' },
  { name: 'outputHash', type: 'bytes32' },
  { name: 'contentHash', type: 'bytes32' },
  { name: 'streamRoot', type: 'bytes32' },
  { name: 'promptTokens', type: 'uint32' },
  { name: 'cachedPromptTokens', type: 'uint32' },
  { name: 'completionTokens', type: 'uint32' },
  { name: 'commitment', type: 'bytes32' },
  { name: 'startedAt', type: 'uint64' },
  { name: 'finishedAt', type: 'uint64' },
  { name: 'status', type: 'uint8' },
]
const receiptMembers = [
  { name: 'work', type: 'Work' },
  { name: 'receiptId', type: 'bytes32' },
  { name: 'gatewaySeq', type: 'uint64' },
  { name: 'client', type: 'address' },
  { name: 'requestHash', type: 'bytes32' },
  { name: 'responseHash', type: 'bytes32' },
  { name: 'channelId', type: 'bytes32' },
  { name: 'channelSeq', type: 'uint64' },
  { name: 'cost', type: 'uint128' },
  { name: 'cumulative', type: 'uint128' },
  { name: 'priceHash', type: 'bytes32' },
  { name: 'prevReceipt', type: 'bytes32' },
  { name: 'tiers', type: 'uint16' },
  { name: 'evidenceHash', type: 'bytes32' },
  { name: 'anchorBy', type: 'uint64' },
]

const gatewayKey = keyOf('the gateway')
const contributorKey = keyOf('the contributor')
const strangerKey = keyOf('a stranger')
const keysActiveFrom = 1_800_000_000
const parties = {
  gateway: addressOf(keyOf('the gateway operator')),
  gatewayKey: addressOf(gatewayKey),
  contributor: addressOf(keyOf('the contributor operator')),
  contributorKey: addressOf(contributorKey),
  keysActiveFrom,
}
const domain = {
  name: 'Vouch Receipts',
  version: '1',
  chainId: 31337,
  verifyingContract: addressOf(keyOf('the verifier')),
}

/** Integers are decimal strings and members stand in the order of the type. */
const goodReceipt = {
  work: {
    jobId: labelHash('job'),
    gateway: parties.gateway,
    contributor: parties.contributor,
    modelId: labelHash('model'),
    inputHash: sha256(toUtf8Bytes('input')),
    outputHash: sha256(toUtf8Bytes('output')),
    contentHash: labelHash('4'),
    streamRoot: sha256(toUtf8Bytes('stream')),
    promptTokens: '1000',
    cachedPromptTokens: '400',
    completionTokens: '200',
    commitment: zeroWord,
    startedAt: '1800000010',
    finishedAt: '1800000012',
    status: '0',
  },
  receiptId: labelHash('receipt'),
  gatewaySeq: '7',
  client: addressOf(keyOf('the client')),
  requestHash: sha256(toUtf8Bytes('request')),
  responseHash: sha256(toUtf8Bytes('response')),
  channelId: labelHash('channel'),
  channelSeq: '3',
  cost: '240',
  cumulative: '1000',
  priceHash: labelHash('sheet'),
  prevReceipt: labelHash('previous'),
  tiers: '3',
  evidenceHash: zeroWord,
  anchorBy: '0',
}
type ReceiptValue = typeof goodReceipt
type ReceiptChange = {
  readonly [Name in keyof Omit<ReceiptValue, 'work'>]?: string
} & { readonly work?: Partial<ReceiptValue['work']> }

const changed = ({ work, ...outer }: ReceiptChange): ReceiptValue => ({
  ...goodReceipt,
  ...outer,
  work: { ...goodReceipt.work, ...work },
})

const workDigest = (receipt: ReceiptValue, at = domain): string =>
  TypedDataEncoder.hash(at, { Work: workMembers }, receipt.work)
const receiptDigest = (receipt: ReceiptValue, at = domain): string =>
  TypedDataEncoder.hash(at, { Receipt: receiptMembers, Work: workMembers }, receipt)

type Signed = { readonly contributorSignature: string; readonly gatewaySignature: string }
const signed = (receipt: ReceiptValue, at = domain): Signed => ({
  contributorSignature: contributorKey.sign(workDigest(receipt, at)).serialized,
  gatewaySignature: gatewayKey.sign(receiptDigest(receipt, at)).serialized,
})

function receiptVectors(): object {
  const vector = (name: string, ok: boolean, receipt: ReceiptValue, by: Signed): object => ({
    name,
    ok,
    digest: receiptDigest(receipt),
    receipt,
    ...by,
  })
  const good = signed(goodReceipt)
  const gatewayOnly = changed({ tiers: '1', work: { contributor: zeroAddress } })
  const early = changed({ work: { finishedAt: String(keysActiveFrom - 1) } })
  const first = changed({ work: { finishedAt: String(keysActiveFrom) } })
  const unsignedTier = changed({ tiers: '2' })
  const stranger = (receipt: ReceiptValue): Signed => ({
    contributorSignature: strangerKey.sign(workDigest(receipt)).serialized,
    gatewaySignature: strangerKey.sign(receiptDigest(receipt)).serialized,
  })
  const alteredReceipts = (Object.keys(goodReceipt) as (keyof ReceiptValue)[])
    .filter((member) => member !== 'work')
    .map((member) => {
      const value = goodReceipt[member] as string
      const other = value.length === 42 ? parties.gatewayKey : labelHash(`another ${member}`)
      const change = { [member]: value.startsWith('0x') ? other : String(BigInt(value) + 4n) }
      return vector(`${member} changed after signing`, false, changed(change), good)
    })
  return {
    domain,
    parties,
    receipts: [
      vector('signed by both', true, goodReceipt, good),
      vector('at the first second of its keys', true, first, signed(first)),
      vector('before its keys', false, early, signed(early)),
      vector('of a gateway alone', true, gatewayOnly, {
        ...signed(gatewayOnly),
        contributorSignature: '0x',
      }),
      vector('of a gateway alone, with a signature that should not be', false, gatewayOnly, {
        ...signed(gatewayOnly),
        contributorSignature: good.contributorSignature,
      }),
      vector('without the contributor signature that it claims', false, goodReceipt, {
        ...good,
        contributorSignature: '0x',
      }),
      vector('without the tier of the gateway', false, unsignedTier, signed(unsignedTier)),
      vector('by keys that nobody registered', false, goodReceipt, stranger(goodReceipt)),
      vector('with its signatures swapped', false, goodReceipt, {
        contributorSignature: good.gatewaySignature,
        gatewaySignature: good.contributorSignature,
      }),
      vector('signed for another chain', false, goodReceipt, {
        ...signed(goodReceipt, { ...domain, chainId: 1 }),
      }),
      vector('signed for another verifier', false, goodReceipt, {
        ...signed(goodReceipt, { ...domain, verifyingContract: parties.gatewayKey }),
      }),
      ...alteredReceipts,
    ],
  }
}

write('contracts-signatures.json', signatureVectors())
write('contracts-batch-signatures.json', batchVectors())
write('contracts-merkle.json', merkleVectors())
write('contracts-receipts.json', receiptVectors())
