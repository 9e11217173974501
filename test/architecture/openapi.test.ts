import { expect, test } from 'vitest'
import type { GatewayDoor } from '../../src/gateway/gateway-door.ts'
import { createApp } from '../../src/http/app.ts'
import { Entrance } from '../../src/http/entrance.ts'
import { openApiDocument } from '../../src/http/openapi/openapi.ts'
import { operations } from '../../src/http/openapi/openapi-operations.ts'

const nowMs = () => 0
const door = { nowMs } as GatewayDoor
const app = createApp({ door, stallMs: 1, entrance: new Entrance(nowMs) })

test('the document names every route that is mounted, and no other', () => {
  const mounted = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(
      ({ method, path }) =>
        `${method.toLowerCase()} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`,
    )
  const told = operations.map(({ method, path }) => `${method} ${path}`)
  expect(mounted.length).toBeGreaterThan(20)
  expect([...told].sort()).toEqual([...new Set(mounted)].sort())
  expect(new Set(told).size).toBe(told.length)
})

test('every schema that is named is there, and is named somewhere', () => {
  const document = JSON.stringify(openApiDocument)
  const named = new Set(
    [...document.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name),
  )
  const { schemas } = openApiDocument['components'] as { schemas: Record<string, unknown> }
  expect([...named].sort()).toEqual(Object.keys(schemas).sort())
})

test('each operation has a name of its own', () => {
  const ids = [...JSON.stringify(openApiDocument).matchAll(/"operationId":"(\w+)"/g)]
  expect(ids).toHaveLength(operations.length)
  expect(new Set(ids.map(([, id]) => id)).size).toBe(operations.length)
})
