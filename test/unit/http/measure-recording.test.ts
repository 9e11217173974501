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

/** Puts `bytes` behind the description of its samples, which is made so much longer. */
const described = (wav: Buffer, bytes: Buffer): Buffer => {
  const file = Buffer.concat([wav.subarray(0, 36), bytes, wav.subarray(36)])
  file.writeUInt32LE(16 + bytes.length, 16)
  return file
}
const extensionOf = (tag: number) => {
  const guid = Buffer.from('0000000000001000800000aa00389b71', 'hex')
  guid.writeUInt16LE(tag)
  return Buffer.concat([Buffer.from([22, 0, 16, 0, 0, 0, 0, 0]), guid])
}

describe('a WAV whose length is what its decoder makes of it', () => {
  test.each([1, 3])('plain samples of kind %s, said in an extension', (tag) => {
    const file = described(wavOf(2, { format: 0xfffe }), extensionOf(tag))
    expect(measureRecording(file).secondsLikely).toBe(2)
  })

  const fast = wavOf(0, { samplesPerSecond: 0xffffff }).subarray(12, 36)
  const changed = (at: number, value: number) => {
    const file = Buffer.from(wavOf(10))
    file.writeUInt16LE(value, at)
    return file
  }
  test.each([
    ['compressed, said in an extension', described(wavOf(10, { format: 0xfffe }), extensionOf(85))],
    ['an extension that is not there', wavOf(10, { format: 0xfffe })],
    [
      'another description after the first',
      Buffer.concat([wavOf(10).subarray(0, 36), fast, wavOf(10).subarray(36)]),
    ],
    ['frames of another size than its samples', changed(34, 0xfff8)],
    ['more channels than its frames hold', changed(22, 2)],
    ['a description that is cut', changed(16, 14)],
  ])('is not believed: %s', (_name, file) => {
    expect(measureRecording(file)).toEqual({
      secondsMax: Math.ceil(file.length / 750),
      secondsLikely: Math.ceil(file.length / 16_000),
    })
  })

  test('and one of millions of chunks is not followed to its end', () => {
    const file = Buffer.concat([wavOf(1).subarray(0, 36), Buffer.alloc(800_000), wavOf(1)])
    expect(measureRecording(file).secondsLikely).toBe(Math.ceil(file.length / 16_000))
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
