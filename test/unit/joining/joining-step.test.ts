import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { err } from '../../../src/base/result.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { address } from '../../../src/domain/units.ts'
import type { ContributorStore } from '../../../src/store/contributor-store.ts'
import { openSqliteContributors } from '../../../src/store/contributor-store-sqlite.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import {
  activeKey,
  type JoiningRig,
  joiningNowMs,
  joiningRig,
  joiningTerms,
  joinOrder,
  listedOperator,
  memberHeader,
  offered,
  type RigMember,
  registerMember,
  weights,
} from '../../support/joining.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: ContributorStore
let rig: JoiningRig
let member: RigMember

beforeEach(() => {
  folder = temporaryFolder()
  store = openSqliteContributors(`${folder.path}/contributors.db`)
  rig = joiningRig(store)
  member = registerMember(rig)
})
afterEach(async () => {
  await store.close()
  folder.remove()
})

type Outcome = { readonly ok: boolean; readonly error?: { readonly reason: string } }
const reasonOf = (outcome: Outcome) => (outcome.ok ? 'ok' : outcome.error?.reason)
const join = (change: Parameters<typeof joinOrder>[1] = {}, who = member) =>
  rig.step.join(joinOrder(who, change))
const standingOf = (who = member) => {
  const standing = rig.registry.get(who.operator)
  if (standing === undefined) throw new Error('nobody of that account is registered')
  return standing
}

describe('a good order', () => {
  test('is kept, and may be dialled in on at once, with the key that signed it', async () => {
    expect(
      await join({ terms: joiningTerms({ region: 'eu', limits: { concurrency: 2 } }) }),
    ).toMatchObject({
      ok: true,
      value: {
        record: { contributorId: member.operator, status: 'live', sealedKey: '' },
        contributor: {
          contributorId: member.operator,
          baseUrl: `tunnel://${member.operator}/v1`,
          authorization: undefined,
          region: 'eu',
          limits: { concurrencyMax: 2 },
          identity: {
            operator: member.operator,
            signingAddresses: [activeKey(member.signingKey).key],
          },
          offers: [
            {
              modelName: 'named',
              modelId: weights('33'),
              prices: { completionAtomicPerMtok: 80_000n },
              priceMax: { prices: { completionAtomicPerMtok: 100_000n } },
            },
          ],
        },
      },
    })
    expect(rig.asked()).toBe(1)
    expect(rig.probed).toEqual([])
  })

  test('with a URL and a key is tried first, and the key is kept for that URL alone', async () => {
    const terms = joiningTerms({ url: 'https://agent.example.com/v1' })
    expect(await join({ terms, apiKey: 'door-planted' })).toMatchObject({
      ok: true,
      value: {
        record: { baseUrl: 'https://agent.example.com/v1' },
        contributor: { authorization: 'Bearer door-planted', isGuarded: true },
      },
    })
    expect(rig.probed).toEqual([
      { baseUrl: 'https://agent.example.com/v1', apiKey: 'door-planted' },
    ])
    const kept = JSON.stringify([...(await store.read()).records.values()])
    expect(kept).toContain('agent.example.com')
    expect(kept).not.toContain('planted')
  })

  test('again puts other terms in the place of the first, and keeps the keys that may sign', async () => {
    await join()
    const next = randomPrivateKey()
    standingOf().keys = [...standingOf().keys, activeKey(next)]
    const models = [offered({ id: 'pinned', modelId: weights('11') })]
    const again = await join(
      { terms: joiningTerms({ models }), nowMs: joiningNowMs + 1 },
      {
        ...member,
        signingKey: next,
      },
    )
    expect(again).toMatchObject({
      ok: true,
      value: {
        contributor: {
          identity: {
            signingAddresses: [activeKey(member.signingKey).key, activeKey(next).key],
          },
          offers: [{ modelName: 'pinned' }],
        },
      },
    })
    expect(rig.roster.current.entries.size).toBe(1)
  })

  test('waits for approval, again on other terms and not on the same', async () => {
    rig = joiningRig(store, { needsApproval: true })
    member = registerMember(rig)
    const waiting = { record: { status: 'pending' }, contributor: undefined }
    expect(await join()).toMatchObject({ ok: true, value: waiting })
    await rig.roster.change(({ records }) => ({
      outcome: undefined,
      records: new Map([...records].map(([id, record]) => [id, { ...record, status: 'live' }])),
    }))
    const same = await join({ nowMs: joiningNowMs + 1 })
    expect(same).toMatchObject({ ok: true, value: { record: { status: 'live' } } })
    const terms = joiningTerms({ region: 'moon' })
    const other = await join({ terms, nowMs: joiningNowMs + 2 })
    expect(other).toMatchObject({ ok: true, value: waiting })
  })

  test('an embedding costs its prompt alone', async () => {
    const models = [offered({ endpoints: ['chat/completions', 'embeddings'] })]
    expect(await join({ terms: joiningTerms({ models }) })).toMatchObject({
      ok: true,
      value: {
        contributor: {
          offers: [
            { endpoints: ['chat/completions'], unit: 'token' },
            {
              endpoints: ['embeddings'],
              unit: 'vector',
              prices: { promptAtomicPerMtok: 40_000n, completionAtomicPerMtok: 0n },
            },
          ],
        },
      },
    })
  })
})

