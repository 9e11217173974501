import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import {
  contributeToKeys,
  exportKeys,
  finishKeys,
  reproduceKeys,
  startKeys,
} from '../../src/prover/ceremony/ceremony.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import { buildCircuit, prove } from '../../src/prover/prover.ts'
import type { ProverPlace } from '../../src/prover/prover-place.ts'
import { ensureDevCrs } from '../../src/prover/tau/crs-file.ts'
import { ensureDevSrs } from '../../src/prover/tau/srs-file.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  built,
  temporaryZkPlace,
  tinyCircom,
  tinyNoir,
  type ZkPlace,
} from '../support/tiny-circuits.ts'

let zk: ZkPlace
let dev: ProverPlace
let production: ProverPlace
let ptau: string
let ptauSha256: Bytes32
let finished: string
let artefacts: CircuitArtefacts
const inHome = (name: string) => join(dev.zkHome, name)
const fileHash = (path: string) => bytes32(`0x${sha256Hex(readFileSync(path))}`)

/** A phase 1 of our own with real randomness, of the fewest rows that the circuit takes: two seconds, and nobody knows its tau. */
function makePhaseOne(): string {
  const cli = join(dev.proversFolder, 'node_modules/snarkjs/build/cli.cjs')
  const powersoftau = (...args: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [cli, 'powersoftau', ...args], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stdout)
  }
  const [empty, contributed, prepared] = ['0', '1', 'final'].map((name) => inHome(`${name}.ptau`))
  if (!empty || !contributed || !prepared) throw new Error('three files')
  powersoftau('new', 'bn128', '7', empty)
  powersoftau('contribute', empty, contributed, '--name=one', '-e=of a test')
  powersoftau('prepare', 'phase2', contributed, prepared)
  return prepared
}

beforeAll(async () => {
  zk = temporaryZkPlace()
  dev = zk.place
  ptau = makePhaseOne()
  ptauSha256 = fileHash(ptau)
  production = { ...dev, ceremony: { ptauSha256 } }
  const options = { place: dev }
  const [zkey0, zkey1] = [inHome('0.zkey'), inHome('1.zkey')]
  finished = inHome('final.zkey')
  expectOk(await startKeys(tinyCircom, { ptau, ptauSha256, to: zkey0 }, options))
  expectOk(await contributeToKeys({ from: zkey0, to: zkey1, contributor: 'Ada' }, options))
  const beacon = { from: zkey1, to: finished, beacon: '0102030405060708', iterationsExponent: 10 }
  expectOk(await finishKeys(beacon, options))
  const exported = await exportKeys(tinyCircom, { ptau, ptauSha256, zkey: finished }, options)
  const { report } = expectOk(exported)
  artefacts = expectOk(exported).artefacts
  expect(report.lines.join('\n')).toContain('Ada')
})
afterAll(() => zk.remove())

describe('keys of a ceremony', () => {
  test('name the file that they come from, and prove', async () => {
    expect(artefacts.artefact).toMatchObject({ setup: ptauSha256, publicInputs: 2 })
    expect(expectOk(await buildCircuit(tinyCircom, { place: production }))).toEqual(artefacts)
    const task = { artefacts, inputs: { x: '3', y: 4 } }
    const proof = expectOk(await prove(task, { place: production }))
    expect(proof.setup).toBe(ptauSha256)
    const verificationKey = readFileSync(join(artefacts.folder, 'vk'))
    expect(verifyProof(proof, { verificationKey })).toMatchObject({ ok: true })
  })

  test('are reproduced from the source by whoever has the phase-1 file', async () => {
    const { folder } = artefacts
    const phaseOne = { ptau, ptauSha256 }
    const same = await reproduceKeys(tinyCircom, { folder, phaseOne }, { place: dev })
    expect(expectOk(same).lines.at(-1)).toContain(artefacts.artefact.vkHash)
    const files = {
      'tiny.circom': (tinyCircom.files['tiny.circom'] as string).replace(
        'Num2Bits(32)',
        'Num2Bits(31)',
      ),
    }
    const other = await reproduceKeys(
      { ...tinyCircom, files },
      { folder, phaseOne },
      { place: dev },
    )
    expect(other).toMatchObject({ ok: false, error: { reason: 'setup_unusable' } })
  })

  test('are refused where nobody contributed: everybody could forge with them', async () => {
    const zkey = inHome('0.zkey')
    const refused = await exportKeys(tinyCircom, { ptau, ptauSha256, zkey }, { place: dev })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'setup_unusable' } })
  })

  test('are refused of a phase 1 that nobody named', async () => {
    const refused = await startKeys(tinyCircom, { ptau, to: inHome('no.zkey') }, { place: dev })
    expect(refused).toMatchObject({
      error: { reason: 'setup_unusable', message: expect.stringContaining(ptauSha256) },
    })
    const wrong = bytes32(`0x${'11'.repeat(32)}`)
    expect(
      await startKeys(
        tinyCircom,
        { ptau, ptauSha256: wrong, to: inHome('no.zkey') },
        { place: dev },
      ),
    ).toMatchObject({ error: { reason: 'setup_unusable' } })
  })
})

describe('keys that everybody can forge with', () => {
  test('are not made in a place of a ceremony', async () => {
    const place = { ...production, zkHome: inHome('elsewhere') }
    expect(await buildCircuit(tinyCircom, { place })).toMatchObject({
      error: { reason: 'setup_unusable' },
    })
    expect(await buildCircuit(tinyNoir, { place })).toMatchObject({
      error: { reason: 'setup_unusable', message: expect.stringContaining('ultrahonk') },
    })
  })

  test('are not used in a place of a ceremony, nor its keys in a place of development', async () => {
    const ofDev = await built(tinyCircom, dev)
    const inputs = { x: '3', y: 4 }
    expect(await prove({ artefacts: ofDev, inputs }, { place: production })).toMatchObject({
      error: { reason: 'setup_unusable', message: expect.stringContaining('dev-insecure') },
    })
    expect(await prove({ artefacts, inputs }, { place: dev })).toMatchObject({
      error: { reason: 'setup_unusable' },
    })
  })

  test('are known by their tau, whatever their file is called', async () => {
    const crsFolder = inHome('ceremony')
    mkdirSync(crsFolder)
    cpSync(await ensureDevCrs(dev, 64), crsFolder, { recursive: true })
    const ezklSrs = inHome('ceremony.srs')
    cpSync(await ensureDevSrs(dev, 4), ezklSrs)
    const known = { reason: 'setup_unusable', message: expect.stringContaining('everybody knows') }
    const place = { ...dev, ceremony: { crsFolder, ezklSrs } }
    expect(await buildCircuit(tinyNoir, { place })).toMatchObject({ error: known })
    const ezkl = { ...tinyNoir, system: 'ezkl' } as const
    expect(await buildCircuit(ezkl, { place })).toMatchObject({ error: known })
  })

  test('do not stand in for points that a ceremony has too few of', async () => {
    const crsFolder = inHome('short')
    mkdirSync(crsFolder)
    writeFileSync(join(crsFolder, 'bn254_g1_compressed.dat'), Buffer.alloc(32 * 8))
    writeFileSync(join(crsFolder, 'bn254_g2.dat'), Buffer.alloc(128, 1))
    const place = { ...dev, ceremony: { crsFolder } }
    expect(await buildCircuit(tinyNoir, { place })).toMatchObject({
      error: { reason: 'setup_unusable', message: expect.stringContaining('8 points') },
    })
  })
})
