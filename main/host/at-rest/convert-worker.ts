// Converts a database beside the main loop: gigabytes take a while.
import { parentPort, workerData } from 'node:worker_threads'
import { type Conversion, type ConversionRequest, convertDatabase } from './convert-database.ts'

const { path, key, wanted } = workerData as ConversionRequest
parentPort!.postMessage(convertDatabase(path, key, wanted) satisfies Conversion)
