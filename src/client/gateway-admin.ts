/*
 * The admin API of a gateway, as the operator's commands call it (docs/admin.md).
 */
import { ok } from '../base/result.ts'
import { type Answer, askGateway } from './ask-gateway.ts'
import { dataReader } from './gateway-answers.ts'
import { objectReader, type Reader } from './object-reader.ts'
import { type RemoteJob, remoteJobReader } from './remote-jobs.ts'
import {
  ifThere,
  listReader,
  orNull,
  textReader,
  truthReader,
  uint32Reader,
} from './value-readers.ts'

/** A contributor as lists show it. */
export type RemoteContributor = {
  readonly id: string
  readonly origin: string
  readonly name: string
  readonly url: string | null
  readonly state: string
  readonly cause: string | null
  readonly has_key: boolean
  readonly region: string | null
  readonly in_flight: number
  /** Its own word; null where it says nothing, or nothing that is believed. */
  readonly reported?: RemoteReport | null | undefined
  readonly models: readonly { readonly id: string }[]
}

type RemoteReport = { readonly running: number; readonly waiting: number; readonly slots: number }

const reportReader = objectReader<RemoteReport>(
  { running: uint32Reader, waiting: uint32Reader, slots: uint32Reader },
  'ignored',
)
const contributorReader: Reader<RemoteContributor> = objectReader<RemoteContributor>(
  {
    id: textReader,
    origin: textReader,
    name: textReader,
    url: orNull(textReader),
    state: textReader,
    cause: orNull(textReader),
    has_key: truthReader,
    region: orNull(textReader),
    in_flight: uint32Reader,
    reported: ifThere(orNull(reportReader)),
    models: listReader(objectReader<{ readonly id: string }>({ id: textReader }, 'ignored')),
  },
  'ignored',
)

export class GatewayAdmin {
  readonly #origin: string
  readonly #token: string

  /** `origin`: the gateway's base URL without `/v1`. */
  constructor(origin: string, token: string) {
    this.#origin = origin
    this.#token = token
  }

  async contributors(): Answer<readonly RemoteContributor[]> {
    const list = await this.#ask('GET', '/contributors', dataReader(listReader(contributorReader)))
    return list.ok ? ok(list.value.data) : list
  }

  add(entry: object): Answer<RemoteContributor> {
    return this.#ask('POST', '/contributors', contributorReader, entry)
  }

  /** `drain`, `approve` or `readmit`. */
  order(id: string, what: 'drain' | 'approve' | 'readmit'): Answer<RemoteContributor> {
    return this.#ask('POST', `/contributors/${encodeURIComponent(id)}/${what}`, contributorReader)
  }

  remove(id: string): Answer<RemoteContributor> {
    return this.#ask('DELETE', `/contributors/${encodeURIComponent(id)}`, contributorReader)
  }

  /** Jobs of contracts in these states, all where there are none, newest first. */
  async jobs(which: {
    readonly states: readonly string[]
    readonly limit: number
  }): Answer<readonly RemoteJob[]> {
    const query = new URLSearchParams([
      ...which.states.map((state) => ['state', state]),
      ['limit', String(which.limit)],
    ])
    const reader = dataReader(listReader(remoteJobReader))
    const list = await this.#ask('GET', `/jobs?${query}`, reader)
    return list.ok ? ok(list.value.data) : list
  }

  job(jobId: string): Answer<RemoteJob> {
    return this.#ask('GET', `/jobs/${jobId}`, remoteJobReader)
  }

  retryJob(jobId: string): Answer<RemoteJob> {
    return this.#ask('POST', `/jobs/${jobId}/retry`, remoteJobReader)
  }

  #ask<T>(method: string, path: string, reader: Reader<T>, body?: object): Answer<T> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    return askGateway({ origin: this.#origin, path: `/admin/v1${path}`, init }, reader)
  }
}
