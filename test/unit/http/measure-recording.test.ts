import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { measureRecording } from '../../../src/http/measure-recording.ts'
import { wavOf } from '../../support/recordings.ts'

describe('WAV', () => {
  test.each([
    ['whole seconds', wavOf(3), 3],
    ['begun seconds', wavOf(2.5), 3],
    ['next to nothing', wavOf(0.001), 1],
    ['nothing', wavOf(0), 1],
    ['another rate', wavOf(2, { samplesPerSecond: 44_100 }), 2],
    ['floats', wavOf(2, { format: 3 }), 2],
    ['a size that was not known when it was written', wavOf(4, { size: 0xffffffff }), 4],
    ['a size that is a lie', wavOf(4, { size: 2 }), 4],
  ])('%s', (_name, file, seconds) => {
    expect(measureRecording(file)).toEqual({ secondsMax: seconds + 1, secondsLikely: seconds })
  })

  test('other chunks before its samples, each at an even place', () => {
    const wav = wavOf(2)
    const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')
    const file = Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36)])
    expect(measureRecording(file).secondsLikely).toBe(2)
  })
})

describe('anything else is bounded and guessed by its size', () => {
  test.each([
    ['MP3', Buffer.concat([Buffer.from('ID3'), Buffer.alloc(159_997)])],
    ['compressed WAV', wavOf(9.99725, { format: 0x55 })],
    [
      'a rate of nothing',
      Buffer.concat([wavOf(0, { samplesPerSecond: 0 }), Buffer.alloc(159_956)]),
    ],
    ['RIFF that is no WAVE', Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(159_996)])],
  ])('%s', (_name, file) => {
    expect(file.length).toBe(160_000)
    expect(measureRecording(file)).toEqual({ secondsMax: 214, secondsLikely: 10 })
  })

  test('whatever the bytes are, a length is there, and no guess is beyond its bound', () => {
    let files = 0
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isWav) => {
        const head = isWav ? wavOf(0).subarray(0, 36) : Buffer.alloc(0)
        const { secondsMax, secondsLikely } = measureRecording(Buffer.concat([head, bytes]))
        expect(secondsLikely).toBeGreaterThanOrEqual(1)
        expect(secondsLikely).toBeLessThanOrEqual(secondsMax)
        expect(Number.isInteger(secondsMax) && Number.isInteger(secondsLikely)).toBe(true)
        files += 1
      }),
    )
    expect(files).toBeGreaterThan(0)
  })
})