describe('what can be seen of an order by itself costs nobody a look', () => {
  const untouched = async (reason: string, outcome: ReturnType<typeof join>, detail = '') => {
    const refused = await outcome
    expect(reasonOf(refused)).toBe(reason)
    expect(JSON.stringify(refused)).toContain(detail)
    expect([rig.asked(), rig.probed.length]).toEqual([0, 0])
    expect(rig.roster.current.entries.size).toBe(0)
  }
  const bad = (change: object, detail: string) =>
    untouched('joining_terms_unacceptable', join({ terms: joiningTerms(change) }), detail)
  const badModel = (change: object, detail: string) => bad({ models: [offered(change)] }, detail)

  test('nobody joins where it is closed', async () => {
    rig = joiningRig(store, { isOpen: false })
    await untouched('joining_closed', join())
  })
  test('an order of yesterday, and one for tomorrow', async () => {
    await untouched('order_outdated', join({ nowMs: joiningNowMs - 86_400_000 }))
    await untouched('order_outdated', join({ validUntilS: joiningNowMs / 1000 + 400 }))
  })
  test('a name that the list gives to other weights, or the file does', async () => {
    await badModel({ id: 'pinned' }, `is the name of ${weights('11')} here`)
    await badModel({ id: 'filed' }, `is the name of ${weights('22')} here`)
  })
  test('a price above the ceiling, of a listed model and of any other', async () => {
    const dear = { promptPerMtok: '0.04', completionPerMtok: '0.100001' }
    await badModel({ price: dear }, "completionPerMtok of 'named' is above 100000")
    await badModel({ id: 'other', price: dear }, "completionPerMtok of 'other' is above 100000")
  })
  test('a model that is not listed where only listed ones are taken', async () => {
    rig = joiningRig(store, { anyModel: undefined })
    member = registerMember(rig)
    await badModel({ id: 'other' }, "'other' is not taken here")
  })
  test('URLs that are not https, or lead to private networks', async () => {
    await bad({ url: 'http://agent.example.com/v1' }, 'https:// only')
    for (const host of ['127.0.0.1', '10.0.0.8', '169.254.169.254', '[::1]', '[fd00::1]']) {
      await bad({ url: `https://${host}/v1` }, 'on the public Internet')
    }
    await bad({ url: 'https://user:pw@agent.example.com/v1' }, 'url: ')
  })
  test('a key without a URL, and what is no key', async () => {
    await untouched('joining_terms_unacceptable', join({ apiKey: 'k' }), 'apiKey: none')
    await untouched('invalid_value', join({ apiKey: 'two words' }))
  })
  test('terms over size, too many models, deep ones, and what names a file of the gateway', async () => {
    await untouched('invalid_value', join({ terms: joiningTerms({ region: 'x'.repeat(17_000) }) }))
    const models = Array.from({ length: 33 }, (_, index) => offered({ id: `m${index}` }))
    await bad({ models }, 'models: at most 32')
    const deep = (levels: number): object => (levels === 0 ? {} : { inner: deep(levels - 1) })
    await badModel({ modelId: undefined, manifest: deep(20) }, 'nested deeper')
    await badModel({ tokenizer: '/etc/passwd' }, "nothing on the gateway's machine")
    await bad({ colour: 'red' }, 'colour')
    await untouched('joining_terms_unacceptable', join({ terms: '[' }))
  })
  test('an operator that the file lists itself', async () => {
    await untouched(
      'joining_terms_unacceptable',
      join({}, { ...member, operator: listedOperator }),
      'lists you itself',
    )
  })
})

test('a manifest is known by its hash, however it is written', async () => {
  const manifest = { id: 'm', files: { b: '2', a: '1' } }
  const joined = await join({
    terms: joiningTerms({ models: [offered({ modelId: undefined, manifest })] }),
  })
  const other = registerMember(rig)
  const models = [offered({ modelId: undefined, manifest: { files: { a: '1', b: '2' }, id: 'm' } })]
  const same = await join({ terms: joiningTerms({ models }) }, other)
  const idOf = (one: typeof joined) => one.ok && one.value.record.joined?.serves[0]?.modelId
  expect(idOf(joined)).toMatch(/^0x[0-9a-f]{64}$/)
  expect(idOf(same)).toBe(idOf(joined))
})

