import { ThriftCursor, thriftTypes } from './parquet-thrift.js'

export const PageType = { Data: 0, Index: 1, Dictionary: 2, DataV2: 3 } as const

export const Encoding = {
  Plain: 0,
  PlainDictionary: 2,
  Rle: 3,
  BitPacked: 4,
  DeltaBinaryPacked: 5,
  DeltaLengthByteArray: 6,
  DeltaByteArray: 7,
  RleDictionary: 8,
  ByteStreamSplit: 9,
} as const

/** A page's header; of the numbers that its type does not have, 0. */
export interface PageHeader {
  readonly headerBytes: number
  readonly pageType: number
  readonly plainBytes: number
  readonly storedBytes: number
  readonly crc: number | null
  readonly valueCount: number
  readonly encoding: number
  readonly definitionEncoding: number
  readonly repetitionEncoding: number
  /** The levels of a page of version 2 lie before the values, not compressed. */
  readonly definitionBytes: number
  readonly repetitionBytes: number
  readonly isCompressed: boolean
}

type Draft = { -readonly [Key in keyof PageHeader]: PageHeader[Key] }

/** @throws ThriftEnd where `bytes` end before the header does */
export function decodePageHeader(bytes: Uint8Array, position: number): PageHeader {
  const cursor = new ThriftCursor(bytes, position)
  const header: Draft = { ...emptyHeader }
  cursor.readStruct((fieldId, type) => {
    if (fieldId === 1) header.pageType = cursor.readInteger()
    else if (fieldId === 2) header.plainBytes = cursor.readInteger()
    else if (fieldId === 3) header.storedBytes = cursor.readInteger()
    else if (fieldId === 4) header.crc = cursor.readInteger() >>> 0
    else if (fieldId === 5) readDataHeader(cursor, header)
    else if (fieldId === 7) readDictionaryHeader(cursor, header)
    else if (fieldId === 8) readDataHeaderV2(cursor, header)
    else cursor.skip(type)
  })
  return { ...header, headerBytes: cursor.position - position }
}

const emptyHeader: PageHeader = {
  headerBytes: 0,
  pageType: -1,
  plainBytes: 0,
  storedBytes: 0,
  crc: null,
  valueCount: 0,
  encoding: -1,
  definitionEncoding: Encoding.Rle,
  repetitionEncoding: Encoding.Rle,
  definitionBytes: 0,
  repetitionBytes: 0,
  isCompressed: true,
}

function readDataHeader(cursor: ThriftCursor, header: Draft): void {
  cursor.readStruct((fieldId, type) => {
    if (fieldId === 1) header.valueCount = cursor.readInteger()
    else if (fieldId === 2) header.encoding = cursor.readInteger()
    else if (fieldId === 3) header.definitionEncoding = cursor.readInteger()
    else if (fieldId === 4) header.repetitionEncoding = cursor.readInteger()
    else cursor.skip(type)
  })
}

function readDictionaryHeader(cursor: ThriftCursor, header: Draft): void {
  cursor.readStruct((fieldId, type) => {
    if (fieldId === 1) header.valueCount = cursor.readInteger()
    else if (fieldId === 2) header.encoding = cursor.readInteger()
    else cursor.skip(type)
  })
}

function readDataHeaderV2(cursor: ThriftCursor, header: Draft): void {
  cursor.readStruct((fieldId, type) => {
    if (fieldId === 1) header.valueCount = cursor.readInteger()
    else if (fieldId === 4) header.encoding = cursor.readInteger()
    else if (fieldId === 5) header.definitionBytes = cursor.readInteger()
    else if (fieldId === 6) header.repetitionBytes = cursor.readInteger()
    else if (fieldId === 7) header.isCompressed = type === thriftTypes.true
    else cursor.skip(type)
  })
}
