import { shard } from './shard.ts'

shard('cluster', 1001, 1000)
