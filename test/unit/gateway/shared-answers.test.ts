import { expect, test } from 'vitest'
import { err, ok, type Result } from '../../../src/base/result.ts'
import type { Refusal } from '../../../src/domain/refusal.ts'
import { SharedAnswers } from '../../../src/gateway/shared-answers.ts'

type Made = Result<string, Refusal>

function sharing({ keptMs = 60_000, bytesMax = 100, makingMax = 4 } = {}) {
  let nowMs = 1_000
  let made = 0
  const bounds = { keptMs, bytesMax, makingMax, bytesOf: (text: string) => text.length }
  const answers = new SharedAnswers<string>({ ...bounds, nowMs: () => nowMs })
  return {
    /** Answers at once with this many bytes. */
    ask: (question: string, length = 1): Promise<Made> =>
      answers.get(question, async () => {
        made += 1
        return ok(question.repeat(length))
      }),
    answers,
    made: () => made,
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

test('the same question is answered once, and anew when its time is over', async () => {
  const place = sharing()
  expect(await place.ask('a')).toEqual(ok('a'))
  place.wait(59_999)
  expect(await place.ask('a')).toEqual(ok('a'))
  expect(place.made()).toBe(1)
  place.wait(1)
  await place.ask('a')
  expect(place.made()).toBe(2)
})

test('whoever asks while an answer is made gets it; a refusal is kept for nobody', async () => {
  const { answers } = sharing()
  const making = Promise.withResolvers<Made>()
  let calls = 0
  const make = (): Promise<Made> => {
    calls += 1
    return making.promise
  }
  const asked = [answers.get('a', make), answers.get('a', make)]
  making.resolve(err({ reason: 'no_contributor' }))
  const refused = err({ reason: 'no_contributor' })
  expect(await Promise.all(asked)).toEqual([refused, refused])
  expect(calls).toBe(1)
  expect(await answers.get('a', async () => ok('again'))).toEqual(ok('again'))
})

test('what making throws everybody gets who waits, and nobody afterwards', async () => {
  const { answers, ask } = sharing()
  const failing = async (): Promise<Made> => {
    throw new Error('a bug')
  }
  const asked = await Promise.allSettled([answers.get('a', failing), answers.get('a', failing)])
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await ask('a')).toEqual(ok('a'))
})

test('no more questions are answered at a time than may be, kept ones not counted', async () => {
  const { answers, ask } = sharing({ makingMax: 1 })
  await ask('kept')
  const making = Promise.withResolvers<Made>()
  const first = answers.get('a', () => making.promise)
  expect(await ask('b')).toEqual(err({ reason: 'overloaded' }))
  expect(await ask('kept')).toEqual(ok('kept'))
  making.resolve(ok('a'))
  await first
  expect(await ask('b')).toEqual(ok('b'))
})

test('the oldest make room, one that is too large is not kept, and none is where none may be', async () => {
  const place = sharing({ bytesMax: 10 })
  await place.ask('a', 6)
  await place.ask('b', 4)
  await place.ask('c', 4)
  await place.ask('large', 11)
  expect(place.made()).toBe(4)
  for (const question of ['b', 'c']) await place.ask(question, 4)
  expect(place.made()).toBe(4)
  for (const question of ['a', 'large']) await place.ask(question, 1)
  expect(place.made()).toBe(6)
  const forgetful = sharing({ keptMs: 0 })
  await forgetful.ask('a')
  await forgetful.ask('a')
  expect(forgetful.made()).toBe(2)
})
