import fc from 'fast-check'

/** Any string at all, lone surrogates and controls among it. */
export function anyText(maxLength = 20): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
  )
  return fc.array(unit, { maxLength }).map((units) => String.fromCharCode(...units))
}
