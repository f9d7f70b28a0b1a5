import { expect } from 'vitest'
import type { Look } from './tab.ts'

/**
 * Nothing is lost, nothing comes twice, and all of it in order, for two who have been there from the beginning;
 * nobody has seen the other leave, and each request has ended once.
 */
export function expectWhole(ann: Look, bob: Look): void {
  const texts = ann.heard.map(({ text }) => text)
  expect(bob.heard).toEqual(ann.heard)
  expect(ann.heard.map(({ offset }) => offset)).toEqual(texts.map((_, index) => index + 1))
  expect(new Set(texts).size).toBe(texts.length)
  for (const look of [ann, bob]) {
    expect([look.resets, look.errors, look.reasons]).toEqual([[], [], []])
    expect(look.presence.toSorted()).toEqual(['+ann', '+bob'])
    expect(look.members.toSorted()).toEqual(['ann', 'bob'])
    for (const [text, ends] of Object.entries(look.outcomes)) {
      expect([text, ends.length]).toEqual([text, 1])
      expect(['ok', 'connection_lost']).toContain(ends[0])
      if (ends[0] === 'ok') expect(texts).toContain(text)
    }
  }
}
