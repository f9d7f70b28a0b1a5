import { shard } from './shard.ts'

shard('cluster', 1, 1000)
