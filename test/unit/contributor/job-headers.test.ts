import { describe, expect, test } from 'vitest'
import { readJobHeaders } from '../../../src/contributor/job-headers.ts'
import { bytes32 } from '../../../src/domain/units.ts'

const jobId = `0x${'ab'.repeat(32)}`
const gateway = `0x${'cd'.repeat(20)}`
const modelId = bytes32(`0x${'ef'.repeat(32)}`)
const served = { modelId, signsWork: true }
const headers = { 'x-vouch-job': jobId, 'x-vouch-gateway': gateway, 'x-vouch-model': modelId }

describe('readJobHeaders', () => {
  test('reads a job, in lower case', () => {
    expect(readJobHeaders(headers, served)).toEqual({ ok: true, value: { jobId, gateway } })
    const upper = {
      'x-vouch-job': `0x${'AB'.repeat(32)}`,
      'x-vouch-gateway': `0x${'CD'.repeat(20)}`,
      'x-vouch-model': `0x${'EF'.repeat(32)}`,
    }
    expect(readJobHeaders(upper, served)).toEqual({ ok: true, value: { jobId, gateway } })
  })

  test('a request without a job is a plain one, with or without a key', () => {
    expect(readJobHeaders({}, served)).toEqual({ ok: true, value: undefined })
    expect(readJobHeaders({}, { ...served, signsWork: false })).toEqual({
      ok: true,
      value: undefined,
    })
  })

  test.each([
    ['x-vouch-job', 'job 1'],
    ['x-vouch-job', `${jobId}00`],
    ['x-vouch-gateway', undefined],
    ['x-vouch-gateway', jobId],
    ['x-vouch-model', undefined],
    ['x-vouch-model', 'vouch-mini'],
    ['x-vouch-model', jobId],
  ])('refuses %s: %s', (header, value) => {
    expect(readJobHeaders({ ...headers, [header]: value }, served)).toMatchObject({
      ok: false,
      error: { status: 400, code: 'invalid_job_header', param: header },
    })
  })

  test('an engine without a key refuses every job', () => {
    expect(readJobHeaders(headers, { ...served, signsWork: false })).toMatchObject({
      ok: false,
      error: { code: 'invalid_job_header', param: 'x-vouch-job' },
    })
  })
})
