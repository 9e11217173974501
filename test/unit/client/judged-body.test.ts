import { expect, test } from 'vitest'
import { type BodyJudge, judgedBody } from '../../../src/client/judged-body.ts'

const done = Buffer.from('data: [DONE]\n\n')

function judgeThat(changes: Partial<BodyJudge> = {}): BodyJudge & { readonly left: () => void } {
  return {
    ended: (bytes) => Promise.resolve(bytes.length),
    left: () => expect.unreachable(),
    bytesMax: 1_000,
    tooLong: () => new Error('too long'),
    ...changes,
  }
}

/** A body that counts how often it was asked for more. */
function counted(pieces: readonly Uint8Array[]) {
  const seen = { pulls: 0, cancelled: undefined as unknown }
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        seen.pulls += 1
        const piece = pieces[at]
        at += 1
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
      cancel(reason) {
        seen.cancelled = reason
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

const events = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(`data: ${text}\n\n`))

test('it reads ahead of its reader by nothing', async () => {
  const { body, seen } = counted(events)
  const reader = judgedBody(body, { isEventStream: true, judge: judgeThat() }).getReader()
  await Promise.resolve()
  expect(seen.pulls).toBe(0)
  await reader.read()
  expect(seen.pulls).toBe(1)
  await reader.read()
  expect(seen.pulls).toBe(2)
})

test('a reader that leaves cancels the body, and the judge is told', async () => {
  const { body, seen } = counted(events)
  let left = 0
  const judge = judgeThat({
    left: () => {
      left += 1
    },
    ended: () => expect.unreachable(),
  })
  const reader = judgedBody(body, { isEventStream: true, judge }).getReader()
  await reader.read()
  await reader.cancel('enough')
  expect(seen.cancelled).toBe('enough')
  expect(left).toBe(1)
})

test('an error of the body is passed on as it is', async () => {
  const broken = new TypeError('terminated')
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(broken)
    },
  })
  let left = 0
  const judge = judgeThat({
    left: () => {
      left += 1
    },
  })
  const reader = judgedBody(body, { isEventStream: true, judge }).getReader()
  await expect(reader.read()).rejects.toBe(broken)
  expect(left).toBe(1)
})

test('what the judge throws comes instead of the end', async () => {
  const no = new Error('no')
  const judge = judgeThat({ ended: () => Promise.reject(no) })
  const { body } = counted([...events, done])
  const read: string[] = []
  const reading = (async () => {
    for await (const piece of judgedBody(body, { isEventStream: true, judge })) {
      read.push(Buffer.from(piece).toString())
    }
  })()
  await expect(reading).rejects.toBe(no)
  expect(read.join('')).toBe(events.join(''))
})

test('a body without end is given up', async () => {
  let given = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        given += 1
        controller.enqueue(Buffer.from('data: more\n\n'))
      },
    },
    { highWaterMark: 0 },
  )
  let left = 0
  const judge = judgeThat({
    left: () => {
      left += 1
    },
  })
  const reading = (async () => {
    for await (const _ of judgedBody(body, { isEventStream: true, judge }));
  })()
  await expect(reading).rejects.toThrow('too long')
  expect(given).toBe(84)
  expect(left).toBe(1)
})
