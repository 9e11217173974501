/*
 * What hex.ts is to Node, for browsers: scripts/build-web.ts puts a file named …-web.ts in the place of its twin.
 * test/property/web-twins.property.test.ts holds each pair to the same answers.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type * as node from './hex.ts'

export const hexOf: typeof node.hexOf = (digits) => `0x${digits}`

export const hexDigits: typeof node.hexDigits = (bytes) => bytesToHex(bytes)

export const toHex: typeof node.toHex = (bytes) => hexOf(bytesToHex(bytes))

export const fromHex = (hex: `0x${string}`): Uint8Array => hexToBytes(hex.slice(2))