describe('who signed', () => {
  const refused = async (reason: string, outcome: ReturnType<typeof join>) => {
    expect(reasonOf(await outcome)).toBe(reason)
    expect(rig.roster.current.entries.size).toBe(0)
  }
  test('must be a key of that contributor: not another one, not its account, not one of elsewhere', async () => {
    const stranger = { ...member, signingKey: randomPrivateKey() }
    await refused('signing_key_not_active', join({}, stranger))
    const account = { ...member, signingKey: member.operatorKey }
    await refused('signing_key_not_active', join({}, account))
    const other = registerMember(rig)
    const foreign = { ...member, signingKey: other.signingKey }
    await refused('signing_key_not_active', join({}, foreign))
  })
  test('must have signed for this gateway, chain and registry, and for what is sent', async () => {
    const elsewhere = [
      { gateway: address(`0x${'6b'.repeat(20)}`) },
      { chainId: 1 },
      { verifyingContract: address(`0x${'4f'.repeat(20)}`) },
    ]
    for (const place of elsewhere) await refused('signing_key_not_active', join({ place }))
    const order = joinOrder(member)
    const changed = { ...order, terms: joiningTerms({ region: 'elsewhere' }) }
    await refused('signing_key_not_active', rig.step.join(changed))
    const later = { ...order, nonce: order.nonce + 1 }
    await refused('signing_key_not_active', rig.step.join(later))
    const url = joiningTerms({ url: 'https://agent.example.com/v1' })
    const keyed = { ...joinOrder(member, { terms: url, apiKey: 'a' }), apiKey: 'b' }
    await refused('signing_key_not_active', rig.step.join(keyed))
  })
  test('must not be revoked, nor active only later', async () => {
    standingOf().keys = []
    await refused('signing_key_not_active', join())
    standingOf().keys = [activeKey(member.signingKey, joiningNowMs / 1000 + 60)]
    await refused('signing_key_not_active', join({ nowMs: joiningNowMs + 1 }))
  })
  test('must be of an operator that serves, as far as the chain says anything', async () => {
    standingOf().isServing = false
    await refused('contributor_not_serving', join())
    rig.now.isChainGone = true
    await refused('chain_unavailable', join({ nowMs: joiningNowMs + 1 }))
  })
})

test('an order is taken once, whatever became of it', async () => {
  standingOf().isServing = false
  const order = joinOrder(member)
  expect(reasonOf(await rig.step.join(order))).toBe('contributor_not_serving')
  standingOf().isServing = true
  expect(reasonOf(await rig.step.join(order))).toBe('order_replayed')
  expect(rig.asked()).toBe(1)
  expect(rig.roster.current.entries.size).toBe(0)
})

test('whoever has seen an order cannot use it up', async () => {
  const order = joinOrder(member)
  const { signature } = joinOrder({ ...member, signingKey: randomPrivateKey() })
  expect(reasonOf(await rig.step.join({ ...order, signature }))).toBe('signing_key_not_active')
  expect(reasonOf(await rig.step.join(order))).toBe('ok')
})

test('a URL that does not answer is not taken, and nothing of it is told', async () => {
  rig.now.probe = async () => err('GET /models was answered with status 401')
  const terms = joiningTerms({ url: 'https://agent.example.com/v1' })
  expect(await join({ terms })).toMatchObject({
    error: { reason: 'contributor_unreachable', detail: expect.stringContaining('401') },
  })
  expect(rig.roster.current.entries.size).toBe(0)
})

test('so many are under way at a time, and no more', async () => {
  const done = Promise.withResolvers<void>()
  rig.now.probe = async () => {
    await done.promise
    return err('no')
  }
  const terms = joiningTerms({ url: 'https://agent.example.com/v1' })
  const underWay = Array.from({ length: 9 }, (_, index) =>
    join({ terms, nowMs: joiningNowMs + index }),
  )
  expect(reasonOf(await (underWay[8] ?? join()))).toBe('overloaded')
  done.resolve()
  for (const one of underWay.slice(0, 8)) {
    expect(reasonOf(await one)).toBe('contributor_unreachable')
  }
})

