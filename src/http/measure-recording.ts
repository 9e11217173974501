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

/** Uncompressed samples: integer, float. */
const plainFormats: ReadonlySet<number> = new Set([1, 3])
/** The same, said at the end of a longer description. */
const extended = 0xfffe
const extendedBytes = 40
const plainGuidEnd = Buffer.from('000000001000800000aa00389b71', 'hex')
const chunkHeadBytes = 8
const formatBytes = 16
/** Before its samples a recording says what they are, and who made it. */
const chunksMax = 64

/**
 * Undefined for what is no plain WAV, or one that decoders do not agree about: the first description or the last, one that
 * contradicts itself. Source: RIFF/WAVE, Microsoft's "Multimedia Programming Interface and Data Specifications 1.0". The
 * rate is what a decoder plays it at, so to lie about it is to be heard wrong.
 */
function secondsOfWav(file: Buffer): number | undefined {
  if (!/^RIFF.{4}WAVE$/s.test(file.toString('latin1', 0, 12))) return undefined
  let bytesPerSecond: number | undefined
  let at = 12
  for (let chunks = 0; chunks < chunksMax && at + chunkHeadBytes <= file.length; chunks += 1) {
    const name = file.toString('latin1', at, at + 4)
    const size = file.readUInt32LE(at + 4)
    const start = at + chunkHeadBytes
    if (name === 'fmt ') {
      if (bytesPerSecond !== undefined) return undefined
      bytesPerSecond = bytesPerSecondOf(file.subarray(start, start + size))
      if (bytesPerSecond === undefined) return undefined
    } else if (name === 'data') {
      // A recording that was written while it was made does not know its size.
      return bytesPerSecond && (file.length - start) / bytesPerSecond
    }
    // Chunks begin at even places.
    at = start + size + (size % 2)
  }
  return undefined
}

/** Of samples that are not compressed; undefined for others. */
function bytesPerSecondOf(format: Buffer): number | undefined {
  if (format.length < formatBytes) return undefined
  const tag = format.readUInt16LE(0)
  if (!plainFormats.has(tag === extended ? plainTagOf(format) : tag)) return undefined
  const bytesPerSample = Math.ceil(format.readUInt16LE(14) / 8)
  const bytesPerFrame = format.readUInt16LE(2) * bytesPerSample
  // Some decoders believe the one, some the other.
  if (bytesPerFrame === 0 || format.readUInt16LE(12) !== bytesPerFrame) return undefined
  return format.readUInt32LE(4) * bytesPerFrame || undefined
}

/** What an extended description says that its samples are; 0 where it is none that we know. */
const plainTagOf = (format: Buffer): number =>
  format.length >= extendedBytes && format.subarray(26, extendedBytes).equals(plainGuidEnd)
    ? format.readUInt16LE(24)
    : 0
