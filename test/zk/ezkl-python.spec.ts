/*
 * ezkl with its Python package: a convolution, which the writer of this package refuses, compiled by ezkl, proved by the engine, and
 * taken by the contract that ezkl writes; and the same contract for a circuit that was written here. Where the package is not
 * installed, what is said about it.
 */
import { AbiCoder } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import { writeEzkl } from '../../src/provable/write-ezkl.ts'
import { writeOnnx } from '../../src/provable/write-onnx.ts'
import type { CircuitSource } from '../../src/prover/circuit-source.ts'
import {
  compileWithPython,
  ezklVerifierSource,
  findPythonEzkl,
} from '../../src/prover/ezkl/python-ezkl.ts'
import { type CircuitInputs, prove } from '../../src/prover/prover.ts'
import { defaultProverPlace, requireFrom } from '../../src/prover/prover-place.ts'
import { compileVerifier } from '../../src/prover/ultrahonk/honk-verifier.ts'
import { denseModel, someInput } from '../support/circuit-models.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { ints, numbers } from '../support/onnx-samples.ts'
import { built, temporaryZkPlace } from '../support/tiny-circuits.ts'

const found = await findPythonEzkl(defaultProverPlace)
const zk = temporaryZkPlace()
afterAll(() => zk.remove())

test('says what is missing, what goes without it, and the command, where the package is not installed', async () => {
  const none = await findPythonEzkl({ zkHome: '/nowhere' })
  expect(none).toMatchObject({ ok: false, error: { reason: 'provers_missing' } })
  expect(JSON.stringify(none)).toMatch(/21\.0\.0.*dense models alone.*install-ezkl/)
})

const convolution = writeOnnx({
  name: 'convolution',
  inputs: [{ name: 'x', elementType: 'float32', shape: [1, 1, 4, 4] }],
  outputs: [{ name: 'y', elementType: 'float32', shape: [1, 2, 2, 2] }],
  initializers: [numbers('w', 2, 1, 3, 3), numbers('b', 2)],
  nodes: [
    {
      op: 'Conv',
      inputs: ['x', 'w', 'b'],
      outputs: ['a'],
      attributes: {
        kernel_shape: ints(3, 3),
        strides: ints(1, 1),
        pads: ints(0, 0, 0, 0),
        dilations: ints(1, 1),
      },
    },
    { op: 'Relu', inputs: ['a'], outputs: ['y'] },
  ],
})
const pixels = Array.from({ length: 16 }, (_, at) => (at % 5) / 4 - 0.5)

describe('with the package', () => {
  const folder = temporaryFolder()
  let chain: EmbeddedChain
  beforeAll(async () => {
    chain = await startChain(folder.path)
  })
  afterAll(async () => {
    await chain?.stop()
    folder.remove()
  })

  const sources: Readonly<Record<string, () => Promise<readonly [CircuitSource, CircuitInputs]>>> =
    {
      'a convolution that ezkl compiled': async () => {
        const model = { name: 'convolution', model: convolution, sample: [pixels] }
        const source = expectOk(await compileWithPython(expectOk(found), model, zk.place))
        return [source, { input_data: [pixels] }]
      },
      'a dense model that was written here': async () => {
        const graph = denseModel([3, 2])
        const { compiled, settings } = expectOk(writeEzkl(graph))
        const files = { 'model.compiled': compiled, 'settings.json': settings }
        const source: CircuitSource = {
          name: 'dense',
          system: 'ezkl',
          entry: 'model.compiled',
          files,
        }
        return [source, { input_data: [[...someInput(graph, 3)]] }]
      },
    }

  test.each(Object.keys(sources))(
    '%s is proved, and the contract takes that proof and no other',
    async (name) => {
      const [source, inputs] = (await sources[name]?.()) ?? expect.fail()
      const artefacts = await built(source, zk.place)
      const proof = expectOk(await prove({ artefacts, inputs }, { place: zk.place }))
      const solidity = expectOk(await ezklVerifierSource(expectOk(found), artefacts, zk.place))
      const solc = requireFrom(defaultProverPlace)('solc')
      const { runtime } = expectOk(compileVerifier(solc, solidity, 'Halo2Verifier'))
      expect(runtime.length).toBeLessThanOrEqual(24_576)
      await chain.rpc.call('anvil_setCode', [verifierAt, toHex(runtime)])
      expect(await contractTakes(chain, proof)).toBe(true)
      const gas = await chain.rpc.call('eth_estimateGas', [callOf(proof)])
      expect(gas.ok && Number(gas.value)).toBeLessThan(1_000_000)
      const inputsChanged = proof.publicInputs.map((_, at) => changed(proof.publicInputs, at))
      for (const publicInputs of inputsChanged) {
        expect(await contractTakes(chain, { ...proof, publicInputs })).toBe(false)
      }
      const [bytes] = changed([proof.proof], 0)
      expect(await contractTakes(chain, { ...proof, proof: bytes ?? '0x' })).toBe(false)
    },
  )
})

const selector = keccak256Utf8('verifyProof(bytes,uint256[])').slice(0, 10)
const verifierAt = `0x${'be'.repeat(20)}`

type Called = Pick<Proof, 'proof' | 'publicInputs'>

function callOf({ proof, publicInputs }: Called) {
  const data = AbiCoder.defaultAbiCoder().encode(['bytes', 'uint256[]'], [proof, publicInputs])
  return { to: verifierAt, data: `${selector}${data.slice(2)}`, gas: '0x1000000' }
}

/** What the contract answers; a revert is a refusal, too. */
async function contractTakes(
  chain: EmbeddedChain,
  { proof, publicInputs }: Called,
): Promise<boolean> {
  const answer = await chain.rpc.call('eth_call', [callOf({ proof, publicInputs }), 'latest'])
  return answer.ok && BigInt(String(answer.value)) === 1n
}

/** The last digit of one of them another. */
const changed = <T extends string>(words: readonly T[], at: number): readonly T[] =>
  words.map((word, place) =>
    place === at ? (`${word.slice(0, -1)}${word.endsWith('1') ? '2' : '1'}` as T) : word,
  )
