/*
 * Contracts that ask a gateway, from request to callback: on a real chain, through the conductor that serves everybody, with
 * contributors that sign.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readJob } from '../../src/chain/inference-coordinator.ts'
import { address, zeroAddress } from '../../src/domain/units.ts'
import { contractChannelId } from '../../src/payment/contract-payer.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type JobsPlace, jobModelName, openJobsPlace } from '../support/jobs-place.ts'

let place: JobsPlace

const question = (text = 'Is it?', more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    model: jobModelName,
    messages: [{ role: 'user', content: text }],
    max_tokens: 16,
    temperature: 0,
    seed: 7,
    ...more,
  })

const ended = ['delivered', 'refused', 'failed', 'lost', 'expired', 'gone']

describe('with three contributors', () => {
  beforeAll(async () => {
    place = await openJobsPlace(3)
  })

  afterAll(() => place?.close())

  afterEach(() => {
    for (const { upstream, signing } of place.contributors) upstream.become(signing.answer(['yes']))
  })

  /** Beside what gateways ask contributors of themselves. */
  const questionsAsked = () =>
    place.contributors
      .flatMap(({ upstream }) => upstream.requests)
      .filter(({ headers }) => headers['x-vouch-job'] !== undefined)

  const bookedTo = (account: string) => place.asking.booked(address(account))

  test('a question is answered, delivered and called back once, and charged nothing here', async () => {
    const { asking, running } = place
    const { addresses, chainId, contracts } = running.dev
    const before = await bookedTo(addresses.gatewayOperator)
    const jobId = await asking.request(asking.terms(), question())
    const job = await place.jobIn(jobId, ended)
    expect(job).toMatchObject({ state: 'delivered', modelName: jobModelName, reason: undefined })
    expect(await asking.answered(jobId)).toBe('yes')
    expect(await asking.timesAnswered(jobId)).toBe(1)
    const [answer] = job.answers
    expect(await bookedTo(answer?.contributor ?? zeroAddress)).toBeGreaterThan(0n)
    expect((await bookedTo(addresses.gatewayOperator)) - before).toBe(asking.terms().deliveryFee)
    // The gateway's own book of the contract: in order, and without money.
    const { coordinator } = contracts
    const channelId = contractChannelId({ chainId, coordinator, consumer: asking.consumer })
    const book = await place.gateway().ledger.channel(channelId)
    expect(book).toMatchObject({
      ...{ chargedCumulativeAmount: 0n, heldAmount: 0n, balance: 0n, receiptSeq: 1 },
      config: { payer: asking.consumer },
    })
    // It is no channel on the chain: who settles channels has nothing to do with it.
    await place.gateway().settlement.watchNow()
    await place.gateway().settlement.claimNow()
    expect(await place.gateway().ledger.channel(channelId)).toEqual(book)
    expect(place.log()).not.toMatch(/claim_failed|chain_not_read|channel_frozen/)
    // The chain's own id and the contract's own bytes went to the contributor, and where it was asked.
    const asked = questionsAsked()
    expect(asked).toHaveLength(1)
    expect(asked[0]?.body.toString()).toBe(question())
    expect(asked[0]?.headers).toMatchObject({
      'x-vouch-job': jobId,
      'x-vouch-asked-at': `eip155:${chainId}:${coordinator}`,
    })
  })

  test('two of three must say the same: one that lies costs a third question, and no more', async () => {
    const { asking } = place
    const [liar] = place.contributors
    liar?.upstream.become(liar.signing.answer(['no']))
    const terms = asking.terms({ agreement: 2, answersMax: 3 })
    const jobId = await asking.request(terms, question())
    const job = await place.jobIn(jobId, ended)
    expect(job.state).toBe('delivered')
    expect(await asking.answered(jobId)).toBe('yes')
    const said = new Set(job.answers.map(({ contributor }) => contributor))
    expect(said.size).toBe(job.answers.length)
    expect(job.answers.length).toBeGreaterThanOrEqual(2)
    const honest = place.contributors.slice(1)
    for (const { operator } of honest) expect(await bookedTo(operator)).toBeGreaterThan(0n)
  })

  test('answers that never agree are delivered to nobody', async () => {
    const { asking } = place
    for (const [index, { upstream, signing }] of place.contributors.entries()) {
      upstream.become(signing.answer([`answer ${index}`]))
    }
    const terms = asking.terms({ agreement: 2, answersMax: 3 })
    const jobId = await asking.request(terms, question())
    const job = await place.jobIn(jobId, ended)
    expect(job).toMatchObject({ state: 'failed', reason: 'no_agreement' })
    expect(new Set(job.answers.map(({ contributor }) => contributor)).size).toBe(3)
    expect(await asking.timesAnswered(jobId)).toBe(0)
  })

  test('a private question waits for its bytes, and no others are taken', async () => {
    const { asking } = place
    const secret = question('What nobody else may read.')
    const jobId = await asking.requestPrivate(asking.terms(), secret)
    const waiting = await place.jobIn(jobId, ['waiting'])
    expect(waiting).toMatchObject({ wantsInput: true, isPrivate: true, reason: 'input_missing' })
    const door = place.gateway().jobs?.door
    const other = await door?.giveInput(jobId, Buffer.from(question('Something else.')))
    expect(other).toMatchObject({ ok: false, error: { reason: 'job_input_mismatch' } })
    expect(await door?.giveInput(jobId, Buffer.from(secret))).toMatchObject({ ok: true })
    const job = await place.jobIn(jobId, ended)
    expect(job).toMatchObject({ state: 'delivered', wantsInput: false })
    expect(job.answers.map(({ content }) => content)).toEqual([undefined])
    expect(await asking.answered(jobId)).toBe('yes')
    const late = await door?.giveInput(jobId, Buffer.from(secret))
    expect(late).toMatchObject({ ok: false, error: { reason: 'job_input_closed' } })
    expect(place.log()).not.toContain('What nobody else may read.')
    expect(place.log()).not.toContain(Buffer.from(secret).toString('hex').slice(0, 64))
  })

  test.each([
    // The coordinator itself refuses what the gateway that is named does not offer.
    ['price_too_low', { gateway: zeroAddress, completionAtomicPerMtok: 1n }, question()],
    ['fee_too_small', { maxFee: 1n }, question()],
    ['delivery_fee_too_small', { gateway: zeroAddress, deliveryFee: 1n }, question()],
    ['stream_not_delivered', {}, question('x', { stream: true })],
    ['choices_not_delivered', {}, question('x', { n: 2 })],
    ['input_rewritten', {}, question('x', { routing: { sort: 'price' } })],
    ['input_unreadable', {}, '{'],
  ] as const)('%s: nobody is asked', async (reason, change, input) => {
    const { asking } = place
    const jobId = await asking.request(asking.terms(change), input)
    const job = await place.jobIn(jobId, ended)
    expect(job).toMatchObject({ state: 'refused', reason })
    expect(questionsAsked()).toEqual([])
  })

  test('a contributor that does not answer is passed over for one that does', async () => {
    const { asking } = place
    const [one, two] = place.contributors
    for (const broken of [one, two]) {
      broken?.upstream.become((_request, response) => {
        response.writeHead(500).end()
      })
    }
    const jobId = await asking.request(asking.terms(), question())
    const job = await place.jobIn(jobId, ended)
    expect(job.state).toBe('delivered')
    expect(job.answers[0]?.contributor).toBe(place.contributors[2]?.operator)
  })

  test('a gateway that stops and starts again goes on where its cursor was', async () => {
    const { asking } = place
    await place.stopGateway()
    const jobId = await asking.request(asking.terms(), question())
    await place.startGateway()
    expect(await place.jobIn(jobId, ended)).toMatchObject({ state: 'delivered' })
    const { coordinator } = place.running.dev.contracts
    const onChain = expectOk(await readJob(place.running.chain.rpc, coordinator, jobId))
    expect(onChain).toMatchObject({ state: 'delivered', answers: 1 })
  })
})
