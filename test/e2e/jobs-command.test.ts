/* `vouch jobs` as the operator of a gateway runs it that contracts ask, on a real chain. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJob } from '../../src/chain/inference-coordinator.ts'
import { adminTokenFile } from '../../src/cli/dev-admin-token.ts'
import type { Bytes32 } from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { runVouch } from '../support/dev-process.ts'
import { type JobsPlace, jobModelName, openJobsPlace } from '../support/jobs-place.ts'

let place: JobsPlace
let keyFile: string

beforeAll(async () => {
  place = await openJobsPlace(1)
  keyFile = join(place.running.folder, 'guest.key')
  writeFileSync(keyFile, place.running.dev.keys.guest, { mode: 0o600 })
})
afterAll(() => place?.close())

const jobs = (...args: readonly string[]) => {
  const tokenFile = adminTokenFile(join(place.running.folder, 'gateway'))
  const access = ['--gateway', place.gateway().origin, '--token-file', tokenFile]
  return runVouch(['jobs', ...args, ...access])
}
const asked = (secret: string) =>
  JSON.stringify({
    model: jobModelName,
    messages: [{ role: 'user', content: secret }],
    max_tokens: 16,
  })

test('jobs are listed newest first, by state and as JSON, with nothing of what was asked', async () => {
  const { asking } = place
  const terms = asking.terms()
  expect(await jobs('list')).toMatchObject({ code: 0, output: 'there is no such job\n' })
  const delivered = await asking.request(terms, asked('PLANTED question'))
  await place.jobIn(delivered, ['delivered'])
  const refused = await asking.request(terms, 'no JSON')
  await place.jobIn(refused, ['refused'])
  const { output } = await jobs('list')
  const lines = output.trim().split('\n')
  expect(lines.map((line) => line.split('  ').slice(0, 2))).toEqual([
    [refused, 'refused'],
    [delivered, 'delivered'],
  ])
  expect(lines[0]).toMatch(/input_unreadable$/)
  expect(lines[1]).toContain(`chain ${place.running.dev.chainId}  ${jobModelName}`)
  const one = await jobs('list', '--state', 'delivered', '--json')
  const { data } = JSON.parse(one.output) as { readonly data: readonly { readonly id: Bytes32 }[] }
  expect(data.map(({ id }) => id)).toEqual([delivered])
  const shown = await jobs('show', delivered)
  expect(shown.output).toMatch(/^delivered {2}0x[0-9a-f]{64}$/m)
  expect(shown.output).toContain(`asked by   ${asking.consumer} in block`)
  const document = JSON.parse((await jobs('show', delivered, '--json')).output)
  expect(document).toMatchObject({
    ...{ id: delivered, state: 'delivered', delivery_fee: String(terms.deliveryFee) },
    answers: [{ contributor: place.contributors[0]?.operator }],
  })
  const told = output + one.output + shown.output + JSON.stringify(document)
  expect(told).not.toMatch(new RegExp(`PLANTED|${Buffer.from('PLANTED').toString('hex')}`))
})

test('a job that was refused here is tried again', async () => {
  const { asking } = place
  const refused = await asking.request(asking.terms(), 'no JSON')
  await place.jobIn(refused, ['refused'])
  const again = await jobs('retry', refused, '--json')
  expect(JSON.parse(again.output)).toMatchObject({ id: refused, state: 'found' })
  expect(await place.jobIn(refused, ['refused'])).toMatchObject({ reason: 'input_unreadable' })
})

test('a contract that did not take its answer is called again, for gas that is asked about', async () => {
  const { asking, running } = place
  const { rpcUrl, contracts } = running.dev
  const jobId = await asking.request(asking.terms({ callbackGas: 1_000 }), asked('Is it?'))
  await place.jobIn(jobId, ['delivered'])
  const standing = async () =>
    expectOk(await readJob(running.chain.rpc, contracts.coordinator, jobId))
  expect(await standing()).toMatchObject({ state: 'delivered', isCallbackPending: true })
  const payment = ['--rpc', rpcUrl, '--key', keyFile]
  expect(await jobs('retry', jobId, ...payment)).toMatchObject({
    code: 2,
    output: expect.stringMatching(/pays about 0\.\d+.*\n.*add --yes/),
  })
  expect(await asking.timesAnswered(jobId)).toBe(0)
  expect(await jobs('retry', jobId, ...payment, '--yes')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/done in block \d+: 0x/),
  })
  expect(await asking.answered(jobId)).toBe('yes')
  expect(await standing()).toMatchObject({ isCallbackPending: false })
  expect(await jobs('retry', jobId, ...payment, '--yes')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/took its answer: nothing is to do/),
  })
})

test('what cannot be is said in one line', async () => {
  const unknown = `0x${'77'.repeat(32)}`
  expect(await jobs('show', unknown)).toMatchObject({
    code: 1,
    output: expect.stringMatching(/job_not_found/),
  })
  expect(await jobs('show', '0x12')).toMatchObject({ code: 2 })
  expect(await jobs('list', '--state', 'unheard-of')).toMatchObject({
    code: 2,
    output: expect.stringMatching(/one of found, .*, gone, not 'unheard-of'/),
  })
  expect(await jobs('list', 'delivered')).toMatchObject({
    code: 2,
    output: expect.stringMatching(/unexpected 'delivered'/),
  })
  expect(await jobs('list', '--limit', '100000')).toMatchObject({ code: 1 })
  expect(await jobs('dance')).toMatchObject({ code: 2 })
})
