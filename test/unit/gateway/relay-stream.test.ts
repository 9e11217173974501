import { describe, expect, test } from 'vitest'
import { zeroBytes32 } from '../../../src/domain/units.ts'
import { StreamRelay } from '../../../src/gateway/relay-stream.ts'
import { answerFormats } from '../../../src/upstream/answer-formats.ts'
import type { OpenedAnswer } from '../../../src/upstream/open-answer.ts'
import { chunk, sse } from '../../support/scripted-upstream.ts'

type Sink = Parameters<OpenedAnswer['flow']>[0]

const beginWithinMs = 60_000

/** A relay, its contributor's end, and its clock. */
function relayed() {
  const { stream } = answerFormats['chat/completions']
  if (stream === undefined) throw new Error('chat completions are streamed')
  const clock = { nowMs: 1_000 }
  let sink: Sink | undefined
  let aborted = 0
  const relay = new StreamRelay(
    {
      contentType: 'text/event-stream',
      encodedWork: undefined,
      flow: (to) => {
        sink = to
      },
      resume: () => {},
      abort: () => {
        aborted += 1
      },
    },
    {
      jobId: zeroBytes32,
      inputHash: zeroBytes32,
      choiceCount: 1,
      format: stream,
      dialect: undefined,
      includeUsage: false,
      expectsWork: false,
      checkpoints: undefined,
      credit: undefined,
      onCheckpoint: () => {},
      beginWithinMs,
      nowMs: () => clock.nowMs,
    },
  )
  return {
    relay,
    clock,
    say: (text: string) => sink?.data(Buffer.from(text)),
    aborted: () => aborted,
  }
}

describe('a contributor that keeps its connection busy and says nothing', () => {
  const nothings = {
    comments: ': still at it\n\n',
    'empty chunks': sse(chunk({ role: 'assistant', content: '' })),
    'halves of an event': 'data: {"choices":[',
  }

  test.each(Object.entries(nothings))(
    'with %s is left once its time is over',
    async (_what, text) => {
      const { relay, clock, say, aborted } = relayed()
      say(text)
      clock.nowMs += beginWithinMs - 1
      say(': ')
      expect(aborted()).toBe(0)
      clock.nowMs += 1
      say(text)
      expect(await relay.committed).toEqual({ ok: false, error: { reason: 'upstream_timeout' } })
      expect(aborted()).toBe(1)
    },
  )

  test('and begins a moment too late has begun', async () => {
    const { relay, clock, say, aborted } = relayed()
    clock.nowMs += beginWithinMs
    say(sse(chunk({ content: 'word' })))
    expect(await relay.committed).toEqual({ ok: true, value: undefined })
    expect(aborted()).toBe(0)
  })

  test('has all the time of an answer once it has begun', async () => {
    const { relay, clock, say, aborted } = relayed()
    say(sse(chunk({ content: 'word' })))
    expect(await relay.committed).toEqual({ ok: true, value: undefined })
    clock.nowMs += 100 * beginWithinMs
    say(': still at it\n\n')
    say(sse(chunk({ content: ' and more' })))
    expect(aborted()).toBe(0)
    expect(relay.contentEvents).toBe(2)
  })
})
