import { afterEach, beforeEach, expect } from 'vitest'
import { turn } from './peer.ts'

/** Fails each test of a file after which a rejection is left to the process. */
export function noUnhandledRejections(): void {
  const rejections: unknown[] = []
  const note = (error: unknown): void => void rejections.push(error)
  beforeEach(() => {
    rejections.length = 0
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    await turn()
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
  })
}
