/*
 * kill -9 of a command at every call that it makes to its node, before the call is passed on or after: the next run finishes
 * what was begun, and no transaction is sent twice.
 */
import { existsSync, linkSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStanding } from '../../src/chain/contributor-registration.ts'
import { signingKeyState } from '../../src/chain/operator-standing.ts'
import { parsePrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { devContractHandles, devStake } from '../../src/dev/dev-contracts.ts'
import type { Address } from '../../src/domain/units.ts'
import {
  makeContributor,
  type OwnContributor,
  runCommand,
  startCommand,
} from '../support/contributor-folder.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { type TappedCall, tapChain } from '../support/tapped-chain.ts'

let running: TestDevChain
beforeAll(async () => {
  running = await startDevChain()
})
afterAll(() => running.stop())

const sentBy = async (account: Address): Promise<number> =>
  Number(expectOk(await running.chain.rpc.call('eth_getTransactionCount', [account, 'latest'])))
const standingOf = async ({ file }: OwnContributor, ...signingKeys: readonly Address[]) =>
  expectOk(
    await readStanding(running.chain.rpc, {
      registry: devContractHandles(running.dev.contracts).contributorRegistry,
      account: file.contributor,
      signingKeys,
    }),
  )
function keyIn(path: string): Address {
  const key = parsePrivateKey(readFileSync(path, 'utf8').trim())
  if (key === undefined) throw new Error(`${path} is a key`)
  return addressOfPrivateKey(key)
}
const keyFiles = ({ folder }: OwnContributor) =>
  readdirSync(folder).filter((name) => name.endsWith('.key'))

type Kill = {
  /** Counted over all calls, or over those that send a transaction. */
  readonly of: 'calls' | 'transactions'
  readonly at: number
  /** The node has the call before the command dies, or never gets it. */
  readonly when: 'before' | 'after'
}

/** Runs the command and kills it there. True: it was through before. */
async function runAndKill(
  own: OwnContributor,
  args: readonly string[],
  kill: Kill,
): Promise<boolean> {
  let count = 0
  let killNow = (): void => undefined
  const node = await tapChain(running.chain.url, async ({ method, forward }: TappedCall) => {
    if (kill.of === 'calls' || method === 'eth_sendRawTransaction') count += 1
    else return forward()
    if (count !== kill.at) return forward()
    if (kill.when === 'after') await forward()
    killNow()
    return undefined
  })
  const { child, ended } = startCommand(own, [...args, '--yes', '--rpc', node.url])
  killNow = () => void child.kill('SIGKILL')
  const { code, stderr } = await ended
  await node.stop()
  if (code !== null && code !== 0) throw new Error(stderr)
  return code === 0
}

/** Each transaction is once not sent by who dies, and once sent by who dies. Answers how many died until one got through. */
async function killAtEachTransaction(own: OwnContributor, args: readonly string[]) {
  for (let kills = 0; kills < 20; kills += 1) {
    const when = kills % 2 === 0 ? 'before' : 'after'
    if (await runAndKill(own, args, { of: 'transactions', at: 1, when })) return kills
  }
  throw new Error('no run got through')
}

/** Each run dies some calls later than the one before it. */
async function killLaterAndLater(own: OwnContributor, args: readonly string[], step: number) {
  for (let kills = 0; kills < 40; kills += 1) {
    const when = kills % 2 === 0 ? 'after' : 'before'
    if (await runAndKill(own, args, { of: 'calls', at: 1 + kills * step, when })) return kills
  }
  throw new Error('no run got through')
}

test.for(['at each transaction', 'later and later'] as const)(
  'a rotation whose runs are killed %s ends with one new key, and every other one revoked',
  { timeout: 180_000 },
  async (where) => {
    const own = await makeContributor(running, where.replaceAll(' ', '-'))
    const first = addressOfPrivateKey(own.signingKey)
    const before = await sentBy(own.file.contributor)
    if (where === 'later and later') {
      expect(await killLaterAndLater(own, ['rotate-key'], 13)).toBeGreaterThan(2)
    } else {
      expect(await killAtEachTransaction(own, ['rotate-key'])).toBe(4)
    }
    const second = keyIn(own.paths.signingKey)
    expect(second).not.toBe(first)
    expect(keyFiles(own)).toEqual(['signing.key'])
    const standing = await standingOf(own, first, second)
    expect(standing.activeKeys).toBe(1)
    expect([signingKeyState(standing, first), signingKeyState(standing, second)]).toEqual([
      'revoked',
      'active',
    ])
    expect(await sentBy(own.file.contributor)).toBe(before + 2)
  },
)

test('a contributor that leaves and is killed at each transaction has let its whole stake go, once', {
  timeout: 180_000,
}, async () => {
  const own = await makeContributor(running, 'left')
  const key = addressOfPrivateKey(own.signingKey)
  const before = await sentBy(own.file.contributor)
  expect(await killAtEachTransaction(own, ['unstake'])).toBe(4)
  expect(await standingOf(own, key)).toMatchObject({
    stake: 0n,
    unbonding: devStake,
    activeKeys: 0,
  })
  expect(await sentBy(own.file.contributor)).toBe(before + 2)
  expect(keyFiles(own)).toEqual([])
})

test.for([
  ['before the outgoing key was kept', []],
  ['between keeping it and putting the new one in its place', ['previous']],
] as const)('a run that died %s is continued', async ([, done]) => {
  const own = await makeContributor(running, `cut-${done.length}`)
  const { paths } = own
  const next = randomPrivateKey()
  writeFileSync(paths.nextSigningKey, next, { mode: 0o600 })
  if (done.length > 0) linkSync(paths.signingKey, paths.previousSigningKey)
  const ran = await runCommand(own, ['rotate-key', '--yes'])
  expect(ran.stderr).toContain('an earlier run began to rotate the key')
  expect(keyIn(paths.signingKey)).toBe(addressOfPrivateKey(next))
  expect(keyFiles(own)).toEqual(['signing.key'])
  expect((await standingOf(own, addressOfPrivateKey(next))).activeKeys).toBe(1)
})

test('a key that took its place and an old one that was revoked already are left as they are', async () => {
  const own = await makeContributor(running, 'ended')
  const { paths } = own
  // The run died after the last transaction and before it removed the file.
  expect((await runCommand(own, ['rotate-key', '--yes'])).code).toBe(0)
  writeFileSync(paths.previousSigningKey, own.signingKey, { mode: 0o600 })
  const before = await sentBy(own.file.contributor)
  expect((await runCommand(own, ['rotate-key', '--yes'])).code).toBe(0)
  expect(await sentBy(own.file.contributor)).toBe(before)
  expect(keyFiles(own)).toEqual(['signing.key'])
})

test('a signing key that was lost is not replaced behind its owner’s back', async () => {
  const own = await makeContributor(running, 'lost')
  renameSync(own.paths.signingKey, `${own.paths.signingKey}.copy`)
  const { code, stderr } = await runCommand(own, ['rotate-key', '--yes'])
  expect(code).toBe(1)
  expect(stderr).toContain('signing.key is not there: bring back a copy of it')
  expect(existsSync(own.paths.nextSigningKey)).toBe(false)
})