describe('names', () => {
  test('that nobody lists belong to who came first, until it leaves', async () => {
    const models = [offered({ id: 'rare' })]
    const others = [offered({ id: 'rare', modelId: weights('44') })]
    await join({ terms: joiningTerms({ models }) })
    const other = registerMember(rig)
    const squatting = () =>
      join({ terms: joiningTerms({ models: others }), nowMs: rig.now.ms }, other)
    expect(await squatting()).toMatchObject({
      error: { detail: expect.stringContaining(`'rare' is the name of ${weights('33')} here`) },
    })
    await rig.step.leave(memberHeader('leave', member))
    rig.now.ms += 1
    expect(reasonOf(await squatting())).toBe('ok')
  })
  test('are kept for who is out for a while', async () => {
    await join({ terms: joiningTerms({ models: [offered({ id: 'rare' })] }) })
    standingOf().isServing = false
    await rig.roster.rejudge()
    const models = [offered({ id: 'rare', modelId: weights('44') })]
    const other = registerMember(rig)
    expect(await join({ terms: joiningTerms({ models }) }, other)).toMatchObject({
      error: { detail: "models: 'rare' is the name of another model here" },
    })
  })
  test('of the list are everybody’s who serves what it says', async () => {
    await join()
    const models = [offered({ modelId: weights('44') })]
    expect(reasonOf(await join({ terms: joiningTerms({ models }) }, registerMember(rig)))).toBe(
      'ok',
    )
  })
})

describe('places', () => {
  const fill = async () => {
    const members = [member, registerMember(rig), registerMember(rig)]
    for (const one of members) expect(reasonOf(await join({}, one))).toBe('ok')
    return members
  }
  test('are as many as the operator says, and one who has a place needs none', async () => {
    await fill()
    expect(await join({}, registerMember(rig))).toMatchObject({
      error: { reason: 'joined_contributors_exhausted', contributorsMax: 3 },
    })
    expect(reasonOf(await join({ nowMs: joiningNowMs + 1 }))).toBe('ok')
  })
  test('of those whose stake is gone are given to the next', async () => {
    const [, second] = await fill()
    if (second === undefined) throw new Error('nobody joined')
    standingOf(second).isServing = false
    const next = registerMember(rig)
    expect(reasonOf(await join({}, next))).toBe('ok')
    expect([...rig.roster.current.entries.keys()].sort()).toEqual(
      [...rig.registry.keys()].filter((operator) => operator !== second.operator).sort(),
    )
  })
})

describe('who has joined', () => {
  const ask = (signingKey = member.signingKey, nowMs?: number) =>
    rig.step.member(memberHeader('ask', { ...member, signingKey }, nowMs))

  test('asks with a key of its own or with its account; nobody else does', async () => {
    expect(reasonOf(ask())).toBe('contributor_not_joined')
    await join()
    expect(ask()).toMatchObject({ ok: true, value: { record: { contributorId: member.operator } } })
    expect(reasonOf(ask(member.operatorKey))).toBe('ok')
    expect(reasonOf(ask(registerMember(rig).signingKey))).toBe('contributor_query_invalid')
    expect(reasonOf(ask(member.signingKey, joiningNowMs - 3_600_000))).toBe(
      'contributor_query_invalid',
    )
    expect(reasonOf(rig.step.member(undefined))).toBe('contributor_query_invalid')
    const leaving = memberHeader('leave', member)
    expect(reasonOf(rig.step.member(leaving))).toBe('contributor_query_invalid')
  })

  test('is out while the registry or the chain does not bear it out, and says why', async () => {
    await join()
    const causeNow = async () => {
      await rig.roster.rejudge()
      const entry = rig.roster.current.entries.get(member.operator)
      return entry?.contributor === undefined ? entry?.fault : 'in'
    }
    const { keys, payout } = standingOf()
    standingOf().keys = []
    expect(await causeNow()).toContain('none of the keys')
    expect(reasonOf(ask())).toBe('contributor_query_invalid')
    expect(reasonOf(ask(member.operatorKey))).toBe('ok')
    standingOf().keys = keys
    standingOf().payout = undefined
    expect(await causeNow()).toContain('no payout')
    standingOf().payout = payout
    standingOf().isServing = false
    expect(await causeNow()).toContain('too little at stake')
    standingOf().isServing = true
    expect(await causeNow()).toBe('in')
    rig.registry.delete(member.operator)
    expect(await causeNow()).toContain('could not be asked')
  })

  test('leaves by its own order, once, and a drain stays', async () => {
    await join()
    const mark = { contributorId: member.operator, isDrained: true, readmittedAtMs: 0 }
    await rig.roster.change(() => ({
      outcome: undefined,
      marks: new Map([[member.operator, mark]]),
    }))
    const stranger = { ...member, signingKey: randomPrivateKey() }
    expect(reasonOf(await rig.step.leave(memberHeader('leave', stranger)))).toBe(
      'contributor_query_invalid',
    )
    expect(reasonOf(await rig.step.leave(memberHeader('ask', member)))).toBe(
      'contributor_query_invalid',
    )
    const order = memberHeader('leave', member)
    expect(reasonOf(await rig.step.leave(order))).toBe('ok')
    expect(rig.roster.current.entries.size).toBe(0)
    await join({ nowMs: joiningNowMs + 1 })
    expect(reasonOf(await rig.step.leave(order))).toBe('order_replayed')
    expect(rig.roster.current.marks.get(member.operator)?.isDrained).toBe(true)
  })
})
