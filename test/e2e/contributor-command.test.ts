/*
 * `vouch contributor` as its owner runs it, each command in a process of its own, on a real chain.
 */
import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ok } from '../../src/base/result.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { readStanding } from '../../src/chain/contributor-registration.ts'
import { signingKeyState } from '../../src/chain/operator-standing.ts'
import { parsePrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { CommandFailure } from '../../src/cli/command.ts'
import { contributorCommand } from '../../src/cli/contributor-command.ts'
import { contributorsCommand } from '../../src/cli/contributors-command.ts'
import { type AgentStatus, openControlSocket } from '../../src/contributor/control-socket.ts'
import { devContractHandles, devStake, devUsd } from '../../src/dev/dev-contracts.ts'
import type { Address } from '../../src/domain/units.ts'
import {
  devVoucher,
  giveCoins,
  holdCredit,
  keystorePassword,
  makeContributor,
  makeFolder,
  type OwnContributor,
  runCommand,
} from '../support/contributor-folder.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let running: TestDevChain
/** The contributor of the development chain, which has a payout channel. */
let paid: OwnContributor

beforeAll(async () => {
  running = await startDevChain()
  const { keys, addresses } = running.dev
  paid = await makeFolder(running, 'paid', {
    operatorKey: keys.contributorOperator,
    signingKey: keys.contributorSigner,
    receiver: addresses.contributorPayout,
  })
})
afterAll(() => running.stop())

const rpc = () => running.chain.rpc
const json = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>
const sentBy = async (account: Address): Promise<number> =>
  Number(expectOk(await rpc().call('eth_getTransactionCount', [account, 'latest'])))
const standingOf = async ({ file }: OwnContributor, ...signingKeys: readonly Address[]) =>
  expectOk(
    await readStanding(rpc(), {
      registry: devContractHandles(running.dev.contracts).contributorRegistry,
      account: file.contributor,
      signingKeys,
    }),
  )
const keyIn = (path: string) => {
  const key = parsePrivateKey(readFileSync(path, 'utf8').trim())
  if (key === undefined) throw new Error(`${path} is a key`)
  return addressOfPrivateKey(key)
}
async function balanceOf(account: Address): Promise<bigint> {
  const contract = devContractHandles(running.dev.contracts).asset
  const args = [account]
  return expectOk(
    await readContract(rpc(), { contract, functionName: 'balanceOf', args }),
  )[0] as bigint
}

/** An agent as the folder's socket shows one; what it does is for the test to say. */
function agentOf(own: OwnContributor, more: Partial<AgentStatus> = {}) {
  let status: AgentStatus = {
    pid: process.pid,
    startedAtMs: Date.now(),
    state: 'serving',
    connected: true,
    gatewaySeenAtMs: Date.now(),
    inFlight: 2,
    formerKeyInFlight: 0,
    signingAddress: addressOfPrivateKey(own.signingKey),
    engine: 'http://127.0.0.1:8000/v1',
    models: ['m'],
    ...more,
  }
  const asked: string[] = []
  /** Jobs end one by one, each time that somebody looks. */
  const look = (): AgentStatus => {
    const { state, inFlight, formerKeyInFlight } = status
    status = {
      ...status,
      inFlight: state === 'draining' ? Math.max(0, inFlight - 1) : inFlight,
      formerKeyInFlight: Math.max(0, formerKeyInFlight - 1),
      state: state === 'draining' && inFlight === 0 ? 'drained' : state,
    }
    return status
  }
  const open = openControlSocket(own.paths.socket, {
    status: look,
    drain: () => {
      asked.push('drain')
      status = { ...status, state: 'draining' }
    },
    resume: async () => {
      asked.push('resume')
      status = { ...status, state: 'serving' }
      return ok(undefined)
    },
    takeKey: async () => {
      asked.push('take-key')
      const signingAddress = keyIn(own.paths.signingKey)
      status = { ...status, signingAddress, formerKeyInFlight: 2 }
      // The minute that the former key has to rest is over on the chain.
      expectOk(await rpc().call('evm_increaseTime', ['0x78']))
      expectOk(await rpc().call('evm_mine', []))
      return ok(undefined)
    },
  })
  return { asked, open: async () => expectOk(await open) }
}

describe('vouch contributor bind-tee', () => {
  test('names the option that it needs where nothing that slashes is appointed', async () => {
    const said = await runCommand(paid, ['bind-tee', '--report-data'])
    expect(said.code).toBe(1)
    expect(said.stderr).toContain('TierEvidence is not found behind the receipt')
    expect(said.stderr).toContain('no Slashing is appointed there: name it with --tier-evidence')
    const named = `0x${'7e'.repeat(20)}`
    const told = await runCommand(paid, ['bind-tee', '--report-data', '--tier-evidence', named])
    expect(told).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('status and earnings', () => {
  test('show what can be known, and say what cannot', async () => {
    await holdCredit(paid, { owed: 700_000n, vouchers: [devVoucher(running, 150_000n)] })
    const { code, stdout, stderr } = await runCommand(paid, ['status'])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('agent      does not run')
    expect(stdout).toContain('gateway    the gateway cannot be reached')
    expect(stdout).toContain('open, may serve: 1000.00 devUSD at stake, 1 active key')
    expect(stdout).toContain('earned     0.70 devUSD, of which 0.15 devUSD is promised')
    expect(stdout).toContain('unpaid     0.55 devUSD of 0.50 devUSD credit')
    expect(stdout).toContain('!          the gateway owes you the credit limit')

    const asJson = json((await runCommand(paid, ['status', '--json'])).stdout)
    expect(asJson).toMatchObject({
      object: 'vouch.contributor_status',
      agent: null,
      earned: '700000',
      promised: '150000',
      registry: { state: 'open', serving: true, stake: String(devStake) },
      payouts: { claimed: '0', claimable: '150000', withdraw_final_at: null },
    })
  })

  test('name the agent that runs, and a node that is gone ends neither', async () => {
    const agent = agentOf(paid)
    const socket = await agent.open()
    const former = `credit-0x${'ab'.repeat(20)}.json`
    writeFileSync(join(paid.folder, former), readFileSync(paid.paths.credit))
    const { code, stdout } = await runCommand(paid, ['status', '--rpc', 'http://127.0.0.1:9'])
    expect(stdout).toContain(`claim --credit ${join(paid.folder, former)}`)
    await socket.close()
    expect(code).toBe(0)
    expect(stdout).toContain('serving, 2 in flight, connected; m by http://127.0.0.1:8000/v1')
    expect(stdout).toContain('chain      cannot reach the chain')
    expect(stdout).toContain('earned     700000 atomic units')
  })

  test('are counted by day', async () => {
    const line = (at: string, owed: number) => `\n{"at":"${at}","owed":"${owed}","promised":"0"}`
    appendFileSync(paid.paths.earnings, line('2026-11-20T10:00:00Z', 0))
    appendFileSync(paid.paths.earnings, line('2026-11-20T11:00:00Z', 250_000))
    appendFileSync(paid.paths.earnings, line('2026-11-21T11:00:00Z', 700_000))
    const { stdout } = await runCommand(paid, ['earnings'])
    expect(stdout).toContain('earned     0.70 devUSD')
    expect(stdout).toContain('2026-11-20  earned 0.25 devUSD')
    const last = json((await runCommand(paid, ['earnings', '--days', '1', '--json'])).stdout)
    expect(last).toMatchObject({
      earned: '700000',
      received: '0',
      days: [{ day: '2026-11-21', earned: '450000', promised: '0' }],
    })
  })
})

describe('claim', () => {
  test('sends nothing at a loss, nothing without a yes, and pays out to the receiver', async () => {
    const { contributor } = paid.file
    const before = await sentBy(contributor)
    const dear = await runCommand(paid, ['claim', '--yes', '--coin-price', '3500'])
    expect(dear.code).toBe(1)
    expect(dear.stderr).toMatch(/the gas costs [\d.]+ devUSD and brings 0\.15 devUSD/)
    expect(await refusalOf(paid, 'claim')).toEqual({
      code: 2,
      why: 'Claim? Nobody is here to say: add --yes',
    })
    expect(await sentBy(contributor)).toBe(before)

    const receiver = running.dev.addresses.contributorPayout
    const had = await balanceOf(receiver)
    const claimed = await runCommand(paid, ['claim', '--yes', '--json'])
    expect(claimed.stderr).toContain('0.00 devUSD a coin (assumed')
    expect(json(claimed.stdout)).toMatchObject({ claimed: '150000', settled: '0' })
    expect(await balanceOf(receiver)).toBe(had + 150_000n)
    expect(await sentBy(contributor)).toBe(before + 1)

    const former = join(paid.folder, `credit-0x${'ab'.repeat(20)}.json`)
    const again = await runCommand(paid, ['claim', '--yes', '--credit', former])
    expect(again.stdout).toContain('nothing to claim')
    expect(await sentBy(contributor)).toBe(before + 1)
  })

  test('takes its gas from another account, which needs no password, and at a loss by --force', async () => {
    await holdCredit(paid, { owed: 700_000n, vouchers: [devVoucher(running, 150_001n)] })
    const gasKey = randomPrivateKey()
    await giveCoins(running, addressOfPrivateKey(gasKey))
    const path = join(paid.folder, 'gas.key')
    writeFileSync(path, gasKey, { mode: 0o600 })
    const options = ['claim', '--yes', '--gas-key', path, '--coin-price', '3500']
    expect((await refusalOf(paid, ...options)).why).toContain('and brings 0.000001 devUSD')
    const before = await sentBy(paid.file.contributor)
    const forced = await runCommand(paid, [...options, '--force'], {})
    expect(forced).toMatchObject({ code: 0 })
    expect(forced.stdout).toContain('0.000001 devUSD paid out to')
    expect(await sentBy(paid.file.contributor)).toBe(before)
    expect(await sentBy(addressOfPrivateKey(gasKey))).toBe(1)
  })
})

describe('the keystore', () => {
  test('opens with its password alone, from a file too, and nothing is sent without it', async () => {
    const own = await makeContributor(running, 'keystore')
    const before = await sentBy(own.file.contributor)
    expect(await refusalOf(own, 'rotate-key')).toMatchObject({ code: 2 })
    expect(existsSync(own.paths.nextSigningKey)).toBe(false)
    const rotate = ['rotate-key', '--yes']
    const wrong = await runCommand(own, rotate, { VOUCH_KEYSTORE_PASSWORD: 'another one' })
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('does not open with this password')
    expect((await refusalOf(own, ...rotate)).why).toContain('nobody is here to type the keystore')
    const good = readFileSync(own.paths.keystore, 'utf8')
    writeFileSync(own.paths.keystore, good.slice(0, 200))
    expect((await refusalOf(own, ...rotate)).why).toContain('is no keystore, or it is damaged')
    writeFileSync(own.paths.keystore, good)
    chmodSync(own.paths.keystore, 0o644)
    expect((await refusalOf(own, ...rotate)).why).toContain('can be read by others')
    chmodSync(own.paths.keystore, 0o600)
    expect(await sentBy(own.file.contributor)).toBe(before)

    const file = join(own.folder, 'password')
    writeFileSync(file, `${keystorePassword}\n`, { mode: 0o600 })
    const rotated = await runCommand(own, [...rotate, '--password-file', file], {})
    expect(rotated.stderr).toContain('an earlier run began to rotate the key: it is continued')
    expect(rotated.code).toBe(0)
    rmSync(own.paths.keystore)
    expect((await refusalOf(own, ...rotate)).why).toContain('keystore.json is not there')
  })
})

describe('a life', () => {
  test('drain, rotate, drain, unstake, withdraw: the agent is heard, and the stake is back', {
    timeout: 150_000,
  }, async () => {
    const own = await makeContributor(running, 'life')
    const first = addressOfPrivateKey(own.signingKey)
    const agent = agentOf(own)
    const socket = await agent.open()

    const rotated = await runCommand(own, ['rotate-key', '--yes', '--json'])
    expect(rotated.code).toBe(0)
    const second = keyIn(own.paths.signingKey)
    expect(json(rotated.stdout)).toMatchObject({ signing_address: second, revoked: first })
    expect(rotated.stderr).toContain('job(s) are still signed with the former key')
    expect(agent.asked).toEqual(['take-key'])
    const after = await standingOf(own, first, second)
    expect(after.activeKeys).toBe(1)
    expect(signingKeyState(after, second)).toBe('active')
    expect(existsSync(own.paths.previousSigningKey)).toBe(false)

    expect((await refusalOf(own, 'unstake', '--yes')).why).toContain(
      "run 'vouch contributor drain' first",
    )
    expect((await runCommand(own, ['drain', '--no-wait'])).stdout).toContain(
      'in flight are finished',
    )
    expect((await runCommand(own, ['drain', '--resume'])).stdout).toContain('takes jobs again')
    const drained = await runCommand(own, ['drain', '--json'])
    expect(json(drained.stdout)).toMatchObject({ state: 'drained', inFlight: 0 })
    expect(agent.asked).toEqual(['take-key', 'drain', 'resume', 'drain'])

    const left = await runCommand(own, ['unstake', '--yes'])
    // The agent has told the gateway already.
    expect(left.stderr).not.toContain('told that you leave')
    expect(left.stdout).toContain('1000.00 devUSD is on its way: run')
    expect(existsSync(own.paths.signingKey)).toBe(false)
    await socket.close()
    const sent = await sentBy(own.file.contributor)
    expect((await runCommand(own, ['unstake', '--yes'])).stdout).toContain('is on its way')
    expect(await sentBy(own.file.contributor)).toBe(sent)

    const back = await runCommand(own, ['unstake', '--cancel', '--yes', '--json'])
    expect(json(back.stdout)).toMatchObject({ stake: String(devStake), unbonding: '0' })
    expect((await runCommand(own, ['unstake', '--yes', '--json'])).code).toBe(0)

    const snapshot = expectOk(await rpc().call('evm_snapshot', []))
    expectOk(await rpc().call('evm_increaseTime', ['0x93a80']))
    expectOk(await rpc().call('evm_mine', []))
    const due = await runCommand(own, ['status'])
    expect(due.stdout).toContain("1000.00 devUSD can be withdrawn: 'vouch contributor unstake'")
    const out = await runCommand(own, ['unstake', '--yes'])
    expect(out.stdout).toContain(`1000.00 devUSD was withdrawn to ${own.file.contributor}`)
    expect(await balanceOf(own.file.contributor)).toBe(devStake)
    expect((await runCommand(own, ['unstake', '--yes'])).stdout).toContain('nothing is at stake')
    expectOk(await rpc().call('evm_revert', [snapshot]))
  })

  test('a withdrawal of the gateway is shown with its end, and what is promised is claimed', async () => {
    const { chain, dev } = running
    const treasury = openSender({
      rpc: chain.rpc,
      chainId: dev.chainId,
      privateKey: dev.keys.treasury,
    })
    await giveCoins(running, treasury.address)
    await holdCredit(paid, { owed: 900_000n, vouchers: [devVoucher(running, 800_000n)] })
    const contract = devContractHandles(dev.contracts).settlement
    const args = [dev.payoutChannel.config, devUsd(1n)]
    expectOk(await sendCall(treasury, { contract, functionName: 'initiateWithdraw', args }))
    const { stdout } = await runCommand(paid, ['status'])
    expect(stdout).toMatch(/! +the gateway withdraws its escrow, final in 16[78] h/)
    expect((await runCommand(paid, ['claim', '--yes'])).code).toBe(0)
  })
})

/** What the command would say before it ends; in this process, because it ends at once. */
async function refusalOf(own: Pick<OwnContributor, 'folder'>, ...args: readonly string[]) {
  try {
    await contributorCommand.run([...args, '--data', own.folder])
  } catch (error) {
    if (error instanceof CommandFailure) return { code: error.exitCode, why: error.message }
    throw error
  }
  throw new Error('the command did what it was asked to')
}

test('every action says what it cannot do, and help names the operator’s command', async () => {
  const nowhere = { folder: join(running.folder, 'nowhere') }
  for (const action of ['status', 'earnings', 'claim', 'drain', 'rotate-key', 'unstake']) {
    const { code, why } = await refusalOf(nowhere, action, '--yes')
    expect(code).toBe(1)
    expect(why).toContain("'vouch contribute' begins, --data names another folder")
  }
  expect(await refusalOf(paid)).toMatchObject({ code: 2 })
  expect((await refusalOf(paid, 'stop')).why).toContain('say what to do: status, earnings')
  expect(await refusalOf(paid, 'unstake', '--to', 'me')).toMatchObject({ code: 2 })
  expect(await refusalOf(paid, 'claim', '--coin-price', 'much')).toMatchObject({ code: 2 })
  expect(await refusalOf(paid, 'claim', 'all')).toMatchObject({ code: 2 })
  expect(contributorCommand.help).toContain("'vouch contributors'")
  expect(contributorsCommand.help).toContain("'vouch contributor'")
  const gone = ['--rpc', 'http://127.0.0.1:9', '--yes']
  for (const action of ['earnings', 'claim', 'rotate-key', 'unstake']) {
    expect((await refusalOf(paid, action, ...gone)).why).toContain('cannot reach the chain')
  }
  expect((await refusalOf(paid, 'drain')).why).toContain('the gateway cannot be reached')
  expect((await refusalOf(paid, 'drain', '--resume')).why).toContain('no agent runs')
  writeFileSync(paid.paths.credit, '{"settlement":')
  expect((await refusalOf(paid, 'status')).why).toContain('is not a contributor')
  writeFileSync(paid.paths.file, '{"gateway":{}}')
  expect((await refusalOf(paid, 'status')).why).toContain('contributor.json cannot be used')
})
