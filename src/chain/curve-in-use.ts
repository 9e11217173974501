import type { Curve } from './curve.ts'
import { loadNativeCurve } from './curve-native.ts'

/** The native one where this machine has it. The other loads in tens of milliseconds, so only where it is needed. */
export const curve: Curve = loadNativeCurve() ?? (await import('./curve-noble.ts')).nobleCurve
