/*
 * A real gateway, contributor and chain, and real provers: what is proven is what was served, and a gateway that is killed in the
 * middle charges each proof once and delivers it once.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeTensor, encodeTensor } from '../../src/base/wire-tensor.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { tier } from '../../src/domain/receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { inferencePublicInputs } from '../../src/proofs/inference-inputs.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import { circuitProgramOf } from '../../src/provable/circuit-program-of.ts'
import { writeCircom } from '../../src/provable/write-circom.ts'
import { noirManifest, writeNoir } from '../../src/provable/write-noir.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import type { CircuitSource } from '../../src/prover/circuit-source.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'
import { tinyAnswer, tinyFolder, tinyGraph, tinyModelSection } from '../support/tensor-upstream.ts'
import { built, temporaryZkPlace, type ZkPlace } from '../support/tiny-circuits.ts'

const program = expectOk(circuitProgramOf(tinyGraph))
const sources: readonly CircuitSource[] = [
  {
    name: 'tiny',
    system: 'groth16',
    files: { 'model.circom': writeCircom(program) },
    entry: 'model.circom',
  },
  {
    name: 'tiny',
    system: 'ultrahonk',
    files: { 'Nargo.toml': noirManifest, 'src/main.nr': writeNoir(program) },
    entry: '.',
  },
]

let zk: ZkPlace
beforeAll(() => {
  zk = temporaryZkPlace()
})
afterAll(() => zk.remove())

describe.each(sources)('$system', (source) => {
  let artefacts: CircuitArtefacts
  let place: ServingPlace
  let gateway: ServingGateway
  let apiKey: string

  beforeAll(async () => {
    artefacts = await built(source, zk.place)
    place = await openServingPlace({
      provableFolders: [tinyFolder],
      models: tinyModelSection(`        circuit: ${artefacts.folder}\n`),
      sections: `proving:
  home: ${zk.place.zkHome}
  provers: ${zk.place.proversFolder}
  queuePerAccountMax: 16
`,
    })
    gateway = await place.start()
    expect(await place.signTranche(1_000_000n)).toBe(200)
    apiKey = await place.createApiKey()
  })
  afterAll(async () => {
    await gateway.interrupt()
    await place.remove()
  })

  type Job = {
    readonly id: string
    readonly status: string
    readonly answer: { readonly output: number[]; readonly integers: { readonly output: number[] } }
    readonly proof: Proof
    readonly receipt: ReceiptDocument
    readonly error: { readonly code: string } | null
  }
  const asking = (path: string, init: RequestInit = {}) =>
    fetch(place.origin + path, { ...init, headers: { authorization: `Bearer ${apiKey}` } })
  const ask = async (fields: object): Promise<Job> => {
    const body = JSON.stringify({ input: [1, -2, 6.25], ...fields })
    return (await (await asking('/v1/inference/tiny', { method: 'POST', body })).json()) as Job
  }
  const untilEnded = async (id: string): Promise<Job> => {
    const headers = { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' }
    const events = await (await fetch(`${place.origin}/v1/proofs/${id}`, { headers })).text()
    expect(events).toMatch(/event: (done|failed)\n/)
    return (await (await asking(`/v1/proofs/${id}`)).json()) as Job
  }
  const receiptsOf = async () =>
    ((await (await asking('/v1/billing/receipts')).json()) as { data: ReceiptDocument[] }).data

  test('what is proven is what was served, to the last bit', async () => {
    const integers = [16, -32, 100]
    const served = await ask({})
    const job = await ask({ attestation: { mode: 'zk', wait: true } })
    expect(job.status).toBe('done')
    const output = [...tinyAnswer(integers)]
    const { answer, proof, receipt } = job
    expect(answer.integers.output).toEqual(output)
    expect((served as unknown as Job['answer']).integers).toEqual(answer.integers)
    const tensors = { inputs: Int32Array.from(integers), outputs: Int32Array.from(output) }
    expect(proof.publicInputs).toEqual(inferencePublicInputs('packed', tensors))
    expect(proof).toMatchObject({ setup: 'dev-insecure', vkHash: artefacts.artefact.vkHash })
    const verificationKey = readFileSync(join(artefacts.folder, 'vk'))
    expect(verifyProof(proof, { verificationKey })).toMatchObject({ ok: true })
    const other = { ...tensors, outputs: tensors.outputs.map((value) => value + 1) }
    const lie = { ...proof, publicInputs: inferencePublicInputs('packed', other) }
    expect(verifyProof(lie, { verificationKey }).ok).toBe(false)
    const wire = encodeTensor(tensors.outputs)
    expect(decodeTensor(wire)).toEqual(tensors.outputs)
    expect(receipt.receipt.work.contentHash).toBe(keccak256(wire))
    const { gatewaySigned, contributorSigned, zkInferred } = tier
    expect(receipt.receipt.tiers).toBe(gatewaySigned | contributorSigned | zkInferred)
    expect(receipt.evidence?.proof).toEqual(proof)
    // What each costs is the same: the unit is the value.
    expect(receipt.receipt.cost).toBe('2030')
  })

  test('a gateway that is killed in the middle charges each proof once, and delivers it', async () => {
    const before = (await receiptsOf()).length
    const jobs: Job[] = []
    for (let index = 0; index < 4; index += 1) jobs.push(await ask({ attestation: { mode: 'zk' } }))
    // The first is under way, or beyond; the last is not.
    await gateway.kill()
    gateway = await place.start()
    const ended = []
    for (const { id } of jobs) ended.push(await untilEnded(id))
    expect(ended.map(({ status, error }) => ({ status, error }))).toEqual(
      jobs.map(() => ({ status: 'done', error: null })),
    )
    const receipts = (await receiptsOf()).slice(before)
    expect(receipts).toHaveLength(jobs.length)
    const named = new Set(receipts.map(({ receipt }) => receipt.receiptId))
    expect(named).toEqual(new Set(ended.map(({ receipt }) => receipt.receipt.receiptId)))
    for (const { receipt } of ended) expect(receipt.receipt.cost).toBe('2030')
    const channel = (await (await asking('/v1/billing/channel')).json()) as { held?: string }
    expect(JSON.stringify(channel)).not.toMatch(/"held[^"]*":"[1-9]/)
  })
})
