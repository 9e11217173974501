import { type DestinationStream, type Logger, pino } from 'pino'

/*
 * What may be logged is a closed union of ids, counts, durations and reasons: a prompt, an answer, a key or a voucher has
 * no field to go into. A property test plants a marker in all of them and searches the output.
 */

/** One line for each finished request. */
export type RequestLine = {
  readonly requestId: string
  readonly apiKeyId: string | undefined
  readonly modelName: string | undefined
  readonly contributorId: string | undefined
  readonly receiptId: string | undefined
  readonly stream: boolean
  readonly outcome: 'complete' | 'client_gone' | 'failed' | 'refused'
  /** The refusal's reason, or the fault found in a contributor's Work. */
  readonly reason: string | undefined
  readonly attempts: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly costAtomic: string
  readonly durationMs: number
}

export type RequestLog = (line: RequestLine) => void

/** What happens to the gateway itself. */
export type GatewayLog = {
  readonly info: (event: string, facts?: Readonly<Record<string, string | number>>) => void
  readonly error: (event: string, facts?: Readonly<Record<string, string | number>>) => void
}

export type Logs = { readonly request: RequestLog; readonly gateway: GatewayLog }

export function createLogs(destination: DestinationStream): Logs {
  const logger: Logger = pino(
    { base: null, timestamp: () => `,"time":"${isoTime()}"` },
    destination,
  )
  return {
    request: (line) => destination.write(requestText(line)),
    gateway: {
      info: (event, facts) => logger.info(facts ?? {}, event),
      error: (event, facts) => logger.error(facts ?? {}, event),
    },
  }
}

/** As pino would write it, at a third of the cost: nothing in a line needs what a logger can do. */
function requestText(line: RequestLine): string {
  const members = JSON.stringify(line).slice(1, -1)
  return `{"level":${pino.levels.values['info']},"time":"${isoTime()}",${members},"msg":"request"}\n`
}

let told = { ms: 0, text: '' }

/** Many lines are of the same millisecond. */
function isoTime(): string {
  const ms = Date.now()
  if (ms !== told.ms) told = { ms, text: new Date(ms).toISOString() }
  return told.text
}

/** Lines go to a file descriptor in batches; what is left is written when the process ends. */
export function logDestination(fileDescriptor: number): DestinationStream & { flushSync(): void } {
  const file = pino.destination({
    dest: fileDescriptor,
    sync: false,
    // A write costs as much as a dozen lines; a quiet gateway's lines are there within the second.
    minLength: 16_384,
    maxWrite: 65_536,
    periodicFlush: 1000,
  })
  let gathered = ''
  const handOver = () => {
    if (gathered !== '') file.write(gathered)
    gathered = ''
  }
  return {
    // What one turn of the loop says is handed over at once: the file's writer measures all that it has with each piece.
    write: (text) => {
      if (gathered === '') setImmediate(handOver)
      gathered += text
    },
    flushSync: () => {
      handOver()
      file.flushSync()
    },
  }
}
