/** A board is as wide and as high, whatever the screen. */
export const SIDE = 10_000

export type Point = [left: number, top: number]
