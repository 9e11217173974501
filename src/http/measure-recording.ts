export type RecordingLength = {
  /** No recording of this size is longer. */
  readonly secondsMax: number
  /** What is charged where the engine does not say. */
  readonly secondsLikely: number
}

/** Speech codecs in use do not go below 6 kbit/s (Opus), and a usual recording has 128 kbit/s. */
const bytesPerSecondLeast = 750
const bytesPerSecondUsual = 16_000

/** Measured where it is WAV, whose header says it; else bounded and estimated by its size. Begun seconds count. */
export function measureRecording(file: Buffer): RecordingLength {
  const measured = secondsOfWav(file)
  if (measured !== undefined) {
    const seconds = Math.max(1, Math.ceil(measured))
    // An engine's own measure may be a rounding more.
    return { secondsMax: seconds + 1, secondsLikely: seconds }
  }
  return {
    secondsMax: Math.max(1, Math.ceil(file.length / bytesPerSecondLeast)),
    secondsLikely: Math.max(1, Math.ceil(file.length / bytesPerSecondUsual)),
  }
}

/** Uncompressed samples, integer, float, or said to be one of them in an extension. */
const plainFormats: ReadonlySet<number> = new Set([1, 3, 0xfffe])
const chunkHeadBytes = 8
const formatChunkBytes = 16

/**
 * Undefined for what is no plain WAV. Source: RIFF/WAVE, Microsoft's "Multimedia Programming Interface and Data
 * Specifications 1.0". The rate is what a decoder plays it at, so to lie about it is to be heard wrong.
 */
function secondsOfWav(file: Buffer): number | undefined {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF') return undefined
  if (file.toString('latin1', 8, 12) !== 'WAVE') return undefined
  let bytesPerSecond = 0
  for (let at = 12; at + chunkHeadBytes <= file.length; ) {
    const name = file.toString('latin1', at, at + 4)
    const size = file.readUInt32LE(at + 4)
    const start = at + chunkHeadBytes
    if (name === 'fmt ' && start + formatChunkBytes <= file.length) {
      if (!plainFormats.has(file.readUInt16LE(start))) return undefined
      const channels = file.readUInt16LE(start + 2)
      const samplesPerSecond = file.readUInt32LE(start + 4)
      bytesPerSecond = (samplesPerSecond * channels * file.readUInt16LE(start + 14)) / 8
    } else if (name === 'data') {
      // A recording that was written while it was made does not know its size.
      const bytes = file.length - start
      return bytesPerSecond > 0 ? bytes / bytesPerSecond : undefined
    }
    // Chunks begin at even places.
    at = start + size + (size % 2)
  }
  return undefined
}
