import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Column } from './table'

const types = { text: 'STRING', whole: 'INT32', number: 'DOUBLE', truth: 'BOOLEAN' } as const

function columnData({ name, kind, values }: Column) {
  return { name, data: Array.from<unknown>(values), type: types[kind], nullable: false }
}

/** The table as an Apache Parquet file, compressed with snappy, with every value required. */
export function encodeParquet(columns: readonly Column[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData: columns.map(columnData) }))
}
