/** What REST is asked for to make a collection of the fields that an `.expected.json` has. */
export function collectionBody(collectionName, fields) {
  const vectors = fields.filter(({ type }) => type.endsWith('Vector'))
  return {
    collectionName,
    schema: {
      autoId: fields.some(({ autoId }) => autoId),
      enableDynamicField: fields.some(({ isDynamic }) => isDynamic),
      fields: fields.filter(({ isDynamic }) => !isDynamic).map(fieldBody),
    },
    indexParams: vectors.map(indexBody),
  }
}

function fieldBody({ name, type, elementType, isPrimaryKey, nullable, defaultValue, ...more }) {
  const params = { dim: more.dim, max_length: more.maxLength, max_capacity: more.maxCapacity }
  return {
    fieldName: name,
    dataType: type,
    elementDataType: elementType,
    isPrimary: isPrimaryKey,
    nullable,
    defaultValue,
    elementTypeParams: Object.fromEntries(
      Object.entries(params).filter(([, value]) => value !== undefined),
    ),
  }
}

function indexBody({ name, type }) {
  const [indexType, metricType] = {
    BinaryVector: ['BIN_FLAT', 'HAMMING'],
    SparseFloatVector: ['SPARSE_INVERTED_INDEX', 'IP'],
  }[type] ?? ['FLAT', 'L2']
  return { fieldName: name, indexName: name, indexType, metricType }
}
