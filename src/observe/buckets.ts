/** Upper bounds of histograms, in seconds: for what handlers take, and for how long connections last. */
export const HANDLER_SECONDS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30]
export const CONNECTION_SECONDS: readonly number[] = [
  ...[1, 10, 60, 300, 900],
  ...[1, 4, 12, 24].map((hours) => hours * 3600),
]
