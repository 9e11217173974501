import { PassThrough, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeStallTimeoutMs } from '../../../src/contributor/limits.ts'
import { writeOrWait } from '../../../src/contributor/write-or-wait.ts'

const bytes = Buffer.from('0123456789')

/** A sink that is full after four bytes and whose reader takes only what it is told to. */
const slowSink = (): PassThrough => new PassThrough({ highWaterMark: 4 })

describe('writeOrWait', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('returns at once while there is room', async () => {
    const sink = new PassThrough({ highWaterMark: 100 })
    await writeOrWait(sink, bytes)
    expect(sink.read()).toEqual(bytes)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('waits until the reader has taken what is there', async () => {
    const sink = slowSink()
    const written = writeOrWait(sink, bytes)
    expect(vi.getTimerCount()).toBe(1)
    expect(sink.read()).toEqual(bytes)
    await written
    expect(vi.getTimerCount()).toBe(0)
    expect(sink.listenerCount('drain')).toBe(0)
    expect(sink.destroyed).toBe(false)
  })

  test('a reader who leaves ends the wait', async () => {
    const sink = slowSink()
    const written = writeOrWait(sink, bytes)
    sink.destroy()
    await written
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a reader who takes nothing is dropped after the timeout, not before', async () => {
    const sink = slowSink()
    const written = writeOrWait(sink, bytes)
    vi.advanceTimersByTime(writeStallTimeoutMs - 1)
    expect(sink.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(sink.destroyed).toBe(true)
    await written
  })

  test('nothing is written to who is gone', async () => {
    const received: Buffer[] = []
    const sink = new Writable({
      write: (chunk, _, done) => {
        received.push(chunk)
        done()
      },
    })
    sink.destroy()
    await writeOrWait(sink, bytes)
    expect(received).toEqual([])
  })
})
