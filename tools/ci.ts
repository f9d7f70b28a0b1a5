/** In CI nothing may be left out in silence. */
export function isCi(): boolean {
  return process.env.CI === 'true' || process.env.CI === '1'
}
